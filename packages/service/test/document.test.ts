import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readDocument } from '../src/document.ts';
import { Problem } from '../src/problem.ts';

describe('readDocument', () => {
  it('joins every text of the data, in order', () => {
    const data = { a: 'one', b: [2, 'two', { c: 'three' }, [['four']]], d: null, e: { f: { g: 'five' } } };
    assert.deepEqual(readDocument({ id: 'x', data }), { id: 'x', content: 'one\ntwo\nthree\nfour\nfive', data });
  });

  it('ignores what else is in the body', () => {
    assert.deepEqual(readDocument({ id: 'x', data: 'y', more: 1 }), { id: 'x', content: 'y', data: 'y' });
  });

  it('keeps a key such as __proto__ as data', () => {
    const body: unknown = JSON.parse('{"id":"x","data":{"__proto__":{"polluted":"yes"},"constructor":"c"}}');
    const document = readDocument(body);
    assert.equal(document.content, 'yes\nc');
    assert.equal(JSON.stringify(document.data), '{"__proto__":{"polluted":"yes"},"constructor":"c"}');
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  it('accepts any JSON or refuses it with a reason, and never fails otherwise', () => {
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record({ id: fc.jsonValue(), data: fc.jsonValue() }, { requiredKeys: [] }),
    );
    fc.assert(
      fc.property(body, (value) => {
        try {
          const { id, content, data } = readDocument(value);
          assert.ok(id.length > 0 && Buffer.byteLength(id) <= 512);
          assert.deepEqual(data, (value as { data: unknown }).data);
          for (const line of content.split('\n')) assert.ok(JSON.stringify(data).length >= line.length);
        } catch (error) {
          assert.ok(error instanceof Problem && error.details.status === 400, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('finds every text at any depth of the data', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }), { minKeys: 1 }), (data) => {
        const { content } = readDocument({ id: 'x', data });
        const lines = new Set<string>(content.split('\n'));
        const seek = (value: unknown): void => {
          if (typeof value === 'string')
            assert.ok(content.includes(value) && (value.includes('\n') || lines.has(value)));
          else if (typeof value === 'object' && value !== null) Object.values(value).forEach(seek);
        };
        seek(data);
      }),
      { numRuns: 500 },
    );
  });
});
