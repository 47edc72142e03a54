// A system small enough for a test, on real sockets: an engine in memory with a copy of each document per node, and the
// service's HTTP interface in front of it. It is the far side of the wire; nothing of the product is replaced.
import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdtemp } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@understudy/foundation';
import type { RemoteRunner } from '../../src/machines/index.ts';
import type { SystemUnderTest, EnginePort, StoredDocument } from '../../src/drills/system-under-test.ts';
import { shardOf } from '../../src/proof/load/routing.ts';
import { parseTopology } from '../../src/topology/index.ts';

export interface SmallSystem {
  readonly world: SystemUnderTest;
  /** machine -> id -> stored document. */
  readonly copies: ReadonlyMap<string, Map<string, unknown>>;
  /** Answers of the service while set: a status for every request, or `hang`. */
  trouble: number | 'hang' | null;
  /** While true, a get answers with the first content its document ever had. */
  forgetful: boolean;
  /** The keys that are let in, once there is one; without any, everybody is. */
  readonly accepted: Set<string>;
  close(): Promise<void>;
}

const shards = 2;
const topologyText = `
name: demo
region: us-ord
access: { adminNetworks: [198.18.0.1/32] }
search:
  version: 9.5.3
  index: { name: documents, shards: ${shards} }
`;
const nodes = ['demo-search-1', 'demo-search-2', 'demo-search-3'];

interface State {
  trouble: SmallSystem['trouble'];
  forgetful: boolean;
  readonly first: Map<string, unknown>;
  readonly accepted: Set<string>;
}

/** Primary and replica of a shard, round the ring. */
function holders(shard: number): string[] {
  return [nodes[shard % 3]!, nodes[(shard + 1) % 3]!];
}

