// Following the cluster's own list of nodes: only to where it can be reached, and back to the seeds when it cannot.
import { afterEach, beforeEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Client } from '@understudy/client';
import { json, StubServer, type Seen } from '../stub-server.ts';

let seed: StubServer;
let inner: StubServer[];
let client: Client | undefined;
let published: unknown;
let topologies: (readonly string[])[];

const answer = (seen: Seen, response: Parameters<StubServer['answer']>[1]): void =>
  seen.url.startsWith('/_nodes/_all/http')
    ? json(response, 200, { nodes: published })
    : json(response, 200, { _index: 'a', _id: '1', found: false });

const stub = async (id: string): Promise<StubServer> => {
  const server = await new StubServer(answer).listen();
  server.id = id;
  return server;
};

beforeEach(async () => {
  seed = await stub('seed');
  inner = await Promise.all(['i0', 'i1'].map(stub));
  topologies = [];
});
afterEach(async () => {
  await client?.close();
  for (const server of [seed, ...inner]) await server.close();
});

function start(nodes: unknown): Client {
  published = nodes;
  client = createClient({
    nodes: [seed.url.replace('//', '//user:secret@')],
    sniff: { everyMs: 50 },
    gather: false,
    hedging: false,
    nodeHealth: { probeEveryMs: 50 },
  });
  client.on('topology', ({ nodes: now }) => topologies.push(now));
  return client;
}

const at = (publish_address: unknown): unknown => ({ roles: ['data'], http: { publish_address } });
const hostOf = ({ url }: StubServer): string => url.replace('http://', '');
const names = (): string[] =>
  client!
    .metrics()
    .nodes.map(({ url }) => url)
    .sort();
const until = async (what: string, isSo: () => boolean): Promise<void> => {
  for (let n = 0; n < 250 && !isSo(); n++) await sleep(20);
  assert.ok(isSo(), `${what}: ${JSON.stringify(client?.metrics().nodes)}`);
};

test('the client switches to the published nodes that it reaches, with the same user, and leaves the others out', async () => {
  start({
    i0: at(hostOf(inner[0]!)),
    i1: at(`name/${hostOf(inner[1]!)}`),
    closed: at('127.0.0.1:9'),
    other: at(hostOf(inner[0]!)),
    zone: at('[fe80::1%eth0]:9200'),
    link: at('[fe80::1]:9200'),
    link4: at('169.254.1.2:9200'),
    any: at('0.0.0.0:9200'),
    broken: at('ho st:9200'),
    port: at('127.0.0.1:99999'),
    path: at('127.0.0.1:9200?x#y'),
    number: at(17),
    nothing: null,
    empty: {},
    malformed: { roles: 'data', http: 'x' },
  });
  await until(
    'both inner nodes',
    () =>
      names().join() ===
      inner
        .map(({ url }) => url)
        .sort()
        .join(),
  );
  await client!.get({ index: 'a', id: '1' });
  const asked = inner.flatMap(({ seen }) => seen).find(({ url }) => url.startsWith('/a/_doc'));
  assert.equal(asked?.headers.authorization, `Basic ${Buffer.from('user:secret').toString('base64')}`);
  assert.deepEqual(
    topologies.map((one) => [...one].sort()),
    [inner.map(({ url }) => url).sort()],
  );
});

for (const [name, nodes] of [
  ['can be reached', { a: at('127.0.0.1:9'), b: at('127.0.0.1:10') }],
  ['is well-formed', { a: at('[fe80::1%eth0]:9200'), b: at(null) }],
  ['belongs to its node: another node answers there', 'other'],
  ['exists: the list is malformed', [1, 'x', null]],
] as const) {
  test(`the seeds stay when no published address ${name}`, async () => {
    start(nodes === 'other' ? { i9: at(hostOf(inner[0]!)) } : nodes);
    await until('three questions', () => seed.seen.filter(({ url }) => url.startsWith('/_nodes/_all')).length >= 3);
    await sleep(100);
    assert.deepEqual(names(), [seed.url]);
    assert.deepEqual(topologies, []);
    assert.equal((await client!.get({ index: 'a', id: '1' })).found, false);
  });
}

test('the seeds are used again when no published node can be reached, and removed when one can be reached again', async () => {
  start({ i0: at(hostOf(inner[0]!)) });
  await until('the inner node', () => names().join() === inner[0]!.url);
  const port = Number(new URL(inner[0]!.url).port);
  await inner[0]!.close();
  const results = await Promise.all([1, 2, 3].map(() => client!.get({ index: 'a', id: '1' }, { deadlineMs: 4000 })));
  assert.equal(results.length, 3, 'what was asked meanwhile is answered by the seed');
  assert.ok(names().includes(seed.url));
  inner[0] = new StubServer(answer);
  inner[0].id = 'i0';
  await inner[0].listen(port);
  await until('the inner node again', () => names().join() === inner[0]!.url);
});

test('a request in flight at a seed is answered, although the client switches to other nodes meanwhile', async () => {
  const respond: (() => void)[] = [];
  seed.answer = (seen, response) =>
    seen.url.startsWith('/a/_update')
      ? void respond.push(() => json(response, 200, { _index: 'a', _id: '1', _version: 2, result: 'updated' }))
      : answer(seen, response);
  start({ i0: at(hostOf(inner[0]!)) });
  const update = client!.update({ index: 'a', id: '1', doc: {} });
  await until('the inner node', () => names().join() === inner[0]!.url);
  respond[0]!();
  assert.equal((await update).result, 'updated');
});
