// A model of a cluster behind the wire: a store with versions, nodes that answer, refuse, reset, hang or reject by a seeded
// plan, and a record of every request, to be compared with what the client told its callers.
import { floorMod, routingHash } from '../../src/gather/murmur3.ts';
import type { Exchange, Wire, WireFactory, WireRequest, WireSink } from '../../src/nodes/wire.ts';
import type { SimTime } from './sim-time.ts';

export interface Stored {
  readonly source: unknown;
  readonly version: number;
  readonly seqNo: number;
}

/** How a node behaves to one request. */
export type Behaviour =
  | { readonly kind: 'answer'; readonly afterMs: number }
  /** The connection is refused: nothing reached the engine. */
  | { readonly kind: 'refuse' }
  /** The connection breaks after the request was carried out, or before. */
  | { readonly kind: 'reset'; readonly applied: boolean; readonly afterMs: number }
  /** No answer, ever; carried out or not. */
  | { readonly kind: 'hang'; readonly applied: boolean }
  /** No answer; carried out long after it was given up. */
  | { readonly kind: 'late'; readonly afterMs: number }
  /** A status in place of an answer; nothing is carried out. */
  | { readonly kind: 'status'; readonly status: number; readonly afterMs: number };

export type Behaviours = (node: string, request: WireRequest, isProbe: boolean) => Behaviour;
/** Status of one bulk item in place of carrying it out; undefined carries it out. */
export type ItemStatuses = (id: string) => number | undefined;

interface Item {
  readonly op: 'index' | 'create' | 'update' | 'delete';
  readonly id: string;
  readonly body: unknown;
  readonly version: number | undefined;
}

export class SimEngine {
  readonly store = new Map<string, Stored>();
  /** Requests of users that reached a node, probes apart. */
  readonly received: { readonly atMs: number; readonly node: string; readonly request: WireRequest }[] = [];
  probes = 0;
  /** What every search finds. */
  found: object = { took: 1, hits: { total: { value: 0, relation: 'eq' }, hits: [] } };
  /** What every node says of its master. */
  master: string | null = 'm';
  openExchanges = 0;
  keepRecord = true;
  requests = 0;
  readonly #time: SimTime;
  readonly #shards: number;
  readonly #tombstones = new Map<string, number>();
  #seqNo = 0;
  behaviours: Behaviours = () => ({ kind: 'answer', afterMs: 5 });
  itemStatuses: ItemStatuses = () => undefined;

  constructor(time: SimTime, shards = 1) {
    this.#time = time;
    this.#shards = shards;
  }

  readonly wires: WireFactory = (url) => this.#wire(url.origin);

