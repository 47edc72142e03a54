import { test } from 'node:test';
import assert from 'node:assert/strict';
import { safetyOf } from '../../src/adapters/safety.ts';

const cases: readonly (readonly [string, string, string | null, string])[] = [
  ['GET', '/a/_doc/1', null, 'read'],
  ['HEAD', '/a', null, 'read'],
  ['POST', '/a/_search', '{}', 'read'],
  ['POST', '/_msearch', '{}\n{}\n', 'read'],
  ['POST', '/_mget', '{}', 'read'],
  ['PUT', '/a/_doc/1', '{}', 'replayable'],
  ['POST', '/a/_doc/1', '{}', 'replayable'],
  ['DELETE', '/a/_doc/1', null, 'replayable'],
  ['POST', '/a/_doc', '{}', 'once'],
  ['PUT', '/a/_create/1', '{}', 'once'],
  ['POST', '/a/_update/1', '{}', 'once'],
  ['POST', '/a/_delete_by_query', '{}', 'once'],
  ['PUT', '/a', '{}', 'once'],
  ['POST', '/_bulk', '{"index":{"_index":"a","_id":"1"}}\n{}\n{"delete":{"_index":"a","_id":"2"}}\n', 'replayable'],
  ['POST', '/_bulk', '{"index":{"_index":"a"}}\n{}\n', 'once'],
  ['POST', '/_bulk', '{"update":{"_index":"a","_id":"1"}}\n{"doc":{}}\n', 'once'],
  ['POST', '/_bulk', '{"create":{"_index":"a","_id":"1"}}\n{}\n', 'once'],
];

for (const [method, path, body, safety] of cases) {
  test(`${method} ${path} ${(body ?? '').slice(0, 30).replaceAll('\n', ' ')} is ${safety}`, () => {
    assert.equal(safetyOf({ method, path, body }), safety);
  });
}
