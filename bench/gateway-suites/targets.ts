// The engine and what stands before it: this project's gateway, or a proxy that changes nothing, which shows what a proxy alone does.
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOpenSearch, startPlainOpenSearch } from '../../packages/gateway/test/harness/opensearch.ts';
import { answers, bound, ended, findEngine, startEngines } from '../../packages/service/test/harness/engine.ts';
import { freePort } from '../../packages/service/test/harness/free-port.ts';

export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

const gatewayProgram = fileURLToPath(new URL('../../packages/gateway/src/main.ts', import.meta.url));
/** One node for this run alone, with a place for snapshots that goes with it. */
export async function startOwnEngine(kind: 'elasticsearch' | 'opensearch'): Promise<Running> {
  await using started = new AsyncDisposableStack();
  const repositories = await mkdtemp(join(tmpdir(), 'understudy-gateway-suites-'));
  const sweep = (): void => rmSync(repositories, { recursive: true, force: true });
  // Also after Ctrl-C, which ends this process before anything is disposed of.
  process.once('exit', sweep);
  started.defer(sweep);
  // The engine runs as another user where this process is root.
  await chmod(repositories, 0o777);
  const engine = await (kind === 'opensearch' ? openSearch : elasticsearch)({ 'path.repo': repositories });
  started.defer(() => engine.stop());
  let { url } = engine;
  if (!(await fetch(url)).ok) {
    const front = await startPlainProxy(url, await rootAnswer(url));
    started.defer(() => front.stop());
    ({ url } = front);
  }
  const all = started.move();
  return { url, stop: () => all.disposeAsync() };
}

async function elasticsearch(settings: Readonly<Record<string, string>>): Promise<Running> {
  const found = await findEngine();
  if ('missing' in found) throw new Error(found.missing);
  return await startEngines(found, 1, '-XX:TieredStopAtLevel=1', settings);
}

async function openSearch(settings: Readonly<Record<string, string>>): Promise<Running> {
  const found = await findOpenSearch();
  if (typeof found !== 'string') throw new Error(found.missing);
  return await startPlainOpenSearch(found, settings);
}

/**
 * What GET / answers, from what the node says of itself. The engine's published parts lack the module that answers it, and every official
 * client asks it first. Both sides of a comparison get this same answer.
 */
async function rootAnswer(url: string): Promise<string> {
  const [nodes, state] = await Promise.all(
    ['/_nodes/_local', '/_cluster/state/version'].map(async (path) => (await fetch(`${url}${path}`)).json()),
  );
  const { cluster_name: name, nodes: byId } = nodes as { cluster_name: string; nodes: Record<string, NodeInfo> };
  const node = Object.values(byId)[0] as NodeInfo;
  return JSON.stringify({
    name: node.name,
    cluster_name: name,
    cluster_uuid: (state as { cluster_uuid: string }).cluster_uuid,
    version: {
      number: node.version,
      build_flavor: node.build_flavor,
      build_type: node.build_type,
      build_hash: node.build_hash,
      build_date: '1970-01-01T00:00:00Z',
      build_snapshot: false,
      lucene_version: 'unknown',
      minimum_wire_compatibility_version: '8.19.0',
      minimum_index_compatibility_version: '8.0.0',
    },
    tagline: 'You Know, for Search',
  });
}

interface NodeInfo {
  readonly name: string;
  readonly version: string;
  readonly build_flavor: string;
  readonly build_type: string;
  readonly build_hash: string;
}

export async function startGateway(engine: string, options: readonly string[]): Promise<Running> {
  if (!existsSync(gatewayProgram))
    throw new Error(
      `There is no gateway at ${gatewayProgram}: give --through URL of one that runs, or --through plain.`,
    );
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning', gatewayProgram];
  const child = bound(
    spawn(process.execPath, [...program, '--engine', engine, '--listen', `127.0.0.1:${port}`, ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    }),
  );
  // Its own path: it answers whatever the engine has at /.
  await answers(`${url}/_understudy`, child);
  return { url, stop: () => ended(child) };
}

/** Passes every byte on, except GET and HEAD of / where `root` is given. As the gateway, it shows differences that come from the tests. */
export async function startPlainProxy(engine: string, root?: string): Promise<Running> {
  const { hostname, port: onwardPort } = new URL(engine);
  const server = createServer((incoming, outgoing) => {
    const { method, url, rawHeaders } = incoming;
    if (root !== undefined && (method === 'GET' || method === 'HEAD') && /^\/(\?|$)/.test(url ?? '')) {
      answerRoot(incoming, outgoing, root);
      return;
    }
    // The path as it came, also one that is no path of a URL.
    const onward = request({ hostname, port: onwardPort, path: url, method, headers: rawHeaders }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    onward.on('error', (error) => outgoing.destroy(error));
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answerRoot(incoming: IncomingMessage, outgoing: ServerResponse, root: string): void {
  incoming.resume();
  // The engine answers in the media type that was asked for.
  const type = /application\/vnd\.elasticsearch\+json;\s*compatible-with=\d+/.exec(incoming.headers.accept ?? '')?.[0];
  outgoing.writeHead(200, {
    'x-elastic-product': 'Elasticsearch',
    'content-type': type ?? 'application/json',
    'content-length': Buffer.byteLength(root),
  });
  outgoing.end(incoming.method === 'HEAD' ? undefined : root);
}
