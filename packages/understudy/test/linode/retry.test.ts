// What is tried again, how long it waits, and what is never repeated.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isLinodeError, LinodeError, type LinodeErrorCode } from '../../src/linode/index.ts';
import { decideRetry, retryAfterMs } from '../../src/linode/retry-decision.ts';
import { instance } from './recorded.ts';
import { refusal, wire, type Reply } from './wire.ts';

const create = {
  region: 'us-ord',
  type: 'g6-standard-4',
  image: 'linode/debian13',
  label: 'demo-search-1',
  interface_generation: 'legacy_config',
} as const;

/** The given replies in turn, then the instance. */
const after =
  (...replies: Reply[]) =>
  (_request: unknown, n: number): Reply =>
    replies[n - 1] ?? { body: instance(1) };

test('a retry after 429 waits for the time in Retry-After, also for a POST', async (context) => {
  const limit = refusal(429, 'Too many requests', undefined, { 'retry-after': '7' });
  const { client, clock, seen } = await wire(context, after(limit, limit));
  await client.instances.create(create);
  assert.equal(seen.length, 3);
  assert.deepEqual(clock.sleepsMs, [7000, 7000]);
});

test('429 without Retry-After waits for the reset of the limit', async (context) => {
  const reset = String(Date.UTC(2026, 10, 1) / 1000 + 9);
  const limit = refusal(429, 'Too many requests', undefined, {
    'x-ratelimit-reset': reset,
    'x-ratelimit-remaining': '0',
  });
  const { client, clock } = await wire(context, after(limit));
  await client.instances.get(1);
  assert.deepEqual(clock.sleepsMs, [9000]);
});

test('a Retry-After beyond the deadline fails immediately, and the error names it', async (context) => {
  const { client, clock, seen } = await wire(context, () =>
    refusal(429, 'Too many requests', undefined, { 'retry-after': '600' }),
  );
  await assert.rejects(client.instances.get(1), (error: unknown) => {
    assert.ok(isLinodeError(error, 'linode-rate-limited'));
    assert.equal(error.facts['retryAfterMs'], 600_000);
    return true;
  });
  assert.deepEqual([seen.length, clock.sleepsMs.length], [1, 0]);
});

for (const [title, reply] of [
  ['503', { status: 503 }],
  ['Linode busy.', refusal(400, 'Linode busy.')],
] as const) {
  test(`${title} is retried with growing backoff, also for a POST`, async (context) => {
    const { client, clock, seen } = await wire(context, after(reply, reply, reply));
    await client.instances.create(create);
    assert.equal(seen.length, 4);
    assert.deepEqual(clock.sleepsMs, [375, 750, 1500]);
  });
}

test('Linode busy. until the deadline is linode-busy', async (context) => {
  const { client, clock } = await wire(context, () => refusal(400, 'Linode busy.'), { deadlineMs: 20_000 });
  await assert.rejects(client.instances.boot(1), { code: 'linode-busy' });
  assert.ok(clock.monotonicMs() <= 20_000);
});

test('when the deadline ends the last attempt, the error has the cause of the earlier attempts', async (context) => {
  const { client, seen } = await wire(context, (_request, n) => (n === 1 ? { status: 503 } : 'hang'), {
    deadlineMs: 400,
  });
  await assert.rejects(client.instances.get(1), {
    code: 'linode-unavailable',
    message: /503.*Gave up after 2 attempt/,
  });
  assert.equal(seen.length, 2);
});

test('503 in maintenance mode is not retried', async (context) => {
  const { client, seen } = await wire(context, () => ({
    status: 503,
    headers: { 'x-maintenance-mode': 'all,under maintenance' },
  }));
  await assert.rejects(client.instances.get(1), {
    code: 'linode-unavailable',
    facts: { operation: 'instances.get', method: 'GET', path: '/linode/instances/1', status: 503, maintenance: true },
  });
  assert.equal(seen.length, 1);
});

test('after a closed connection, GET, PUT and DELETE are retried', async (context) => {
  const { client, seen } = await wire(context, (_request, n) => (n % 2 === 1 ? 'drop' : { body: instance(1) }));
  await client.instances.get(1);
  await client.instances.update(1, { tags: [] });
  await client.instances.delete(1);
  assert.deepEqual(
    seen.map(({ method }) => method),
    ['GET', 'GET', 'PUT', 'PUT', 'DELETE', 'DELETE'],
  );
});

test('a delete whose first response was lost and whose retry gets 404 has succeeded', async (context) => {
  const { client } = await wire(context, after('drop', refusal(404, 'Not found')));
  await client.instances.delete(1);
});

test('a delete of what does not exist is linode-not-found', async (context) => {
  const { client } = await wire(context, () => refusal(404, 'Not found'));
  await assert.rejects(client.instances.delete(1), { code: 'linode-not-found' });
});

for (const [title, reply] of [
  ['a cut connection', 'drop'],
  ['408', { status: 408 }],
  ['500', { status: 500 }],
  ['502', { status: 502 }],
  ['504', { status: 504 }],
  ['no answer in time', 'hang'],
] as const) {
  test(`a create with ${title} is ambiguous, sent once, and names the label to look for`, async (context) => {
    // Only the one without an answer may run into the bound, however busy the machine is.
    const attemptTimeoutMs = reply === 'hang' ? 1_000 : 20_000;
    const { client, seen } = await wire(context, () => reply, { attemptTimeoutMs });
    await assert.rejects(client.instances.create(create), (error: unknown) => {
      assert.ok(isLinodeError(error, 'linode-ambiguous'));
      assert.deepEqual(error.operation, {
        name: 'instances.create',
        method: 'POST',
        path: '/linode/instances',
        label: 'demo-search-1',
      });
      assert.match(error.message, /demo-search-1/);
      return true;
    });
    assert.equal(seen.length, 1);
  });
}

