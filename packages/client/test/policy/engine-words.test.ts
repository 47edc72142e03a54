// What the client reads in sentences of the engine: only sentences that it knows become a number or a code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conflictingVersion, warningCodes } from '../../src/policy/engine-words.ts';

const type = 'version_conflict_engine_exception';

test('the version of a conflict is read from the reason, and only from that of a version conflict', () => {
  const reason = '[1]: version conflict, current version [17] is higher than the one provided [9]';
  assert.equal(conflictingVersion({ type, reason }), 17);
  assert.equal(conflictingVersion({ type: 'mapper_parsing_exception', reason }), undefined);
  const bySeqNo =
    '[1]: version conflict, required seqNo [3], primary term [1]. current document has seqNo [4] and primary term [1]';
  assert.equal(conflictingVersion({ type, reason: bySeqNo }), undefined);
  assert.equal(conflictingVersion(undefined), undefined);
});

test('a warning has a code when the client acts on it', () => {
  const local =
    '299 Elasticsearch-9.5.3-0 "the [?local] query parameter to this API has no effect, is now deprecated, and will be removed in a future version"';
  assert.deepEqual(warningCodes(local), ['local-deprecated']);
  assert.deepEqual(warningCodes(['299 Elasticsearch-9.5.3-0 "security is off"', local]), ['local-deprecated']);
  assert.deepEqual(warningCodes('299 Elasticsearch-9.5.3-0 "security is off"'), []);
  assert.deepEqual(warningCodes(undefined), []);
});
