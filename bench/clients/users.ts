// The users of one client, as a process of their own: an open loop on a seeded schedule. Latency counts from when a request
// was due. What goes to the engines is counted below the client, in undici, which all three clients use; an application's requests to them are not seen.
import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../packages/understudy/src/proof/index.ts';
import { createContender, isApplication, type Contender } from './contenders.ts';
import {
  hostNow,
  type Lane,
  type OperationRecord,
  type UsersReport,
  type UsersSpec,
  type WireRecord,
} from './records.ts';

const spec = JSON.parse(process.argv[2] ?? '') as UsersSpec;
const query = { match: { text: 'word' } };

const operations: OperationRecord[] = [];
const acknowledgedIds: string[] = [];
const hedges: { atMs: number; count: number }[] = [];
const sent: WireRecord[] = [];
const answered: WireRecord[] = [];
const running = new Set<Promise<void>>();
let stopping = false;
let lagMs = 0;

interface UndiciMessage {
  readonly request: { readonly origin: string | URL; readonly path: string };
  readonly response?: { readonly statusCode: number };
}

/** Paths of requests that clients make for themselves. */
const ownQuestion = /^\/(_cluster\/state|_nodes|[^/]+\/_search_shards|_search_shards|\?|$)/;

function seen({ request }: UndiciMessage): WireRecord {
  const node = spec.nodes.indexOf(String(request.origin).replace(/\/$/, ''));
  return { atMs: hostNow(), node, own: ownQuestion.test(request.path) };
}

subscribe('undici:request:create', (message) => void sent.push(seen(message as UndiciMessage)));
subscribe('undici:request:headers', (message) => {
  const record = seen(message as UndiciMessage);
  if (!record.own && ((message as UndiciMessage).response?.statusCode ?? 500) < 500) answered.push(record);
});

/** A request that is still open is not waited for: it has failed at the user's timeout. */
async function operate(contender: Contender, lane: Lane, at: number, n: number, dueMs: number): Promise<void> {
  const timedOut = AbortSignal.timeout(Math.max(1, Math.ceil(dueMs + spec.timeoutMs - hostNow())));
  const tooLate = new Promise<never>((_, reject) => {
    timedOut.addEventListener('abort', () => reject(new Error(`not answered within ${spec.timeoutMs / 1000} s`)));
  });
  const end = (more: Partial<OperationRecord>): void =>
    void operations.push({ lane: at, dueMs, endMs: hostNow(), ...more });
  try {
    const found = await Promise.race([perform(contender, lane, n), tooLate]);
    end(found ? {} : { incomplete: true });
  } catch (error) {
    end({ error: reasonOf(error) });
  }
}

/** Resolves to false for a search that lacks shards. */
async function perform(contender: Contender, { kind, shard }: Lane, n: number): Promise<boolean> {
  const readable = spec.readIds[shard ?? n % spec.readIds.length] ?? [];
  const readId = readable[n % readable.length] ?? '';
  if (kind === 'get') await contender.get(spec.index, readId);
  else if (kind === 'search') {
    return (await contender.search(spec.index, query, shard === null ? undefined : readId)).complete;
  } else {
    const id = spec.writeIds[shard ?? 0]?.[n] ?? '';
    await contender.write(spec.index, id, { n, text: 'word written' });
    acknowledgedIds.push(id);
  }
  return true;
}

function reasonOf(error: unknown): string {
  const { code, name, message, outcome } = error as Partial<Record<'code' | 'name' | 'message' | 'outcome', string>>;
  const text = (message ?? String(error)).replace(/\d+(\.\d+)? ms|http:\/\/[\d.:]+/g, '...').slice(0, 160);
  return `${code ?? name ?? 'Error'}${outcome === 'unknown' ? ' (unknown outcome)' : ''}: ${text}`;
}

/** One lane: operation `n` is due at a seeded moment of its own period, whatever became of those before it. */
async function runLane(contender: Contender, lane: Lane, at: number, startMs: number): Promise<void> {
  const periodMs = 1000 / lane.perSecond;
  const random = seededRandom(spec.seed * 31 + at);
  for (let n = 0; !stopping; n++) {
    const dueMs = startMs + (n + random()) * periodMs;
    const waitMs = dueMs - hostNow();
    if (waitMs > 1) await sleep(waitMs);
    lagMs = Math.max(lagMs, hostNow() - dueMs);
    const one = operate(contender, lane, at, n, dueMs);
    running.add(one);
    void one.finally(() => running.delete(one));
  }
}

/** The first requests of a process include compilation or connections, and are not counted. */
async function warmUp(contender: Contender): Promise<void> {
  for (let n = 0; n < (isApplication(spec.client) ? 10 : 40); n++) {
    const ids = spec.readIds[n % spec.readIds.length] ?? [];
    const [id = ''] = ids;
    const document = { n, text: 'word' };
    await Promise.all([
      contender.get(spec.index, id),
      contender.search(spec.index, query, id),
      contender.search(spec.index, query, undefined),
      // The first one has the word that is once in each shard, and keeps it.
      contender.write(spec.index, ids.at(-1) ?? '', document),
    ]);
  }
  sent.length = 0;
  answered.length = 0;
}

async function report(): Promise<UsersReport> {
  stopping = true;
  const stoppedMs = hostNow();
  await Promise.all(lanes);
  await Promise.all(running);
  return { operations, sent, answered, acknowledgedIds, hedges, lagMs, stoppedMs };
}

let lanes: readonly Promise<void>[] = [];
const contender = createContender(spec.client, spec.nodes, spec.timeoutMs);
contender.onEvent((text) => process.send?.({ said: text }));
await warmUp(contender);
const sample = (): void => void hedges.push({ atMs: hostNow(), count: contender.hedges() });
setInterval(sample, 1000).unref();
process.on('message', (command) => {
  if (command === 'start') lanes = spec.lanes.map((lane, at) => runLane(contender, lane, at, hostNow()));
  if (command === 'stop') {
    void report().then((all) => process.send?.({ report: all }, undefined, {}, () => process.exit()));
  }
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