export async function smallSystem(): Promise<SmallSystem> {
  const copies = new Map(nodes.map((node) => [node, new Map<string, unknown>()]));
  const state: State = { trouble: null, forgetful: false, first: new Map(), accepted: new Set() };
  const server = createServer((request, response) => void serve(copies, state, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const world = await worldOf(server, copies);
  return {
    world,
    copies,
    accepted: state.accepted,
    get trouble() {
      return state.trouble;
    },
    set trouble(trouble) {
      state.trouble = trouble;
    },
    get forgetful() {
      return state.forgetful;
    },
    set forgetful(forgetful) {
      state.forgetful = forgetful;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function worldOf(server: Server, copies: SmallSystem['copies']): Promise<SystemUnderTest> {
  const { port } = server.address() as AddressInfo;
  const machine = (label: string, role: 'search' | 'service') =>
    ({ label, role, address: '127.0.0.1', vpcAddress: '127.0.0.1' }) as const;
  return {
    topology: parseTopology(topologyText, { path: '/topology.yaml' }),
    machines: [
      ...nodes.map((label) => machine(label, 'search')),
      machine('demo-service-1', 'service'),
      machine('demo-service-2', 'service'),
    ],
    runner: localRunner,
    engine: memoryEngine(copies),
    balancer: {
      urls: [`http://127.0.0.1:${port}`],
      nodes: () =>
        Promise.resolve(
          ['demo-service-1', 'demo-service-2'].map((label) => ({ label, status: 'UP', mode: 'accept' }) as const),
        ),
      setMode: () => Promise.resolve(),
    },
    power: null,
    disk: null,
    snapshot: null,
    units: { engine: 'elasticsearch.service', service: 'understudy-service.service' },
    engineDataDirectory: '/var/lib/elasticsearch',
    clock: systemClock,
    logger: silentLogger,
    runsDirectory: await mkdtemp(join(tmpdir(), 'understudy-drills-')),
    exchange: null,
    selfCommand: null,
    startGuard: null,
  };
}

/** Scripts run on this machine itself; those of a drill without a fault only read. */
const localRunner: Pick<RemoteRunner, 'run'> = {
  run: (_target, [command = 'true', ...words]) =>
    new Promise((resolve) => {
      execFile(command, words, (error, stdout, stderr) => {
        resolve({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr });
      });
    }),
};

function memoryEngine(copies: SmallSystem['copies']): EnginePort {
  const any = (): Map<string, unknown> => new Map([...copies.values()].flatMap((copy) => [...copy]));
  const listed = (documents: Iterable<[string, unknown]>): StoredDocument[] =>
    [...documents].map(([id, source]) => ({ id, source }));
  return {
    view: () => Promise.resolve({ status: 'green', master: nodes[0]!, nodes: 3, unassignedShards: 0 }),
    shards: () =>
      Promise.resolve(
        Array.from({ length: shards }, (_, shard) =>
          holders(shard).map((machine, at) => ({ shard, primary: at === 0, machine, readable: true })),
        ).flat(),
      ),
    routedShard: (id) => Promise.resolve(shardOf(id, shards, 'modulo')),
    refresh: () => Promise.resolve(),
    getFrom: (machine, ids) => Promise.resolve(listed(copies.get(machine)!).filter(({ id }) => ids.includes(id))),
    searchIds: (ids) => Promise.resolve(listed(any()).filter(({ id }) => ids.includes(id))),
    searchWord: (word) => Promise.resolve(listed(any()).filter(({ source }) => JSON.stringify(source).includes(word))),
    remove: (ids) => {
      for (const copy of copies.values()) for (const id of ids) copy.delete(id);
      return Promise.resolve();
    },
    newestSnapshot: () => Promise.resolve(undefined),
    restart: async ({ stop, start }) => {
      await stop();
      await start();
    },
    releaseRestart: () => Promise.resolve(),
  };
}

async function serve(
  copies: SmallSystem['copies'],
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  // Before the body, as the service does.
  const key = request.headers.authorization?.replace('Bearer ', '') ?? '';
  const isKnown = state.accepted.size === 0 || state.accepted.has(key);
  let text = '';
  for await (const chunk of request) text += String(chunk);
  if (!isKnown) return answer(401, { reason: 'unknown-key' });
  if (state.trouble === 'hang') return;
  if (state.trouble !== null) return answer(state.trouble, { error: 'trouble' });
  const path = request.url ?? '/';
  if (path.startsWith('/articles')) return articles(copies, { method: request.method ?? '', path, text }, answer);
  if (path === '/index') {
    const { id, data } = JSON.parse(text) as { id: string; data: unknown };
    const known = copies.get(holders(shardOf(id, shards, 'modulo'))[0]!)!.has(id);
    if (!state.first.has(id)) state.first.set(id, { id, data });
    for (const node of holders(shardOf(id, shards, 'modulo'))) copies.get(node)!.set(id, { id, data });
    return answer(201, { _id: id, result: known ? 'updated' : 'created' });
  }
  if (path.startsWith('/search')) return answer(200, []);
  const id = decodeURIComponent(path.replace('/documents/', ''));
  const now = copies.get(holders(shardOf(id, shards, 'modulo'))[0]!)!.get(id);
  const source = state.forgetful ? state.first.get(id) : now;
  return source === undefined ? answer(404, {}) : answer(200, { _id: id, _source: source });
}

/** The same documents by another API, as an application of one's own might have it: no result of the engine, other names. */
function articles(
  copies: SmallSystem['copies'],
  { method, path, text }: { readonly method: string; readonly path: string; readonly text: string },
  answer: (status: number, body: unknown) => void,
): void {
  if (path === '/articles/find') return answer(200, { found: { items: [] } });
  const id = decodeURIComponent(path.replace('/articles/', ''));
  const holding = holders(shardOf(id, shards, 'modulo')).map((node) => copies.get(node)!);
  if (method === 'PUT') {
    const { text: article } = JSON.parse(text) as { text: string };
    for (const copy of holding) copy.set(id, { body: { text: article } });
    return answer(200, { ok: true });
  }
  const stored = holding[0]!.get(id) as { body: { text: string } } | undefined;
  return stored === undefined ? answer(410, {}) : answer(200, { article: stored.body });
}
