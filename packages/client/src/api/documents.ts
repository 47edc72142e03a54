// Single-document operations: which way each goes, gathered in the lane of its shard or alone, and what its answer means.
import { isDeepStrictEqual } from 'node:util';
import type { CallAnswer } from '../call/core.ts';
import { ClientError, withOutcome } from '../errors.ts';
import { LaneSet } from '../gather/lane-set.ts';
import { GetFreight, ReadEntry, type GetEntry } from '../gather/read-freight.ts';
import type { ShardMap } from '../gather/shard-map.ts';
import { GatherSwitch } from '../gather/switch.ts';
import { WriteEntry, WriteFreight, type OwnDoing } from '../gather/write-freight.ts';
import { errorIn, parseExact, readJson } from '../json.ts';
import { RecentQuantile } from '../policy/quantile.ts';
import { acknowledged, toRefusal, toUnreadable } from './answer.ts';
import type { Host } from './host.ts';
import { getRequest, toGetResult } from './read.ts';
import { timed } from './timed.ts';
import type { BulkOperation, GetRequest, GetResult, OperationOptions, Refresh, WriteResult } from './types.ts';
import { refenced, toRequest, type Write } from './write.ts';

type Until = Parameters<OwnDoing>[2];

export class Documents {
  readonly #host: Host;
  readonly #shards: ShardMap;
  readonly #getLatency = new RecentQuantile(0.95);
  readonly #gatheredLatency = new RecentQuantile(0.95);
  readonly #writes: LaneSet<WriteEntry>;
  readonly #gets: LaneSet<GetEntry>;
  readonly #writeSwitch: GatherSwitch;
  readonly #getSwitch: GatherSwitch;

