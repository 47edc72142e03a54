import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSearchRequest, searchBody } from '../src/search-request.ts';

describe('a search', () => {
  it('is a match on the content, without a count', () => {
    assert.deepEqual(searchBody(readSearchRequest({ q: 'quick fox' })), {
      query: { match: { content: 'quick fox' } },
      size: 10,
      track_total_hits: false,
    });
  });

  it('skips, limits and highlights when asked to', () => {
    assert.deepEqual(searchBody(readSearchRequest({ q: 'x', size: '5', from: '10', highlight: 'true' })), {
      query: { match: { content: 'x' } },
      size: 5,
      from: 10,
      track_total_hits: false,
      highlight: { encoder: 'html', fields: { content: {} } },
    });
  });

  it('is in a stable order from the first page on when it is paged', () => {
    const sort = [{ _score: 'desc' }, { id: 'asc' }];
    assert.deepEqual(searchBody(readSearchRequest({ q: 'x', search_after: '' })), {
      query: { match: { content: 'x' } },
      size: 10,
      track_total_hits: false,
      sort,
    });
    assert.deepEqual(searchBody(readSearchRequest({ q: 'x', search_after: '[1.5,"a"]' }))['search_after'], [1.5, 'a']);
  });

  it('starts a page after the sort values alone', () => {
    assert.equal(searchBody(readSearchRequest({ q: 'x', from: '5', search_after: '[1,"a"]' }))['from'], undefined);
  });

  it('uses the first of a repeated parameter', () => {
    assert.equal(readSearchRequest({ q: ['a', 'b'] }).query, 'a');
  });

  const wrong: readonly [Record<string, string>, string][] = [
    [{ from: '-1' }, 'from'],
    [{ from: '901' }, 'from'],
    [{ highlight: 'yes' }, 'highlight'],
    ...['x', '[]', '[1]', '["a","b"]', '[1,2]', '[1,"a",2]', '{"0":1,"1":"a"}', '[1e999,"a"]'].map(
      (search_after): [Record<string, string>, string] => [{ search_after }, 'search_after'],
    ),
  ];
  for (const [parameters, field] of wrong) {
    it(`refuses ${JSON.stringify(parameters)} and names ${field}`, () => {
      assert.throws(
        () => readSearchRequest({ q: 'x', ...parameters }),
        (error: { details?: { field?: string; status?: number } }) =>
          error.details?.field === field && error.details.status === 400,
      );
    });
  }
});
