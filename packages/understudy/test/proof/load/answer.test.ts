import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meaningOf, sourceOf } from '../../../src/proof/load/answer.ts';

const created = JSON.stringify({ _id: 'a', result: 'created' });

test('a write is acknowledged only by the result of the engine', () => {
  assert.deepEqual(meaningOf('index', { status: 201, body: created }), { outcome: 'acknowledged' });
  assert.equal(meaningOf('index', { status: 201, body: '{}' }).outcome, 'unknown');
  assert.equal(meaningOf('index', { status: 200, body: 'OK' }).outcome, 'unknown');
});

test('a refused request is rejected; an error of the server leaves the write unknown', () => {
  assert.equal(meaningOf('index', { status: 400, body: '' }).outcome, 'rejected');
  for (const status of [408, 409, 429, 500, 502, 503, 504])
    assert.equal(meaningOf('index', { status, body: '' }).outcome, 'unknown', String(status));
});

test('a write is rejected when the connection fails, and unknown when the connection breaks later', () => {
  assert.equal(meaningOf('index', { status: 0, unsent: true, error: 'ECONNREFUSED' }).outcome, 'rejected');
  assert.equal(meaningOf('index', { status: 0, unsent: false, error: 'deadline' }).outcome, 'unknown');
});

test('a read fails without a valid response; a missing document is a valid response', () => {
  assert.equal(meaningOf('get', { status: 404, body: '{}' }).outcome, 'answered');
  assert.equal(meaningOf('search', { status: 404, body: '{}' }).outcome, 'failed');
  assert.deepEqual(meaningOf('search', { status: 503, body: '' }), { outcome: 'failed', error: 'HTTP 503' });
});

test('the stored document is found in the answer of the engine and in a bare one', () => {
  assert.deepEqual(sourceOf('{"_id":"a","_source":{"content":"x"}}'), { content: 'x' });
  assert.deepEqual(sourceOf('{"content":"x"}'), { content: 'x' });
  assert.equal(sourceOf('not json'), null);
});