test('a create that was never sent is retried, and fails within seconds', async (context) => {
  const { client, server, clock } = await wire(context, () => ({}));
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(client.instances.create(create), { code: 'linode-unavailable' });
  assert.equal(client.calls().byOperation['instances.create'], 5);
  assert.deepEqual(clock.sleepsMs, [375, 750, 1500, 3000]);
});

test('a timeout of a GET is linode-timeout, after retries', async (context) => {
  const { client, seen } = await wire(context, () => 'hang', { attemptTimeoutMs: 50, deadlineMs: 1500 });
  await assert.rejects(client.instances.get(1), { code: 'linode-timeout' });
  assert.ok(seen.length > 1);
});

const statuses: readonly (readonly [number, string, LinodeErrorCode])[] = [
  [400, 'Label must be unique', 'linode-invalid'],
  [401, 'Invalid Token', 'linode-unauthorized'],
  [401, 'Your OAuth token is not authorized to use this endpoint.', 'linode-forbidden'],
  [403, 'Unauthorized', 'linode-forbidden'],
  [404, 'Not found', 'linode-not-found'],
  [409, 'Conflict', 'linode-invalid'],
];
for (const [status, reason, code] of statuses) {
  test(`${status} ${reason} is ${code}, with the reasons as facts, and sent once`, async (context) => {
    const { client, seen } = await wire(context, () => refusal(status, reason, 'label'));
    await assert.rejects(client.vpcs.create({ label: 'demo-vpc', region: 'us-ord' }), (error: unknown) => {
      assert.ok(error instanceof LinodeError);
      assert.equal(error.code, code);
      assert.equal(error.status, status);
      assert.deepEqual(error.facts['errors'], [{ reason, field: 'label' }]);
      const read = /OAuth/.test(reason) ? { code: 'scope' } : {};
      assert.deepEqual(error.errors, [{ reason, field: 'label', ...read }]);
      assert.match(error.message, /vpcs\.create \(POST \/vpcs\): status \d+, label: .*; expected success\. \S/);
      if (code === 'linode-forbidden') assert.equal(error.facts['scope'], 'vpc:read_write');
      return true;
    });
    assert.equal(seen.length, 1);
  });
}

test('an aborted call rejects with the reason of the signal and is not repeated', async (context) => {
  const { client, seen } = await wire(context, () => 'hang');
  const stop = new AbortController();
  const reason = new Error('the operator pressed Ctrl-C');
  setTimeout(() => stop.abort(reason), 50);
  await assert.rejects(client.instances.get(1, { signal: stop.signal }), (error: unknown) => error === reason);
  await assert.rejects(client.instances.get(1, { signal: stop.signal }), (error: unknown) => error === reason);
  assert.equal(seen.length, 1);
});

test('an aborted caller that waits for a free slot leaves the queue', async (context) => {
  const { client, seen } = await wire(context, () => 'hang', { concurrency: 1 });
  const stop = new AbortController();
  const calls = [1, 2].map((id) => client.instances.get(id, { signal: stop.signal }));
  setTimeout(() => stop.abort(new Error('enough')), 50);
  for (const call of calls) await assert.rejects(call, /enough/);
  assert.equal(seen.length, 1);
});

test('a POST that was sent and was not clearly refused is never retried, for any response', () => {
  const operation = { name: 'instances.create', method: 'POST', path: '/linode/instances' };
  const clearlyNotDone = new Set([429, 503]);
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 599 }), fc.string(), (status, reason) => {
      const body = { errors: [{ reason }] };
      const verdict = decideRetry(operation, { kind: 'answer', status, headers: new Headers(), body }, 0);
      const busy = status === 400 && /^linode busy\.?$/i.test(reason.trim());
      assert.equal(verdict.next, clearlyNotDone.has(status) || busy ? 'retry' : 'fail');
    }),
  );
});

test('Retry-After is read as seconds and as a date', () => {
  const now = Date.UTC(2026, 10, 1);
  assert.equal(retryAfterMs(new Headers({ 'retry-after': '2' }), now), 2000);
  assert.equal(retryAfterMs(new Headers({ 'retry-after': new Date(now + 5000).toUTCString() }), now), 5000);
  assert.equal(retryAfterMs(new Headers({ 'retry-after': 'soon' }), now), undefined);
  assert.equal(retryAfterMs(new Headers(), now), undefined);
});

test('the signal of the client aborts running calls and pauses, and refuses later calls', async (context) => {
  const stop = new AbortController();
  const { client, seen } = await wire(context, () => 'hang', { signal: stop.signal });
  const under = client.instances.get(1);
  const reason = new Error('the command has ended');
  setTimeout(() => stop.abort(reason), 50);
  await assert.rejects(under, (error: unknown) => error === reason);
  await assert.rejects(client.instances.get(1), (error: unknown) => error === reason);
  assert.equal(seen.length, 1);
});
