import { test } from 'node:test';
import assert from 'node:assert/strict';
import { newDocumentId } from '../../src/api/identifiers.ts';

test('ids made here are unique and sort by time', () => {
  const ids = Array.from({ length: 1000 }, () => newDocumentId(1_700_000_000_000));
  assert.equal(new Set(ids).size, 1000);
  assert.ok(newDocumentId(1_700_000_000_000) < newDocumentId(1_700_000_000_001));
  assert.match(ids[0]!, /^[-\w]{20}$/);
});
