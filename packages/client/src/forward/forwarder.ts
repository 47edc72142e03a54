// Passes on requests of others with the policies of the client. It reads no body and changes none; what a request means is said by
// whoever passes it on.
import { assemble, type Assembly } from '../api/assemble.ts';
import { askPrimaries, askShards } from '../api/cluster.ts';
import { Executor } from '../api/executor.ts';
import { toSettings, type ClientOptions } from '../api/options.ts';
import { SingleRequests } from '../api/single-requests.ts';
import { drained, snapshotOf } from '../api/state.ts';
import { wiresOf } from '../api/wires.ts';
import { Call, type CallSink } from '../call/call.ts';
import { toRequest } from '../formats/write-request.ts';
import type { Fence, Write } from '../formats/write.ts';
import { LaneSet } from '../gather/lane-set.ts';
import { PrimaryMap } from '../gather/primary-map.ts';
import { ShardMap } from '../gather/shard-map.ts';
import { GatherSwitch } from '../gather/switch.ts';
import { isObject, readJson } from '../json/json.ts';
import { isClientError } from '../model/errors.ts';
import type { Refresh } from '../model/operations.ts';
import type { WireRequest } from '../nodes/wire.ts';
import type { ClientEvents } from '../observe/events.ts';
import type { MetricsSnapshot } from '../observe/metrics.ts';
import { backoffMs } from '../policy/backoff.ts';
import { readStatus, toEngineError, type Safety } from '../policy/classify.ts';
import { RecentQuantile } from '../policy/quantile.ts';
import { ForwardEntry, toFullWrite, type ForwardWrite, type WriteAnswer, type WriteSink } from './write-entry.ts';
import { ForwardWriteFormat } from './write-format.ts';

export type ForwardOptions = Omit<ClientOptions, 'fallback' | 'sniff' | 'exactIntegers' | 'fenceWrites'>;

/** One request to pass on. */
export interface ForwardRequest {
  /** Names it in errors, events and metrics; reads of one name share a latency, after which they are hedged. */
  readonly operation: string;
  readonly method: string;
  /** Path and query exactly as they are to be sent. */
  readonly path: string;
  /** Flat: name, value, name, value. None that concerns one connection alone. An authorization among them replaces that of the client. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | null;
  /** In place of `body`, for a body that is not kept: it is sent at most once, and `safety` must be `once`. */
  readonly stream?: () => AsyncIterable<Uint8Array>;
  readonly safety: Safety;
  /** Milliseconds for the whole request. */
  readonly deadlineMs: number;
  /** Whether it counts against the limit of requests under way, beyond which requests wait; for what may take hours it must not. */
  readonly gated: boolean;
  /** Whether a slow read may be sent to a second node. */
  readonly hedge: boolean;
  /** Whether `preference=` may be added to the query while a node is unhealthy. */
  readonly takesPreference: boolean;
  /** The engine's id of the node that it is sent to first, while that node is usable; see `primaryOf`. */
  readonly preferNode?: string | undefined;
  /** Answers beyond this many bytes are handed on as they come (`CallAnswer.rest`). */
  readonly streamBeyondBytes: number;
}

/** Whether a failed item may be sent again, and whether it may have been carried out in spite of its failure. */
export interface ItemJudgement {
  readonly isRetryable: boolean;
  readonly maybeApplied: boolean;
}

const budgetPollMs = 50;

export type ForwardSink = CallSink;

/** A request under way. */
export interface Forwarding {
  /** Ends it; its sink gets `cancelled`. What was not sent is never sent; what a node has of a write it may carry out. */
  cancel(): void;
}

