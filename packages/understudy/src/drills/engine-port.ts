// The engine's API as drills use it. Transport and credentials are the caller's; what the engines call differently is the dialect's.
import { newestSnapshot, releaseRestart, restartNode, shards, type EngineTransport } from '../cluster/index.ts';
import type { Dialect } from '../engines/index.ts';
import { systemClock, UnderstudyError } from '@understudy/foundation';
import type { EnginePort, EngineView, StoredDocument } from './system-under-test.ts';

const idsPerRequest = 500;
const readTimeoutMs = 20_000;

export interface DocumentsAt {
  readonly index: string;
  /** The field that has the run's mark as a word; null: whichever, in the mapping of an application of one's own. */
  readonly markField: string | null;
}

export function enginePort(
  transport: EngineTransport,
  dialect: Dialect,
  { index, markField }: DocumentsAt,
): EnginePort {
  const ask: Ask = async (...call) => {
    const { status, body } = await transport.request(...call);
    if (status >= 200 && status < 300) return body;
    throw new UnderstudyError(
      'drills-engine-refused',
      `The engine answered ${status} to ${call[0]} ${call[1]}: ${JSON.stringify(body).slice(0, 300)}. Look at \`understudy status\`.`,
      { facts: { status } },
    );
  };
  return {
    ...documentReads(ask, index, markField),
    view: (machine, timeoutMs) => viewOf(transport, dialect, machine, timeoutMs),
    async shards() {
      const copies = await shards(transport, index);
      return copies.map(({ shard, primary, node, state }) => ({
        shard,
        primary,
        machine: node ?? null,
        readable: state === 'STARTED' || state === 'RELOCATING',
      }));
    },
    async routedShard(id) {
      const body = await ask('GET', `/${index}/_search_shards?routing=${encodeURIComponent(id)}`);
      return (body as { shards: { shard: number }[][] }).shards[0]?.[0]?.shard ?? -1;
    },
    async refresh() {
      await ask('POST', `/${index}/_refresh`, undefined, { timeoutMs: readTimeoutMs });
    },
    async remove(ids) {
      for (const some of batches(ids)) {
        const lines = some.map((id) => `${JSON.stringify({ delete: { _id: id } })}\n`).join('');
        await ask('POST', `/${index}/_bulk`, lines, { timeoutMs: readTimeoutMs });
      }
    },
    newestSnapshot: () => newestSnapshot(transport, index),
    restart: (restart) => restartNode({ transport, dialect, clock: systemClock }, restart),
    releaseRestart: () => releaseRestart(transport),
  };
}

type Ask = (...call: Parameters<EngineTransport['request']>) => Promise<unknown>;

function documentReads(
  ask: Ask,
  index: string,
  markField: string | null,
): Pick<EnginePort, 'getFrom' | 'searchIds' | 'searchWord'> {
  return {
    async getFrom(machine, ids) {
      const found: StoredDocument[] = [];
      for (const some of batches(ids)) {
        const path = `/${index}/_mget?preference=_only_local&realtime=true`;
        const body = await ask('POST', path, { ids: some }, { node: machine, timeoutMs: readTimeoutMs });
        for (const doc of (body as { docs: MgetItem[] }).docs) {
          if (doc.error) throw unreadable(machine, doc);
          if (doc.found) found.push({ id: doc._id, source: doc._source });
        }
      }
      return found;
    },
    async searchIds(ids) {
      const found: StoredDocument[] = [];
      for (const some of batches(ids)) {
        const query = { query: { ids: { values: some } }, size: some.length * 2 };
        const body = await ask('POST', `/${index}/_search`, query, { timeoutMs: readTimeoutMs });
        found.push(...hitsOf(body));
      }
      return found;
    },
    async searchWord(word) {
      const wanted =
        markField === null
          ? { multi_match: { query: word, fields: ['*'], lenient: true } }
          : { match: { [markField]: word } };
      const query = { query: wanted, size: 2_000, sort: ['_doc'] };
      const options = { timeoutMs: readTimeoutMs };
      let page = (await ask('POST', `/${index}/_search?scroll=1m`, query, options)) as Page;
      const found: StoredDocument[] = [];
      while (page.hits.hits.length > 0) {
        found.push(...hitsOf(page));
        page = (await ask('POST', '/_search/scroll', { scroll: '1m', scroll_id: page._scroll_id }, options)) as Page;
      }
      return found;
    },
  };
}

/** Health and master as this machine sees them: neither request is forwarded to the master. */
async function viewOf(
  transport: EngineTransport,
  dialect: Dialect,
  node: string,
  timeoutMs: number,
): Promise<EngineView | null> {
  const options = { node, timeoutMs };
  const query = `filter_path=${dialect.masterField},nodes.*.name${dialect.localState}`;
  try {
    const [health, state] = await Promise.all([
      transport.request('GET', '/_cluster/health?local=true&timeout=0s', undefined, options),
      transport.request('GET', `/_cluster/state/${dialect.masterField},nodes?${query}`, undefined, options),
    ]);
    const { status, number_of_nodes: nodes, unassigned_shards: unassigned } = (health.body ?? {}) as HealthBody;
    const { [dialect.masterField]: masterId, nodes: known } = (state.body ?? {}) as StateBody;
    const master = typeof masterId === 'string' ? known?.[masterId]?.name : undefined;
    return {
      status: status === 'green' || status === 'yellow' ? status : 'red',
      master: master ?? null,
      nodes: nodes ?? 0,
      unassignedShards: unassigned ?? 0,
    };
  } catch {
    // No answer in time is an answer: this machine cannot say.
    return null;
  }
}

interface HealthBody {
  readonly status?: string;
  readonly number_of_nodes?: number;
  readonly unassigned_shards?: number;
}

interface StateBody {
  readonly nodes?: Readonly<Record<string, { readonly name: string }>>;
  readonly [masterField: string]: unknown;
}

interface MgetItem {
  readonly _id: string;
  readonly found?: boolean;
  readonly _source?: unknown;
  readonly error?: unknown;
}

interface Page {
  readonly _scroll_id: string;
  readonly hits: { readonly hits: readonly { readonly _id: string; readonly _source?: unknown }[] };
}

function hitsOf(body: unknown): StoredDocument[] {
  return (body as Page).hits.hits.map((hit) => ({ id: hit._id, source: hit._source }));
}

function* batches(ids: readonly string[]): Iterable<readonly string[]> {
  for (let at = 0; at < ids.length; at += idsPerRequest) yield ids.slice(at, at + idsPerRequest);
}

function unreadable(machine: string, doc: MgetItem): UnderstudyError {
  return new UnderstudyError(
    'drills-copy-unreadable',
    `The copy of ${doc._id} on ${machine} could not be read: ${JSON.stringify(doc.error).slice(0, 200)}. Look at \`understudy status\`.`,
    { facts: { machine } },
  );
}