  #wire(node: string): Wire {
    const send = (request: WireRequest, sink: WireSink, isProbe: boolean): Exchange => {
      this.openExchanges++;
      let ended = false;
      const end = (): boolean => {
        if (ended) return false;
        ended = true;
        this.openExchanges--;
        return true;
      };
      const behaviour = this.behaviours(node, request, isProbe);
      const later = (ms: number, task: () => void): void => {
        const timer = this.#time.after(ms, task);
        cancelTimer = () => timer.cancel();
      };
      let cancelTimer = (): void => undefined;
      this.#deliver(behaviour, node, request, sink, isProbe, later, end);
      return {
        cancel: () => {
          if (end()) cancelTimer();
        },
      };
    };
    return {
      send: (request, sink) => send(request, sink, false),
      probe: (request, sink) => send(request, sink, true),
      close: () => Promise.resolve(),
    };
  }

  #deliver(
    behaviour: Behaviour,
    node: string,
    request: WireRequest,
    sink: WireSink,
    isProbe: boolean,
    later: (ms: number, task: () => void) => void,
    end: () => boolean,
  ): void {
    if (behaviour.kind === 'refuse') {
      later(0.2, () => {
        if (end()) sink.onFailure(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
      });
      return;
    }
    sink.onSent();
    if (isProbe) this.probes++;
    else {
      this.requests++;
      if (this.keepRecord) this.received.push({ atMs: this.#time.now(), node, request });
    }
    if (behaviour.kind === 'status') {
      later(behaviour.afterMs, () => {
        if (end())
          sink.onAnswer(
            answerOf(behaviour.status, { error: { type: 'simulated', reason: 'by plan' }, status: behaviour.status }),
          );
      });
      return;
    }
    if (behaviour.kind === 'late') return void this.#time.after(behaviour.afterMs, () => void this.carryOut(request));
    const body = behaviour.kind === 'answer' || behaviour.applied ? this.carryOut(request) : undefined;
    if (behaviour.kind === 'hang') return;
    later(behaviour.afterMs, () => {
      if (!end()) return;
      if (behaviour.kind === 'reset')
        sink.onFailure(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
      else sink.onAnswer(answerOf(body!.status, body!.body));
    });
  }

  /** Carries a request out and says what the engine answers. */
  carryOut({ method, path, body }: Pick<WireRequest, 'method' | 'path' | 'body'>): { status: number; body: unknown } {
    const [route = ''] = path.split('?');
    if (route === '/_cluster/state/master_node') return { status: 200, body: { master_node: this.master } };
    if (route === '/_nodes/_local') return { status: 200, body: { nodes: { abc: { name: 'x' } } } };
    if (route.endsWith('/_search_shards')) return { status: 200, body: this.#searchShards(path) };
    if (route.endsWith('/_bulk'))
      return { status: 200, body: { items: parseBulk(String(body)).map((item) => this.#bulkItem(item)) } };
    if (route.endsWith('/_mget')) {
      const { docs } = JSON.parse(String(body)) as { docs: { _id: string }[] };
      return { status: 200, body: { docs: docs.map(({ _id }) => this.#document(_id)) } };
    }
    if (route.endsWith('/_msearch')) {
      const searches = String(body).trimEnd().split('\n').length / 2;
      return {
        status: 200,
        body: { responses: Array.from({ length: searches }, () => ({ ...this.found, status: 200 })) },
      };
    }
    if (route.endsWith('/_search')) return { status: 200, body: this.found };
    const [, , endpoint, id = ''] = route.split('/');
    if (method === 'GET') {
      const document = this.#document(decodeURIComponent(id));
      return { status: document.found ? 200 : 404, body: document };
    }
    const op =
      method === 'DELETE' ? 'delete' : endpoint === '_create' ? 'create' : endpoint === '_update' ? 'update' : 'index';
    const query = new URLSearchParams(path.split('?')[1] ?? '');
    const ifSeqNo = query.get('if_seq_no');
    const source: unknown = body === null ? null : JSON.parse(String(body));
    return this.#apply(
      { op, id: decodeURIComponent(id), body: source, version: numberOf(query.get('version')) },
      ifSeqNo === null ? undefined : Number(ifSeqNo),
    );
  }

  #bulkItem(item: Item): Record<string, unknown> {
    const planned = this.itemStatuses(item.id);
    if (planned !== undefined) {
      const type =
        planned === 429
          ? 'es_rejected_execution_exception'
          : planned === 503
            ? 'unavailable_shards_exception'
            : 'document_parsing_exception';
      return { [item.op]: { _id: item.id, status: planned, error: { type, reason: 'by plan' } } };
    }
    const { status, body } = this.#apply(item, undefined);
    return { [item.op]: { _index: 'a', _id: item.id, ...(body as object), status } };
  }

  #apply(item: Item, ifSeqNo: number | undefined): { status: number; body: unknown } {
    const old = this.store.get(item.id);
    const fence = item.version;
    const behind = fence !== undefined && (old?.version ?? this.#tombstones.get(item.id) ?? 0) > fence;
    if (behind)
      return refusal(
        `current version [${old?.version ?? this.#tombstones.get(item.id)}] is higher than the one provided [${fence}]`,
      );
    const conflict = (item.op === 'create' && old) || (ifSeqNo !== undefined && old?.seqNo !== ifSeqNo);
    if (conflict) return refusal('by the model');
    const version = fence ?? (old?.version ?? this.#tombstones.get(item.id) ?? 0) + 1;
    const seqNo = this.#seqNo++;
    const common = { _index: 'a', _id: item.id, _version: version, _seq_no: seqNo, _primary_term: 1 };
    if (item.op === 'delete') {
      this.store.delete(item.id);
      this.#tombstones.set(item.id, version);
      return { status: old ? 200 : 404, body: { ...common, result: old ? 'deleted' : 'not_found' } };
    }
    this.store.set(item.id, { source: item.body, version, seqNo });
    return { status: old ? 200 : 201, body: { ...common, result: old ? 'updated' : 'created' } };
  }

  #document(id: string): { found: boolean } & Record<string, unknown> {
    const stored = this.store.get(id);
    if (!stored) return { _index: 'a', _id: id, found: false };
    return {
      _index: 'a',
      _id: id,
      found: true,
      _source: stored.source,
      _version: stored.version,
      _seq_no: stored.seqNo,
      _primary_term: 1,
    };
  }

  #searchShards(path: string): unknown {
    const routing = new URLSearchParams(path.split('?')[1]).get('routing');
    if (routing !== null) return { shards: [[{ index: 'a', shard: floorMod(routingHash(routing), this.#shards) }]] };
    return { shards: Array.from({ length: this.#shards }, (_, shard) => [{ index: 'a', shard }]) };
  }
}

function answerOf(status: number, body: unknown): { status: number; headers: Record<string, string>; body: Buffer } {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(body)) };
}

function refusal(reason: string): { status: number; body: unknown } {
  return { status: 409, body: { error: { type: 'version_conflict_engine_exception', reason }, status: 409 } };
}

function numberOf(text: string | null): number | undefined {
  return text === null ? undefined : Number(text);
}

function parseBulk(body: string): Item[] {
  const lines = body.split('\n').filter((line) => line !== '');
  const items: Item[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [op, meta] = Object.entries(JSON.parse(lines[i]!) as Record<string, { _id: string; version?: number }>)[0]!;
    const source: unknown = op === 'delete' ? null : JSON.parse(lines[++i]!);
    items.push({ op: op as Item['op'], id: meta._id, body: source, version: meta.version });
  }
  return items;
}
