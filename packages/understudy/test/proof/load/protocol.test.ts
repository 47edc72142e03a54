// What a described application is sent, and what its answers mean.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkloadAdapter } from '../../../src/proof/history/records.ts';
import { valueAt } from '../../../src/proof/load/json-pointer.ts';
import { protocolOf } from '../../../src/proof/load/protocol.ts';

const adapter: WorkloadAdapter = {
  write: {
    method: 'PUT',
    path: '/a/{id}',
    body: { list: ['{content}', 7, null], nested: { both: '{id}: {title}', braces: '{other}' } },
    acknowledged: [200],
    rejected: [409],
    proof: { at: '/done', is: [true] },
    rewrites: false,
  },
  get: { path: '/a/{id}?full', content: '/t', answered: [200], absent: [404, 410] },
  search: { method: 'POST', path: '/s', body: { q: '{word}' }, answered: [200], hits: '/hits' },
  stored: { content: '/x/y' },
};
const protocol = protocolOf({ adapter, documentPath: null });
const document = { title: 'a "title"', content: 'say {id} \n$& again' };

test('placeholders are filled in once: in paths escaped, in bodies as JSON, and never inside what was filled in', () => {
  const { method, path, body } = protocol.write('a/b c', document);
  assert.deepEqual([method, path], ['PUT', '/a/a%2Fb%20c']);
  assert.deepEqual(JSON.parse(body ?? ''), {
    list: [document.content, 7, null],
    nested: { both: 'a/b c: a "title"', braces: '{other}' },
  });
  assert.deepEqual(protocol.get('ü'), { method: 'GET', path: '/a/%C3%BC?full' });
  assert.deepEqual(protocol.search('word'), { method: 'POST', path: '/s', body: '{"q":"word"}' });
});

test('a write is acknowledged by status and proof, rejected by its statuses alone, and else unknown', () => {
  const meaning = (status: number, body: string) => protocol.meaningOf('index', { status, body }).outcome;
  assert.equal(meaning(200, '{"done":true}'), 'acknowledged');
  assert.equal(meaning(200, '{"done":"true"}'), 'unknown');
  assert.equal(meaning(200, 'OK'), 'unknown');
  assert.equal(meaning(201, '{"done":true}'), 'unknown');
  assert.equal(meaning(409, ''), 'rejected');
  assert.equal(meaning(400, ''), 'unknown');
  assert.equal(meaning(500, '{"done":true}'), 'unknown');
  assert.equal(protocol.meaningOf('index', { status: 0, unsent: true, error: 'ECONNREFUSED' }).outcome, 'rejected');
  assert.equal(protocol.meaningOf('index', { status: 0, unsent: false, error: 'deadline' }).outcome, 'unknown');
});

test('reads: an absent document is an answer, a search without its list is a failure', () => {
  const outcome = (operation: 'get' | 'search', status: number, body = '{}') =>
    protocol.meaningOf(operation, { status, body }).outcome;
  assert.deepEqual([outcome('get', 200), outcome('get', 410), outcome('get', 500)], ['answered', 'answered', 'failed']);
  assert.deepEqual(
    [outcome('search', 200, '{"hits":[]}'), outcome('search', 200, '{"hits":{}}'), outcome('search', 404)],
    ['answered', 'failed', 'failed'],
  );
});

test('a document has one digest as sent, as answered and as stored; another content has another', () => {
  const sent = protocol.digestOfSent(document);
  assert.equal(protocol.digestOfAnswer(200, JSON.stringify({ t: document.content })), sent);
  assert.equal(protocol.digestOfStored({ x: { y: document.content } }), sent);
  assert.notEqual(protocol.digestOfStored({ x: { y: 'other' } }), sent);
  assert.notEqual(protocol.digestOfStored({}), sent);
  assert.equal(protocol.digestOfAnswer(410, ''), 'absent');
});

test('JSON pointers', () => {
  const json = { a: [{ 'b/c': 1, '~': 2 }], '': 3 };
  assert.deepEqual(
    ['', '/a/0/b~1c', '/a/0/~0', '/', '/a/1', '/a/0/b~1c/d', '/constructor'].map((pointer) => valueAt(json, pointer)),
    [json, 1, 2, 3, undefined, undefined, undefined],
  );
});
