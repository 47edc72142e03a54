// An API that misbehaves: each fault on demand, seeded, and only for those who hold the token.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createMachine, startRegion, type TestRegion } from './region.ts';

const set = (region: TestRegion, ...rules: object[]): Promise<unknown> =>
  region.ok('POST', '/lab/faults', { seed: 7, rules });

suite('faults', () => {
  test('rate-limit answers 429 with Retry-After, as often as the rule says', async (t) => {
    const region = await startRegion(t);
    await set(region, { kind: 'rate-limit', times: 1, retryAfterS: 7 });
    const refused = await region.ask('GET', '/account');
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '7']);
    assert.equal((await region.ask('GET', '/account')).status, 200);
  });

  test('unavailable answers 503, only for the method and path it names', async (t) => {
    const region = await startRegion(t);
    await set(region, { kind: 'unavailable', method: 'POST', match: '^/vpcs' });
    assert.equal((await region.ask('POST', '/vpcs', { label: 'a', region: 'us-ord' })).status, 503);
    assert.equal((await region.ask('GET', '/vpcs')).status, 200);
    assert.equal((await region.ask('POST', '/tags', { label: 'abc' })).status, 200);
  });

  test('drop-before closes the connection and does nothing; drop-after closes it when the work is done', async (t) => {
    const region = await startRegion(t);
    await set(region, { kind: 'drop-before', method: 'POST' });
    await assert.rejects(region.ask('POST', '/vpcs', { label: 'before', region: 'us-ord' }));
    await set(region, { kind: 'drop-after', method: 'POST', match: '^/vpcs' });
    await assert.rejects(region.ask('POST', '/vpcs', { label: 'after', region: 'us-ord' }));
    const { data } = await region.ok<{ data: { label: string }[] }>('GET', '/vpcs');
    assert.deepEqual(
      data.map((vpc) => vpc.label),
      ['after'],
    );
  });

  test('timeout keeps the client waiting, then closes the connection', async (t) => {
    const region = await startRegion(t);
    await set(region, { kind: 'timeout', delayMs: 50, times: 1 });
    const started = performance.now();
    await assert.rejects(region.ask('GET', '/account'));
    assert.ok(performance.now() - started >= 45);
  });

  test('boot-failure ends the boot with a failed event and the machine offline', async (t) => {
    const region = await startRegion(t);
    await set(region, { kind: 'boot-failure', match: '^unlucky$' });
    const unlucky = await createMachine(region, { label: 'unlucky' });
    const lucky = await createMachine(region, { label: 'lucky' });
    await region.api.settled();
    assert.equal((await region.ok('GET', `/linode/instances/${unlucky}`))['status'], 'offline');
    assert.equal((await region.ok('GET', `/linode/instances/${lucky}`))['status'], 'running');
    const filter = { 'x-filter': JSON.stringify({ 'entity.id': unlucky, action: 'linode_boot' }) };
    assert.equal(
      (await region.ok<{ data: { status: string }[] }>('GET', '/account/events', undefined, filter)).data[0]?.status,
      'failed',
    );
  });

  test('pending-delete leaves the machine deleting', async (t) => {
    const region = await startRegion(t);
    const id = await createMachine(region);
    await region.api.settled();
    await set(region, { kind: 'pending-delete' });
    await region.ok('DELETE', `/linode/instances/${id}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await region.ok('GET', `/linode/instances/${id}`))['status'], 'deleting');
  });

  test('slow-provisioning keeps a machine provisioning for the time it says', async (t) => {
    const region = await startRegion(t);
    await set(region, { kind: 'slow-provisioning', delayMs: 200 });
    const id = await createMachine(region);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await region.ok('GET', `/linode/instances/${id}`))['status'], 'provisioning');
    await region.api.settled();
    assert.equal((await region.ok('GET', `/linode/instances/${id}`))['status'], 'running');
  });

  test('unknown-fields and unknown-enum answer what no client knows yet; reorder-events mixes the list', async (t) => {
    const region = await startRegion(t);
    for (let i = 0; i < 6; i += 1) await createMachine(region);
    await region.api.settled();
    await set(region, { kind: 'unknown-fields' }, { kind: 'unknown-enum' }, { kind: 'reorder-events' });
    const machines = await region.ok<{ data: Record<string, unknown>[] }>('GET', '/linode/instances');
    assert.ok(machines.data.every((machine) => 'x_new_field' in machine && machine['status'] === 'hibernating'));
    const events = await region.ok<{ data: { id: number }[] }>('GET', '/account/events');
    const ids = events.data.map((event) => event.id);
    assert.notDeepEqual(
      ids,
      [...ids].sort((a, b) => b - a),
    );
  });

  test('the same seed selects the same requests', async (t) => {
    const region = await startRegion(t);
    const run = async (seed: number): Promise<number[]> => {
      await region.ok('POST', '/lab/faults', {
        seed,
        rules: [{ kind: 'unavailable', match: '^/account', probability: 0.5 }],
      });
      const statuses: number[] = [];
      for (let i = 0; i < 20; i += 1) statuses.push((await region.ask('GET', '/account')).status);
      return statuses;
    };
    const first = await run(1);
    assert.ok(first.includes(503) && first.includes(200));
    assert.deepEqual(await run(1), first);
    assert.notDeepEqual(await run(2), first);
  });

  test('are refused without the token, and when they are malformed', async (t) => {
    const region = await startRegion(t);
    const response = await fetch(`${region.url}/lab/faults`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(response.status, 401);
    assert.equal((await fetch(`${region.url}/lab/machines`)).status, 401);
    assert.deepEqual(await region.refused('POST', '/lab/faults', { rules: [{ kind: 'earthquake', probability: 2 }] }), [
      'rules[0].probability: Must be a number between 0 and 1',
      'rules[0].kind: Must be one of rate-limit, unavailable, timeout, drop-before, drop-after, slow-provisioning, boot-failure, pending-delete, reorder-events, unknown-fields, unknown-enum',
    ]);
    assert.deepEqual(
      (await region.refused('POST', '/lab/faults', { rules: [{ kind: 'timeout', match: '(' }] }))[0]?.slice(0, 6),
      'match:',
    );
  });
});
