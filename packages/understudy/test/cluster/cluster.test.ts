import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { Clock } from '@understudy/foundation';
import {
  allocation,
  clusterHealth,
  createIndex,
  directTransport,
  engineTransport,
  stepDownMaster,
  membership,
  setAllocation,
  shards,
  templateMatches,
  waitForHealth,
  waitingRecoveries,
  type EngineTransport,
} from '../../src/cluster/index.ts';
import { dialectOf } from '../../src/engines/index.ts';
import { awaitSettled } from '../../src/cluster/settled.ts';
import { scaledClock } from '../simulation/scaled-clock.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** An engine that answers each path by a table of its beginnings. */
function engine(answers: Readonly<Record<string, [status: number, body: unknown]>>): {
  transport: EngineTransport;
  sent: Sent[];
} {
  const sent: Sent[] = [];
  const transport = engineTransport(['a'], (_node, { method, path, body }) => {
    sent.push({ method, path, body: body === undefined ? undefined : (JSON.parse(body) as unknown) });
    const found = Object.entries(answers).find(([beginning]) => path.startsWith(beginning));
    if (!found) return Promise.reject(new Error(`nothing answers ${path}`));
    return Promise.resolve({ status: found[1][0], text: JSON.stringify(found[1][1]) });
  });
  return { transport, sent };
}

const green = {
  cluster_name: 'demo',
  status: 'green',
  timed_out: false,
  number_of_nodes: 3,
  number_of_data_nodes: 3,
  active_primary_shards: 3,
  active_shards: 6,
  relocating_shards: 0,
  initializing_shards: 0,
  unassigned_shards: 0,
  delayed_unassigned_shards: 0,
  number_of_pending_tasks: 0,
  number_of_in_flight_fetch: 0,
  task_max_waiting_in_queue_millis: 0,
  active_shards_percent_as_number: 100,
};

describe('each engine gets its own parameter names', () => {
  const state = (field: string): object => ({
    cluster_uuid: 'u',
    [field]: 'n2',
    nodes: {
      n1: { name: 'demo-search-1', transport_address: '10.20.0.11:9300' },
      n2: { name: 'demo-search-2', transport_address: '10.20.0.12:9300' },
    },
    metadata: { cluster_coordination: { last_committed_config: ['n2', 'n1', 'gone'], voting_config_exclusions: [] } },
  });
  for (const [name, version, field, timeout] of [
    ['elasticsearch', '9.5.3', 'master_node', 'master_timeout'],
    ['opensearch', '3.7.0', 'cluster_manager_node', 'cluster_manager_timeout'],
  ] as const) {
    test(name, async () => {
      const dialect = dialectOf({ engine: name, version });
      const { transport, sent } = engine({
        [`/_cluster/state/${field}`]: [200, state(field)],
        '/_cluster/health': [200, green],
      });
      const seen = await membership(transport, dialect);
      assert.equal(seen.master, 'demo-search-2');
      assert.deepEqual(seen.voting, ['demo-search-1', 'demo-search-2', 'gone']);
      await clusterHealth(transport, dialect);
      for (const { path } of sent) assert.match(path, new RegExp(`[?&]${timeout}=3s`));
    });
  }
});

test('a health response with timed_out is valid; a refusal quotes the engine', async () => {
  const dialect = dialectOf({ engine: 'elasticsearch', version: '9.5.3' });
  const late = engine({ '/_cluster/health': [408, { ...green, status: 'yellow', timed_out: true }] });
  assert.equal((await clusterHealth(late.transport, dialect)).status, 'yellow');
  const error = { error: { type: 'master_not_discovered_exception', reason: null } };
  await assert.rejects(clusterHealth(engine({ '/_cluster/health': [503, error] }).transport, dialect), {
    code: 'cluster-no-master',
    message: 'a refused to report its health: HTTP 503, master_not_discovered_exception.',
  });
  await assert.rejects(clusterHealth(engine({ '/_cluster/health': [200, { status: 'green' }] }).transport, dialect), {
    code: 'cluster-unexpected-answer',
  });
});