export interface Forwarder {
  send(request: ForwardRequest, sink: ForwardSink): Forwarding;
  /**
   * Sends a write together with others where that is faster, and a fenced one always, because its fence may have to be renewed. Undefined,
   * and nothing done, otherwise, and while the queue is full: it is then to be sent by itself.
   */
  write(write: ForwardWrite, deadlineMs: number, sink: WriteSink): Forwarding | undefined;
  /** Call it when a write begins, and the result when it has ended: so it is known whether sending together is faster. */
  measureWrite(): (ok: boolean) => void;
  /** The answer to a write that conflicted with its own earlier attempt; undefined when that cannot be shown. `refresh`: as it was asked for. */
  resolveConflict(write: ForwardWrite, deadlineMs: number, refresh?: Refresh): Promise<WriteAnswer | undefined>;
  /**
   * The engine's id of the node with the primary of a document; empty while no node has it. Undefined while that is not known, which is so
   * for ever for aliases, data streams and indexes with an ingest pipeline. Documents of one routing are always told the same node.
   */
  primaryOf(index: string, routing: string): string | undefined;
  /** What the failure of one item of a bulk means for the write. */
  judgeItem(safety: Safety, status: number, error: unknown): ItemJudgement;
  /**
   * Waits as long as before retry number `retry` (0 is the first), then for a token of the retry budget; false when `deadlineMs`
   * have passed before that.
   */
  mayRetry(retry: number, deadlineMs: number): Promise<boolean>;
  /** A fence of this moment, which is renewed when a clock elsewhere is ahead. */
  newFence(): Fence;
  on<K extends keyof ClientEvents>(name: K, listener: (event: ClientEvents[K]) => void): () => void;
  metrics(): MetricsSnapshot;
  /** Waits for what is under way, at most `drainMs` (5 s), then ends every connection. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

class ComposedForwarder implements Forwarder {
  readonly #assembly: Assembly;
  readonly #executor: Executor;
  readonly #single: SingleRequests;
  readonly #shards: ShardMap;
  readonly #primaries: PrimaryMap;
  readonly #writes: LaneSet<ForwardEntry>;
  readonly #switch: GatherSwitch;
  readonly #latencies = new Map<string, RecentQuantile>();

  constructor(options: ForwardOptions) {
    const settings = toSettings(options);
    this.#assembly = assemble(settings, wiresOf(options, settings));
    const { core } = this.#assembly;
    this.#executor = new Executor(core, settings, undefined);
    this.#single = new SingleRequests(this.#executor);
    this.#shards = new ShardMap(
      (index, routing) => askShards(this.#executor, index, routing),
      () => core.time.now(),
    );
    this.#primaries = new PrimaryMap(
      this.#shards,
      (index) => askPrimaries(this.#executor, index),
      () => core.time.now(),
    );
    core.events.on('node', () => this.#primaries.refresh());
    const format = new ForwardWriteFormat(core, (write, { deadlineAt }) => this.#resolveOwn(write, deadlineAt));
    this.#writes = new LaneSet(core, format, { ...settings.gather, divides: settings.gather.lanePerShard });
    const isHealthy = (): boolean => core.nodes.allUp && !this.#writes.isDivided;
    this.#switch = new GatherSwitch(settings.gather.writes, true, isHealthy, (on) =>
      core.events.emit('gathering', { kind: 'write', on }),
    );
  }

  send(request: ForwardRequest, sink: ForwardSink): Forwarding {
    const { core } = this.#assembly;
    const { operation, safety, deadlineMs, hedge, takesPreference, stream } = request;
    core.counters.operations++;
    let opened = false;
    const wire: WireRequest = {
      method: request.method,
      path: request.path,
      body: request.body,
      contentType: 'application/json',
      headers: request.headers,
      ownMediaTypes: true,
      streamBeyondBytes: request.streamBeyondBytes,
      ...(stream && {
        // Opened when the connection asks for its first bytes, not when an attempt begins.
        stream: async function* () {
          opened = true;
          yield* stream();
        },
      }),
    };
    const call = new Call(
      core,
      {
        operation,
        request: wire,
        safety,
        deadlineAt: core.time.now() + deadlineMs,
        hedgeAfter: hedge && this.#executor.settings.hedging ? this.#latencyOf(operation) : undefined,
        gated: request.gated,
        takesPreference,
        preferNode: request.preferNode,
        ...(stream && { mayRepeat: () => !opened }),
      },
      sink,
    );
    call.start();
    return call;
  }

  write(write: ForwardWrite, deadlineMs: number, sink: WriteSink): Forwarding | undefined {
    const { core } = this.#assembly;
    if ((!this.#switch.on && !write.fence) || core.closed || core.outage.open) return undefined;
    const bytes = write.body?.length ?? 0;
    const laneKey = this.#laneOf(write.index, write.routing ?? write.id);
    if (bytes >= this.#executor.settings.gather.maxBytes || !this.#writes.hasRoom(laneKey, bytes)) return undefined;
    core.counters.operations++;
    const about = { laneKey, deadlineAt: core.time.now() + deadlineMs, signal: undefined };
    const entry = new ForwardEntry(core, toFullWrite(write), about, sink);
    this.#writes.push(entry);
    return entry;
  }

  measureWrite(): (ok: boolean) => void {
    const { epoch } = this.#switch;
    const { time } = this.#assembly.core;
    const startedMs = time.now();
    return (ok) => {
      const now = time.now();
      this.#switch.record(epoch, now, now - startedMs, ok);
    };
  }

  resolveConflict(write: ForwardWrite, deadlineMs: number, refresh?: Refresh): Promise<WriteAnswer | undefined> {
    return this.#resolveOwn(toFullWrite(write), this.#assembly.core.time.now() + deadlineMs, refresh);
  }

  primaryOf(index: string, routing: string): string | undefined {
    return this.#primaries.nodeOf(index, routing);
  }

  judgeItem(safety: Safety, status: number, error: unknown): ItemJudgement {
    const { retryStatuses } = this.#assembly.core.options;
    const { verdict, maybeApplied } = readStatus(status, safety, retryStatuses, () => toEngineError(error)?.type);
    return { isRetryable: verdict === 'retry', maybeApplied };
  }

  async mayRetry(retry: number, deadlineMs: number): Promise<boolean> {
    const { time, options, retryBudget, counters } = this.#assembly.core;
    const until = time.now() + deadlineMs;
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void time.after(ms, resolve));
    const waitMs = backoffMs(options.backoff, retry, () => time.random());
    if (time.now() + waitMs >= until) return false;
    await sleep(waitMs);
    while (!retryBudget.withdraw(time.now())) {
      counters.budgetWaits++;
      if (time.now() + budgetPollMs >= until) return false;
      await sleep(budgetPollMs);
    }
    counters.retries++;
    return true;
  }

  newFence(): Fence {
    return { version: this.#assembly.core.fences.next(), fixed: false };
  }

  on<K extends keyof ClientEvents>(name: K, listener: (event: ClientEvents[K]) => void): () => void {
    return this.#assembly.core.events.on(name, listener);
  }

  metrics(): MetricsSnapshot {
    const { count, waiting, inFlight } = this.#writes;
    return snapshotOf(this.#assembly.core, { count, queued: waiting, inFlight });
  }

  async close(options: { readonly drainMs?: number } = {}): Promise<void> {
    await drained(this.#assembly.core, options.drainMs);
    await this.#assembly.close();
  }

  #laneOf(index: string, routing: string): string {
    return this.#executor.settings.gather.lanePerShard ? `${index}/${this.#shards.shardOf(index, routing)}` : index;
  }

  #latencyOf(operation: string): RecentQuantile {
    const known = this.#latencies.get(operation);
    if (known) return known;
    const fresh = new RecentQuantile(0.95);
    this.#latencies.set(operation, fresh);
    return fresh;
  }

  async #resolveOwn(write: Write, deadlineAt: number, refresh?: Refresh): Promise<WriteAnswer | undefined> {
    try {
      const own = await this.#single.findOwn(write, { deadlineAt, signal: undefined });
      if (!own) return undefined;
      const request = toRequest(own.again, refresh, Math.max(1, deadlineAt - this.#assembly.core.time.now()));
      const { status, body } = await this.#executor.call({
        operation: 'index',
        request,
        safety: 'replayable',
        deadlineAt,
        gated: true,
      });
      const item = readJson(body, true);
      if (status !== 200 || !isObject(item)) return undefined;
      return { status: own.result === 'created' ? 201 : 200, item: { ...item, result: own.result } };
    } catch (error) {
      if (isClientError(error)) return undefined;
      throw error;
    }
  }
}

/**
 * Makes a forwarder for one cluster. Nothing is sent before the first request.
 * @throws ClientError 'invalid-request' for options that cannot work.
 */
export function createForwarder(options: ForwardOptions): Forwarder {
  return new ComposedForwarder(options);
}
