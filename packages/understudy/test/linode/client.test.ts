// Each method sends exactly one documented request and reads Linode's answer, whatever Linode adds to it later.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { createLinodeClient, isLinodeError, type LinodeClient } from '../../src/linode/index.ts';
import { Secret } from '@understudy/foundation';
import { everyOperation } from './every-operation.ts';
import { instance } from './recorded.ts';
import { page, plantedToken, wire } from './wire.ts';

for (const { name, send, method, url, answer } of everyOperation) {
  test(`${name} is one ${method} ${url}`, async (context) => {
    const { client, seen } = await wire(context, () => ({ body: answer }));
    await send(client);
    assert.deepEqual(
      seen.map((request) => `${request.method} ${request.url}`),
      [`${method} /v4${url}`],
    );
    assert.equal(seen[0]?.headers.authorization, `Bearer ${plantedToken}`);
    assert.equal(
      seen[0].headers['content-type'],
      method === 'POST' || method === 'PUT' ? 'application/json' : undefined,
    );
    assert.deepEqual(client.calls(), { total: 1, byOperation: { [name]: 1 } });
  });
}

test('every method of the client is in the table of operations', () => {
  const methodsOf = (value: object, path: string): string[] =>
    Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
      typeof inner === 'function' ? [`${path}${key}`] : methodsOf(inner as object, `${path}${key}.`),
    );
  const client: LinodeClient = createLinodeClient({ token: new Secret('x') });
  const besides = ['calls', 'waitForStatus', 'waitForEvent'];
  const operations = methodsOf(client, '').filter((name) => !besides.includes(name));
  assert.deepEqual(operations.sort(), everyOperation.map(({ name }) => name).sort());
});

test('unknown fields are dropped and unknown enum values pass', async (context) => {
  const { client } = await wire(context, () => ({ body: instance(1, { status: 'hibernating', novelty: { a: 1 } }) }));
  const read = await client.instances.get(1);
  assert.equal(read.status, 'hibernating');
  assert.ok(!('novelty' in read));
});

test('a required field that is missing or has the wrong type is refused by name', async (context) => {
  const { client } = await wire(context, () => ({ body: instance(1, { status: 7, label: undefined }) }));
  await assert.rejects(client.instances.get(1), (error: unknown) => {
    assert.ok(isLinodeError(error, 'linode-unexpected-answer'));
    const problems = error.facts['problems'] as { field: string }[];
    assert.deepEqual(problems.map(({ field }) => field).sort(), ['label', 'status']);
    assert.match(error.message, /instances\.get \(GET \/linode\/instances\/1\)/);
    return true;
  });
});

test('a response that is not JSON is refused', async (context) => {
  const { client } = await wire(context, () => ({ body: 'a page of a proxy' }));
  await assert.rejects(client.profile.get(), { code: 'linode-unexpected-answer' });
});

test('filters are sent as one header of ASCII JSON', async (context) => {
  const { client, seen } = await wire(context, () => page([]));
  await client.instances.list({ '+or': [{ tags: 'understudy:demo' }, { label: { '+contains': 'dé' } }] });
  const header = String(seen[0]?.headers['x-filter']);
  assert.deepEqual(JSON.parse(header), { '+or': [{ tags: 'understudy:demo' }, { label: { '+contains': 'dé' } }] });
  assert.match(header, /^[\x20-\x7e]+$/);
});

test('an unrestricted user has no grants (Linode answers 204)', async (context) => {
  const { client } = await wire(context, () => ({ status: 204 }));
  assert.equal(await client.profile.grants(), undefined);
});

test('the scopes of the token are read from the header, and unknown without it', async (context) => {
  const { client } = await wire(context, (_request, n) =>
    n === 1 ? { headers: { 'X-OAuth-Scopes': 'linodes:read_write vpc:read_only' } } : {},
  );
  assert.deepEqual(await client.profile.scopes(), ['linodes:read_write', 'vpc:read_only']);
  assert.equal(await client.profile.scopes(), undefined);
});

test('plain http is refused except to this machine, so that the token is never shown to a network', () => {
  const make = (baseUrl: string) => () => createLinodeClient({ baseUrl, token: new Secret('x') });
  assert.throws(make('http://api.example.org/v4'), { code: 'linode-base-url' });
  assert.throws(make('http://198.18.0.1:8080/v4'), { code: 'linode-base-url' });
  assert.throws(make('not a url'), { code: 'linode-base-url' });
  make('http://127.0.0.1:8080/v4')();
  make('http://localhost:8080/v4')();
  make('https://api.example.org/v4')();
});

test('the token is in no error, log line or inspection', async (context) => {
  const { client, logged, server } = await wire(context, (_request, n) => (n < 3 ? { status: 503 } : { status: 401 }));
  const errors: unknown[] = [];
  await client.instances.list().catch((error: unknown) => errors.push(error));
  server.closeAllConnections();
  server.close();
  await client.instances.get(1, { deadlineMs: 2000 }).catch((error: unknown) => errors.push(error));
  assert.equal(errors.length, 2);
  const everything = [
    inspect({ errors, logged, client }, { depth: 10, showHidden: true }),
    JSON.stringify({ errors, logged }),
  ];
  assert.ok(everything.every((text) => !text.includes(plantedToken)));
});

test('the number of open requests stays within the limit, and all are answered', async (context) => {
  let flying = 0;
  let most = 0;
  const { client } = await wire(
    context,
    async () => {
      flying += 1;
      most = Math.max(most, flying);
      await new Promise((resolve) => setTimeout(resolve, 5));
      flying -= 1;
      return { body: instance(1) };
    },
    { concurrency: 3 },
  );
  await Promise.all(Array.from({ length: 20 }, () => client.instances.get(1)));
  assert.equal(most, 3);
});
