// Single-document operations: whether each is gathered in the lane of its shard or sent in a request of its own.
import type { Write } from '../formats/write.ts';
import { LaneSet } from '../gather/lane-set.ts';
import { GetBatchFormat, ReadEntry, type GetEntry } from '../gather/read-batch.ts';
import type { ShardMap } from '../gather/shard-map.ts';
import { GatherSwitch } from '../gather/switch.ts';
import { WriteBatchFormat, WriteEntry, type ResolveConflict, type Until } from '../gather/write-batch.ts';
import type {
  BulkOperation,
  GetRequest,
  GetResult,
  OperationOptions,
  Refresh,
  WriteResult,
} from '../model/operations.ts';
import { RecentQuantile } from '../policy/quantile.ts';
import type { Executor } from './executor.ts';
import { SingleRequests } from './single-requests.ts';
import { timed } from './timed.ts';

export class Documents {
  readonly #executor: Executor;
  readonly #shards: ShardMap;
  readonly #single: SingleRequests;
  readonly #gatheredLatency = new RecentQuantile(0.95);
  readonly #writes: LaneSet<WriteEntry>;
  readonly #gets: LaneSet<GetEntry>;
  readonly #writeSwitch: GatherSwitch;
  readonly #getSwitch: GatherSwitch;

  /** Whether a write conflicted with its own earlier attempt. */
  readonly resolveConflict: ResolveConflict = (write, attempts, until) =>
    this.#single.resolveConflict(write, attempts, until);

  constructor(executor: Executor, shards: ShardMap) {
    const { core, settings } = executor;
    const { gather, hedging } = settings;
    this.#executor = executor;
    this.#shards = shards;
    this.#single = new SingleRequests(executor);
    const format = new WriteBatchFormat(core, this.resolveConflict);
    this.#writes = new LaneSet(core, format, { ...gather, divides: gather.lanePerShard });
    this.#gets = new LaneSet(core, new GetBatchFormat(core, hedging ? this.#gatheredLatency : undefined), {
      ...gather,
      divides: gather.lanePerShard,
    });
    const isHealthy = (): boolean => core.nodes.allUp && !this.#writes.isDivided && !this.#gets.isDivided;
    this.#writeSwitch = new GatherSwitch(gather.writes, true, isHealthy, (on) =>
      core.events.emit('gathering', { kind: 'write', on }),
    );
    this.#getSwitch = new GatherSwitch(gather.gets, false, isHealthy, (on) =>
      core.events.emit('gathering', { kind: 'get', on }),
    );
  }

  async write(operation: BulkOperation, refresh: Refresh | undefined, options: OperationOptions): Promise<WriteResult> {
    const write = this.#executor.toWrite(operation);
    const until = { deadlineAt: this.#executor.deadlineAt(options), signal: options.signal };
    const { maxBytes } = this.#executor.settings.gather;
    // A write that must not be repeated, or has a refresh of its own, or fills a request by itself, is not gathered.
    const mayGather = write.safety === 'replayable' && refresh === undefined && (write.body?.length ?? 0) < maxBytes;
    const alone = (): Promise<WriteResult> => this.#single.write(write, refresh, until);
    if (!mayGather || options.gather === false) return alone();
    const isGathered = this.#writeSwitch.on;
    return timed(this.#executor.core, this.#writeSwitch, () => (isGathered ? this.#gather(write, until) : alone()));
  }

  async get<T>(request: GetRequest, options: OperationOptions): Promise<GetResult<T>> {
    const deadlineAt = this.#executor.deadlineAt(options);
    const alone = (): Promise<GetResult<T>> => this.#single.get<T>(request, deadlineAt, options);
    if (options.gather === false || request.preference !== undefined) return alone();
    const isGathered = this.#getSwitch.on;
    return timed(this.#executor.core, this.#getSwitch, () =>
      isGathered ? (this.#gatherGet(request, deadlineAt, options.signal, alone) as Promise<GetResult<T>>) : alone(),
    );
  }

  lanes(): { count: number; queued: number; inFlight: number } {
    const { count, waiting, inFlight } = this.#writes;
    return { count, queued: waiting, inFlight };
  }

  #laneOf(index: string, routing: string): string {
    if (!this.#executor.settings.gather.lanePerShard) return index;
    return `${index}/${this.#shards.shardOf(index, routing)}`;
  }

  #gather(write: Write, { deadlineAt, signal }: Until): Promise<WriteResult> {
    this.#executor.admit(write.op, deadlineAt, signal);
    const laneKey = this.#laneOf(write.index, write.routing ?? write.id);
    if (!this.#writes.hasRoom(laneKey, write.body?.length ?? 0)) throw this.#executor.shed(write.op);
    return new Promise((resolve, reject) => {
      this.#writes.push(new WriteEntry(this.#executor.core, write, { laneKey, deadlineAt, signal }, resolve, reject));
    });
  }

  #gatherGet(
    request: GetRequest,
    deadlineAt: number,
    signal: AbortSignal | undefined,
    alone: () => Promise<GetResult>,
  ): Promise<GetResult> {
    this.#executor.admit('get', deadlineAt, signal);
    const laneKey = this.#laneOf(request.index, request.routing ?? request.id);
    const bytes = request.id.length + 64;
    if (!this.#gets.hasRoom(laneKey, bytes)) throw this.#executor.shed('get');
    return new Promise((resolve, reject) => {
      const about = { operation: 'get', laneKey, bytes, deadlineAt, signal, alone };
      this.#gets.push(new ReadEntry(this.#executor.core, request, about, resolve, reject));
    });
  }
}