test('waiting for health ends when the health is reached, and fails with the last observed health', async () => {
  const clock = scaledClock(1000);
  const dialect = dialectOf({ engine: 'elasticsearch', version: '9.5.3' });
  const wait = { status: 'green', nodes: 3, deadlineMs: 5000 } as const;
  const well = engine({ '/_cluster/health': [200, green] });
  assert.equal((await waitForHealth(well.transport, dialect, clock, wait)).number_of_nodes, 3);
  assert.match(well.sent[0]!.path, /wait_for_status=green&wait_for_nodes=>=3&wait_for_no_relocating_shards=true/);
  const ill = engine({
    '/_cluster/health': [408, { ...green, status: 'yellow', unassigned_shards: 2, timed_out: true }],
  });
  await assert.rejects(waitForHealth(ill.transport, dialect, clock, wait), {
    code: 'cluster-not-healthy',
    message: /did not become green with 3 nodes within 5 s; last seen: yellow with 3 nodes and 2 unassigned shards/,
  });
});

test('shards are read with their nodes; a relocating one has its source node', async () => {
  const rows = [
    {
      index: 'documents',
      shard: '0',
      prirep: 'p',
      state: 'RELOCATING',
      node: 'a -> 10.0.0.2 id b',
      store: '42',
      'unassigned.reason': null,
    },
    {
      index: 'documents',
      shard: '0',
      prirep: 'r',
      state: 'UNASSIGNED',
      node: null,
      store: null,
      'unassigned.reason': 'NODE_LEFT',
    },
  ];
  assert.deepEqual(await shards(engine({ '/_cat/shards/documents?format=json': [200, rows] }).transport, 'documents'), [
    {
      index: 'documents',
      shard: 0,
      primary: true,
      state: 'RELOCATING',
      node: 'a',
      movesTo: 'b',
      bytes: 42,
      unassignedReason: undefined,
    },
    {
      index: 'documents',
      shard: 0,
      primary: false,
      state: 'UNASSIGNED',
      node: undefined,
      movesTo: undefined,
      bytes: undefined,
      unassignedReason: 'NODE_LEFT',
    },
  ]);
});

test('allocation is all unless it was limited, and enabling it removes the setting', async () => {
  const none = engine({ '/_cluster/settings': [200, { persistent: {}, transient: {} }] });
  assert.equal(await allocation(none.transport), 'all');
  await setAllocation(none.transport, 'all');
  const key = 'cluster.routing.allocation.enable';
  assert.deepEqual(none.sent[1]!.body, { persistent: { [key]: null }, transient: { [key]: null } });
  const limited = engine({ '/_cluster/settings': [200, { persistent: { [key]: 'primaries' }, transient: {} }] });
  assert.equal(await allocation(limited.transport), 'primaries');
});

test('creating an index that exists already succeeds', async () => {
  await createIndex(engine({ '/x': [400, { error: { type: 'resource_already_exists_exception' } }] }).transport, 'x');
  await assert.rejects(
    createIndex(engine({ '/x': [400, { error: { type: 'other', reason: 'no' } }] }).transport, 'x'),
    {
      code: 'cluster-refused',
    },
  );
});

test('templates are compared by their meaning, not by the notation of the engine', () => {
  const wanted = {
    index_patterns: ['d'],
    priority: 200,
    template: { settings: { index: { number_of_shards: 3 } }, mappings: { dynamic: false } },
  };
  const stored = {
    ...wanted,
    template: { settings: { index: { number_of_shards: '3' } }, mappings: { dynamic: 'false' } },
    composed_of: [],
  };
  assert.equal(templateMatches(stored, wanted), true);
  assert.equal(templateMatches({ ...stored, priority: 100 }, wanted), false);
  assert.equal(templateMatches({ index_patterns: ['d'] }, wanted), false);
});