  constructor(host: Host, shards: ShardMap) {
    const { core, settings } = host;
    const { gather, hedging } = settings;
    this.#host = host;
    this.#shards = shards;
    const freight = new WriteFreight(core, (write, attempts, until) => this.ownDoing(write, attempts, until));
    this.#writes = new LaneSet(core, freight, { ...gather, divides: gather.lanePerShard });
    this.#gets = new LaneSet(core, new GetFreight(core, hedging ? this.#gatheredLatency : undefined), {
      ...gather,
      divides: gather.lanePerShard,
    });
    const isCalm = (): boolean => core.nodes.allUp && !this.#writes.isDivided && !this.#gets.isDivided;
    this.#writeSwitch = new GatherSwitch(gather.writes, true, isCalm, (on) =>
      core.events.emit('gathering', { kind: 'write', on }),
    );
    this.#getSwitch = new GatherSwitch(gather.gets, false, isCalm, (on) =>
      core.events.emit('gathering', { kind: 'get', on }),
    );
  }

  async write(operation: BulkOperation, refresh: Refresh | undefined, options: OperationOptions): Promise<WriteResult> {
    const write = this.#host.toWrite(operation);
    const deadlineAt = this.#host.deadlineAt(options);
    const { maxBytes } = this.#host.settings.gather;
    // A write that must not be repeated, or wants its own refresh, or fills a request by itself, has nothing to share.
    const mayGather = write.safety === 'replayable' && refresh === undefined && (write.body?.length ?? 0) < maxBytes;
    if (!mayGather || options.gather === false) return this.#alone(write, refresh, deadlineAt, options.signal);
    const gathered = this.#writeSwitch.on;
    return timed(this.#host.core, this.#writeSwitch, () =>
      gathered
        ? this.#gathered(write, deadlineAt, options.signal)
        : this.#alone(write, refresh, deadlineAt, options.signal),
    );
  }

  async get<T>(request: GetRequest, options: OperationOptions): Promise<GetResult<T>> {
    const deadlineAt = this.#host.deadlineAt(options);
    const alone = (): Promise<GetResult<T>> => this.#getAlone<T>(request, deadlineAt, options);
    if (options.gather === false || request.preference !== undefined) return alone();
    const gathered = this.#getSwitch.on;
    return timed(this.#host.core, this.#getSwitch, () =>
      gathered ? (this.#getGathered(request, deadlineAt, options.signal, alone) as Promise<GetResult<T>>) : alone(),
    );
  }

  lanes(): { count: number; queued: number; inFlight: number } {
    const { count, waiting, inFlight } = this.#writes;
    return { count, queued: waiting, inFlight };
  }

  #laneOf(index: string, routing: string): string {
    if (!this.#host.settings.gather.lanePerShard) return index;
    return `${index}/${this.#shards.shardOf(index, routing)}`;
  }

  #gathered(write: Write, deadlineAt: number, signal: AbortSignal | undefined): Promise<WriteResult> {
    this.#host.admit(write.op, deadlineAt, signal);
    const laneKey = this.#laneOf(write.index, write.routing ?? write.id);
    if (!this.#writes.hasRoom(laneKey, write.body?.length ?? 0)) throw this.#host.shed(write.op);
    return new Promise((resolve, reject) => {
      this.#writes.push(new WriteEntry(this.#host.core, write, { laneKey, deadlineAt, signal }, resolve, reject));
    });
  }

  #getGathered(
    request: GetRequest,
    deadlineAt: number,
    signal: AbortSignal | undefined,
    alone: () => Promise<GetResult>,
  ): Promise<GetResult> {
    this.#host.admit('get', deadlineAt, signal);
    const laneKey = this.#laneOf(request.index, request.routing ?? request.id);
    const bytes = request.id.length + 64;
    if (!this.#gets.hasRoom(laneKey, bytes)) throw this.#host.shed('get');
    return new Promise((resolve, reject) => {
      const about = { operation: 'get', laneKey, bytes, deadlineAt, signal, alone };
      this.#gets.push(new ReadEntry(this.#host.core, request, about, resolve, reject));
    });
  }

  async #getAlone<T>(
    request: GetRequest,
    deadlineAt: number,
    options: OperationOptions,
    exact = this.#host.core.options.exactIntegers,
  ): Promise<GetResult<T>> {
    const answer = await this.#host.call({
      operation: 'get',
      request: getRequest(request),
      safety: 'read',
      deadlineAt,
      signal: options.signal,
      gated: true,
      hedgeAfter: options.hedge === false || this.#host.settings.hedging === null ? undefined : this.#getLatency,
      steerable: request.preference === undefined,
    });
    const { status, body, attempts } = answer;
    if (status >= 300 && status !== 404) throw toRefusal('get', status, errorIn(body));
    const result = toGetResult<T>(request, readJson(body, exact), attempts);
    if (result) return result;
    throw status === 404 ? toRefusal('get', status, errorIn(body)) : toUnreadable('get', status, 'none');
  }

  async #alone(
    write: Write,
    refresh: Refresh | undefined,
    deadlineAt: number,
    signal: AbortSignal | undefined,
  ): Promise<WriteResult> {
    const remainingMs = Math.max(1, deadlineAt - this.#host.core.time.now());
    const request = toRequest(write, refresh, remainingMs);
    const { op, safety } = write;
    const answer = await this.#host.call({ operation: op, request, safety, deadlineAt, signal, gated: true });
    const newer = answer.status === 409 && refenced(write, errorIn(answer.body), this.#host.core.fences);
    if (newer)
      return this.#alone(newer, refresh, deadlineAt, signal).catch((error: unknown) => {
        throw error instanceof ClientError ? withOutcome(error, answer.maybeApplied) : error;
      });
    return this.#read(write, answer, { deadlineAt, signal });
  }

  async #read(write: Write, { status, body, attempts, maybeApplied }: CallAnswer, until: Until): Promise<WriteResult> {
    // A deletion that found nothing is answered with 404.
    if (status === 200 || status === 201 || (write.op === 'delete' && status === 404)) {
      const result = acknowledged(write, readJson(body, false), attempts);
      if (result) return result;
    }
    if (status < 300) throw toUnreadable(write.op, status, 'unknown');
    if (status === 409 && maybeApplied) {
      const own = await this.ownDoing(write, attempts, until);
      if (own) return own;
    }
    throw toRefusal(write.op, status, errorIn(body), { outcome: maybeApplied ? 'unknown' : 'none' });
  }

  /**
   * A repeated write met a conflict, and an earlier attempt of it may have been applied: reads the document back. The same
   * content there, to the last digit, means that the conflict was with ourselves. Undefined when that cannot be shown.
   */
  async ownDoing(write: Write, attempts: number, until: Until): Promise<WriteResult | undefined> {
    // A pipeline changes content, and an update sends only a part: neither can be recognised.
    if (write.body === null || write.op === 'update' || write.pipeline !== undefined) return undefined;
    const routing = write.routing === undefined ? {} : { routing: write.routing };
    const caller = until.signal ? { signal: until.signal } : {};
    const found = await this.#getAlone(
      { index: write.index, id: write.id, ...routing },
      until.deadlineAt,
      caller,
      true,
    ).catch((error: unknown) => {
      if (error instanceof ClientError) return undefined;
      throw error;
    });
    if (!found?.found || !isDeepStrictEqual(found.source, parseExact(write.body))) return undefined;
    if (write.op === 'create' && found.version !== 1) return undefined;
    if (write.ifSeqNo !== undefined && found.seqNo <= write.ifSeqNo) return undefined;
    // It is there, but the engine has not said that every copy has it: the same content once more, on this very version, is
    // acknowledged only when they all have.
    const { seqNo: ifSeqNo, primaryTerm: ifPrimaryTerm } = found;
    const again: Write = { ...write, op: 'index', ifSeqNo, ifPrimaryTerm, fence: undefined };
    const confirmed = await this.#alone(again, undefined, until.deadlineAt, until.signal).catch(() => undefined);
    if (!confirmed) return undefined;
    const result = found.version === 1 ? 'created' : 'updated';
    return { ...confirmed, result, attempts: attempts + found.attempts + confirmed.attempts };
  }
}
