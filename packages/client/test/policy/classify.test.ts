import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readEngineError, readFailure, readStatus, retryStatusesDefault } from '../../src/policy/classify.ts';

test('what an answer means depends on its status, on what may be repeated, and on the engine error', () => {
  const read = (status: number, safety: 'read' | 'replayable' | 'once', type?: string): string => {
    const { verdict, maybeApplied } = readStatus(status, safety, retryStatusesDefault, () => type);
    return `${verdict}${maybeApplied ? ', maybe applied' : ''}`;
  };
  assert.equal(read(201, 'once'), 'done');
  assert.equal(read(400, 'replayable'), 'refused');
  assert.equal(read(429, 'once'), 'retry');
  // A full disk blocks writes with 429 until it has room: waiting within one operation is of no use.
  assert.equal(read(429, 'replayable', 'cluster_block_exception'), 'refused');
  assert.equal(read(403, 'replayable', 'cluster_block_exception'), 'refused');
  assert.equal(read(429, 'replayable', 'es_rejected_execution_exception'), 'retry');
  assert.equal(read(503, 'read'), 'retry');
  assert.equal(read(503, 'once', 'es_rejected_execution_exception'), 'retry');
  assert.equal(read(503, 'once', 'cluster_block_exception'), 'refused, maybe applied');
  assert.equal(read(503, 'replayable', 'unavailable_shards_exception'), 'retry, maybe applied');
  assert.equal(read(302, 'replayable'), 'refused, maybe applied');
  assert.equal(read(302, 'read'), 'refused');
  assert.equal(read(408, 'once'), 'refused, maybe applied');
  assert.equal(read(499, 'once', 'some_exception'), 'refused');
  assert.equal(read(503, 'once', 'node_closed_exception'), 'refused, maybe applied');
  assert.equal(read(500, 'once'), 'refused, maybe applied');
  assert.equal(read(500, 'replayable'), 'retry, maybe applied');
  assert.equal(read(501, 'replayable'), 'refused, maybe applied');
  assert.equal(readFailure(false, 'once').verdict, 'retry');
  assert.equal(readFailure(true, 'once').verdict, 'refused');
});

test('a node of OpenSearch that has not read its accounts yet has carried nothing out, and says so in a line of text', () => {
  const once = (text: string): string => {
    const type = readEngineError(Buffer.from(text))?.type;
    const { verdict, maybeApplied } = readStatus(503, 'once', retryStatusesDefault, () => type);
    return `${verdict}${maybeApplied ? ', maybe applied' : ''}`;
  };
  assert.equal(once('OpenSearch Security not initialized.'), 'retry');
  assert.equal(once('Service Unavailable'), 'refused, maybe applied');
});