describe('a master steps down', () => {
  const names = {
    1: { name: 'one', transport_address: '10.0.0.1:9300' },
    2: { name: 'two', transport_address: '10.0.0.2:9300' },
  };
  const elected = (id: string) => [200, { cluster_uuid: 'c', master_node: id, nodes: names }] as [number, unknown];
  const dialect = dialectOf({ engine: 'elasticsearch', version: '9.5.3' });

  /** What was asked for, but for the state, while `node` is told to go; the exclusion makes the second node master. */
  async function goes(node: string, exclusion: number, makes: string): Promise<[boolean, string[]]> {
    const answers: Record<string, [number, unknown]> = {
      '/_cluster/state': elected('1'),
      '/_cluster/voting_config_exclusions': [exclusion, {}],
    };
    const { transport, sent } = engine(answers);
    const watched: EngineTransport = {
      nodes: transport.nodes,
      async request(method, path, ...more) {
        const answer = await transport.request(method, path, ...more);
        if (method === 'POST') answers['/_cluster/state'] = elected(makes);
        return answer;
      },
    };
    const done = await stepDownMaster(watched, dialect, scaledClock(1000), node);
    const asked = sent.filter(({ path }) => !path.startsWith('/_cluster/state'));
    return [done, asked.map(({ method, path }) => `${method} ${path}`)];
  }

  test('it has no vote until another node is elected', async () => {
    const path = '/_cluster/voting_config_exclusions?node_names=one&timeout=10000ms';
    assert.deepEqual(await goes('one', 200, '2'), [true, [`POST ${path}`]]);
  });

  test('a node that is not the master does not step down', async () => {
    assert.deepEqual(await goes('two', 200, '2'), [false, []]);
  });

  test('all nodes vote again when no other is elected, and an engine without voting exclusions is an error', async () => {
    const clear = 'DELETE /_cluster/voting_config_exclusions?wait_for_removal=false';
    await assert.rejects(goes('one', 400, '1'), /400/);
    assert.deepEqual((await goes('one', 200, '1'))[1].at(-1), clear);
  });
});

test('over direct HTTP, a body is JSON and any status is a response', async () => {
  const server = createServer((asked, answer) => {
    const chunks: Buffer[] = [];
    asked.on('data', (chunk: Buffer) => chunks.push(chunk));
    asked.on('end', () => {
      answer.statusCode = 404;
      answer.end(JSON.stringify({ type: asked.headers['content-type'], body: Buffer.concat(chunks).toString() }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const transport = directTransport({ dead: 'http://127.0.0.1:1', alive: `http://127.0.0.1:${port}` }, fetch);
  assert.deepEqual(await transport.request('PUT', '/x', { a: 1 }), {
    status: 404,
    body: { type: 'application/json', body: '{"a":1}' },
    node: 'alive',
  });
  server.close();
});

describe('recoveries that have not begun', () => {
  const row = { shard: '1', prirep: 'r', index: 'documents', node: 'b' };
  const peer = { source: { name: 'a', ip: '10.0.0.1' }, target: { name: 'b' }, total_time_in_millis: 412_000 };

  test('are those in the first stage, from another node', async () => {
    const copies = [
      { ...peer, id: 1, stage: 'INIT' },
      { ...peer, id: 2, stage: 'INDEX' },
      { ...peer, id: 3, stage: 'INIT', source: {} },
    ];
    const { transport } = engine({
      '/_cat/shards': [200, [{ ...row, state: 'INITIALIZING' }]],
      '/_recovery?active_only=true': [200, { documents: { shards: copies } }],
    });
    assert.deepEqual(await waitingRecoveries(transport), [
      { index: 'documents', shard: 1, source: 'a', target: 'b', waitsMs: 412_000 },
    ]);
  });

  test('are not asked for while no copy is on its way', async () => {
    const { transport, sent } = engine({ '/_cat/shards': [200, [{ ...row, state: 'STARTED' }]] });
    assert.deepEqual(await waitingRecoveries(transport), []);
    assert.equal(sent.length, 1);
  });
});

test('a long wait says every half minute what it waits for, with the copies that are on their way', async () => {
  let nowMs = 0;
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
  };
  const copy = (shard: string, state: string, node: string) => ({
    index: 'documents',
    shard,
    prirep: 'r',
    state,
    node,
  });
  const { transport } = engine({
    '/_cluster/health': [408, { ...green, status: 'yellow', initializing_shards: 1, timed_out: true }],
    '/_cat/shards': [
      200,
      [copy('0', 'STARTED', 'a'), copy('1', 'INITIALIZING', 'b'), copy('2', 'RELOCATING', 'a -> 10.0.0.3 id c')],
    ],
  });
  const said: string[] = [];
  const cluster = { transport, clock, dialect: dialectOf({ engine: 'elasticsearch', version: '9.5.3' }) };
  const wait = { nodes: 3, deadlineMs: 70_000, onProgress: (text: string) => said.push(text) };
  const state = 'yellow with 3 nodes and 0 unassigned shards; on the way: documents[1] to b, documents[2] to c';
  await assert.rejects(awaitSettled(cluster, wait), (error: Error) => error.message.includes(`last seen: ${state}.`));
  assert.deepEqual(said, [`has waited 30 s: ${state}`, `has waited 60 s: ${state}`]);
});
