// The client: one object with the operations, built from the parts. It holds no policy of its own.
import { assemble, type Assembly } from './assemble.ts';
import { ShardMap } from '../gather/shard-map.ts';
import type { NodeAddress } from '../nodes/address.ts';
import { Membership } from '../nodes/membership.ts';
import { Sniffer } from '../nodes/sniffer.ts';
import type { WireFactory } from '../nodes/wire.ts';
import type { ClientEvents } from '../observe/events.ts';
import type { MetricsSnapshot } from '../observe/metrics.ts';
import { askNodes, askShards } from './cluster.ts';
import { bulk } from './bulk.ts';
import { Documents } from './documents.ts';
import { Executor } from './executor.ts';
import { toSettings, type ClientOptions, type Settings } from './options.ts';
import { raw, type RawRequest, type RawResult } from './raw.ts';
import { Searches } from './searches.ts';
import { drained, snapshotOf } from './state.ts';
import { wiresOf } from './wires.ts';
import type {
  BulkRequest,
  BulkResult,
  CreateRequest,
  DeleteRequest,
  GetRequest,
  GetResult,
  IndexRequest,
  OperationOptions,
  SearchRequest,
  SearchResult,
  UpdateRequest,
  WriteResult,
} from '../model/operations.ts';

/** The operations of a client. Every one rejects with a `ClientError` and nothing else. */
export interface Client {
  /** Writes a document whole; repeating it is safe, because it always carries an id. */
  index<T>(request: IndexRequest<T>, options?: OperationOptions): Promise<WriteResult>;
  /** Writes a document that must not exist yet; `conflict` when it does. A conflict with this call's own earlier attempt is resolved. */
  create<T>(request: CreateRequest<T>, options?: OperationOptions): Promise<WriteResult>;
  /** Changes a document in place. Without `ifSeqNo` it is never repeated after it may have been applied. */
  update(request: UpdateRequest, options?: OperationOptions): Promise<WriteResult>;
  /** Deletes a document; `not_found` is a result, not an error. */
  delete(request: DeleteRequest, options?: OperationOptions): Promise<WriteResult>;
  /** Reads a document by id, from the newest state; a missing document is `found: false`. */
  get<T = unknown>(request: GetRequest, options?: OperationOptions): Promise<GetResult<T>>;
  search<T = unknown>(request: SearchRequest, options?: OperationOptions): Promise<SearchResult<T>>;
  /** Carries out many writes; one result or error for each, in their order. Only failed items are retried. */
  bulk(request: BulkRequest, options?: OperationOptions): Promise<BulkResult>;
  /** Any other request, with the same policies. You say how it may be repeated. */
  request<T = unknown>(request: RawRequest, options?: OperationOptions): Promise<RawResult<T>>;
  /** Calls `listener` on each event; the returned function removes it. */
  on<K extends keyof ClientEvents>(name: K, listener: (event: ClientEvents[K]) => void): () => void;
  /** A fence of this moment, for a write that is carried out later (`fence` of `index` and `delete`). */
  newFence(): number;
  /** Counters and states of this moment. */
  metrics(): MetricsSnapshot;
  /** Waits for what is under way, at most `drainMs` (5 s), then ends every connection. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

class ComposedClient implements Client {
  readonly #assembly: Assembly;
  readonly #executor: Executor;
  readonly #documents: Documents;
  readonly #searches: Searches;
  readonly #sniffer: Sniffer | undefined;

  constructor(options: ClientOptions) {
    const settings = toSettings(options);
    const wires = wiresOf(options, settings);
    this.#assembly = assemble(settings, wires);
    this.#executor = new Executor(this.#assembly.core, settings, options.fallback);
    const shards = new ShardMap(
      (index, routing) => askShards(this.#executor, index, routing),
      () => settings.time.now(),
    );
    this.#documents = new Documents(this.#executor, shards);
    this.#searches = new Searches(this.#executor);
    this.#sniffer = options.sniff ? this.#sniff(options.sniff.everyMs, settings, wires) : undefined;
    this.#sniffer?.start();
  }

  index<T>(request: IndexRequest<T>, options: OperationOptions = {}): Promise<WriteResult> {
    return this.#executor.guarded(
      'index',
      request,
      this.#documents.write({ op: 'index', ...request }, request.refresh, options),
    );
  }

  create<T>(request: CreateRequest<T>, options: OperationOptions = {}): Promise<WriteResult> {
    return this.#executor.guarded(
      'create',
      request,
      this.#documents.write({ op: 'create', ...request }, request.refresh, options),
    );
  }

  update(request: UpdateRequest, options: OperationOptions = {}): Promise<WriteResult> {
    return this.#executor.guarded(
      'update',
      request,
      this.#documents.write({ op: 'update', ...request }, request.refresh, options),
    );
  }

  delete(request: DeleteRequest, options: OperationOptions = {}): Promise<WriteResult> {
    return this.#executor.guarded(
      'delete',
      request,
      this.#documents.write({ op: 'delete', ...request }, request.refresh, options),
    );
  }

  get<T = unknown>(request: GetRequest, options: OperationOptions = {}): Promise<GetResult<T>> {
    return this.#executor.guarded('get', request, this.#documents.get<T>(request, options));
  }

  search<T = unknown>(request: SearchRequest, options: OperationOptions = {}): Promise<SearchResult<T>> {
    return this.#executor.guarded('search', request, this.#searches.search<T>(request, options));
  }

  bulk(request: BulkRequest, options: OperationOptions = {}): Promise<BulkResult> {
    return this.#executor.guarded(
      'bulk',
      request,
      bulk(this.#executor, this.#documents.resolveConflict, request, options),
    );
  }

  request<T = unknown>(request: RawRequest, options: OperationOptions = {}): Promise<RawResult<T>> {
    return this.#executor.guarded('request', request, raw<T>(this.#executor, request, options));
  }

  on<K extends keyof ClientEvents>(name: K, listener: (event: ClientEvents[K]) => void): () => void {
    return this.#assembly.core.events.on(name, listener);
  }

  newFence(): number {
    return this.#assembly.core.fences.next();
  }

  metrics(): MetricsSnapshot {
    return snapshotOf(this.#assembly.core, this.#documents.lanes());
  }

  async close(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#sniffer?.stop();
    await drained(this.#assembly.core, options.drainMs);
    await this.#assembly.close();
  }

  #sniff(everyMs: number, settings: Settings, wires: WireFactory): Sniffer {
    const { time, nodes, events } = this.#assembly.core;
    const { nodes: seeds, connections } = settings;
    const membership = new Membership(time, wires, nodes, seeds, connections.connectTimeoutMs, (urls) =>
      events.emit('topology', { nodes: urls }),
    );
    events.on('node', () => {
      if (nodes.usableCount === 0) membership.fallBack();
    });
    const like = seeds[0] as NodeAddress;
    return new Sniffer(
      time,
      everyMs,
      like,
      () => askNodes(this.#executor),
      (listed) => membership.follow(listed),
    );
  }
}

/**
 * Makes a client for one cluster. Nothing is sent before the first operation.
 * @throws ClientError 'invalid-request' for options that cannot work.
 */
export function createClient(options: ClientOptions): Client {
  return new ComposedClient(options);
}
