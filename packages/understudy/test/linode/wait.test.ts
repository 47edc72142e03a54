// Waiting for statuses and events: it looks again with growing pauses, says what it sees, and ends at its deadline.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLinodeError } from '../../src/linode/index.ts';
import { answers, instance } from './recorded.ts';
import { page, refusal, wire } from './wire.ts';

test('waitForStatus resolves with the instance when it has the wanted status', async (context) => {
  const life = ['provisioning', 'booting', 'booting', 'running'];
  const { client, clock } = await wire(context, (_request, n) => ({ body: instance(1, { status: life[n - 1] }) }));
  const looks: string[] = [];
  const ready = await client.waitForStatus(1, ['running'], { onLook: (seen) => looks.push(seen) });
  assert.equal(ready?.status, 'running');
  assert.deepEqual(looks, life);
  assert.deepEqual(clock.sleepsMs, [875, 1313, 1969]);
});

test('waitForStatus can wait until an instance is absent; otherwise an absent instance is an error', async (context) => {
  const { client } = await wire(context, (_request, n) =>
    n < 3 ? { body: instance(1, { status: 'deleting' }) } : refusal(404, 'Not found'),
  );
  assert.equal(await client.waitForStatus(1, ['gone']), undefined);
  await assert.rejects(client.waitForStatus(1, ['running']), { code: 'linode-not-found' });
});

test('waitForStatus fails at its deadline with the last observed status', async (context) => {
  const { client, clock } = await wire(context, () => ({ body: instance(1, { status: 'booting' }) }));
  await assert.rejects(client.waitForStatus(1, ['running'], { deadlineMs: 30_000 }), (error: unknown) => {
    assert.ok(isLinodeError(error, 'linode-timeout'));
    assert.equal(error.facts['seen'], 'booting');
    return true;
  });
  assert.ok(clock.monotonicMs() <= 30_000);
});

test('waitForEvent reads the newest event and resolves when it has ended, also with a failure', async (context) => {
  const life = [[], [{ status: 'scheduled' }], [{ status: 'started', percent_complete: 40 }], [{ status: 'failed' }]];
  const { client, seen } = await wire(context, (_request, n) =>
    page((life[n - 1] ?? []).map((change) => ({ ...answers.event, ...change }))),
  );
  const event = await client.waitForEvent({ 'entity.id': 1, 'entity.type': 'linode', action: 'linode_boot' });
  assert.equal(event.status, 'failed');
  assert.equal(seen.length, 4);
  assert.deepEqual(JSON.parse(String(seen[0]?.headers['x-filter'])), {
    '+order_by': 'id',
    '+order': 'desc',
    'entity.id': 1,
    'entity.type': 'linode',
    action: 'linode_boot',
  });
});
