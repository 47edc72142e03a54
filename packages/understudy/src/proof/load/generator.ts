// The open-loop generator: schedules a little ahead, makes each planned write durable, sends when due, records the outcome.
// It never waits for an answer before the next request.
import type { Clock } from '@understudy/foundation';
import type { AppendFile } from '../history/append-file.ts';
import type { SteadyState } from '../goals.ts';
import type { PlannedWrite, Outcome, WorkloadPlan } from '../history/records.ts';
import { PauseWatch } from '../pause-watch.ts';
import type { Answer } from './answer.ts';
import { wordsOf, type CorpusEntry } from './corpus.ts';
import { Documents, type Write } from './documents.ts';
import { LiveState, type LiveStats } from './live-state.ts';
import type { WorkloadEnd } from './messages.ts';
import { protocolOf, type Asked, type Protocol } from './protocol.ts';
import { seededRandom } from './random.ts';
import { dueMs, lanesOf, type Lane } from './schedule.ts';
import type { Wire, WireRequest } from './wire.ts';

/** How far ahead planned writes are made durable, and how often that is done. An fsync slower than the first shows as lag. */
const aheadMs = 1_000;
const planEveryMs = 100;
const tickEveryMs = 2;

interface Pending {
  readonly seq: number;
  readonly lane: Lane;
  readonly dueMs: number;
  readonly request: WireRequest;
  readonly write?: Write;
  readonly id?: string;
}

export interface GeneratorOptions {
  readonly plan: WorkloadPlan;
  readonly steady: SteadyState;
  readonly corpus: readonly CorpusEntry[];
  readonly clock: Clock;
  readonly wire: Wire;
  readonly plannedWrites: Pick<AppendFile, 'append'>;
  readonly outcomes: Pick<AppendFile, 'append'>;
}

export class Generator {
  readonly #options: GeneratorOptions;
  readonly #lanes: readonly Lane[];
  readonly #documents: Documents;
  readonly #protocol: Protocol;
  readonly #random: () => number;
  readonly #live: LiveState;
  readonly #startMs: number;
  readonly #pauses: PauseWatch;
  readonly #counts = new Map<Lane, number>();
  readonly #inFlight = new Set<Promise<void>>();
  #due: Pending[] = [];
  #seq = 0;
  #stoppedMs: number | null = null;
  #planning: Promise<void> = Promise.resolve();

  constructor(options: GeneratorOptions) {
    this.#options = options;
    this.#lanes = lanesOf(options.plan);
    this.#protocol = protocolOf(options.plan);
    this.#random = seededRandom(options.plan.seed);
    this.#documents = new Documents({ ...options.plan, corpus: options.corpus, random: this.#random });
    this.#startMs = options.clock.now() + aheadMs;
    this.#pauses = new PauseWatch(this.#startMs);
    this.#live = new LiveState(
      this.#lanes.map((lane) => lane.name),
      options.steady,
      this.#startMs,
    );
  }

  /** Runs until `stop`. Resolves when everything sent has ended and is written down. */
  async run(): Promise<Omit<WorkloadEnd, 'endedMs'>> {
    const { clock } = this.#options;
    let planAtMs = 0;
    while (this.#stoppedMs === null) {
      const nowMs = clock.now();
      this.#pauses.tick(nowMs);
      if (nowMs >= planAtMs) {
        planAtMs = nowMs + planEveryMs;
        this.#planning = this.#plan(nowMs + aheadMs);
      }
      this.#sendDue(nowMs);
      await clock.sleep(tickEveryMs);
    }
    const stoppedMs = this.#stoppedMs;
    const settled = this.#settle(stoppedMs).then(() => true);
    // A pause while the last answers come in would lengthen their latencies.
    while (!(await Promise.race([settled, clock.sleep(tickEveryMs)]))) this.#pauses.tick(clock.now());
    return { firstDueMs: this.#startMs, stoppedMs, longestPauseMs: this.#pauses.longestMs };
  }

  stop(): void {
    this.#stoppedMs ??= this.#options.clock.now();
  }

  stats(): LiveStats {
    return this.#live.stats(this.#options.clock.now());
  }

  /** Everything due before `untilMs` that is not scheduled yet: planned writes to disk first, then the queue. */
  async #plan(untilMs: number): Promise<void> {
    const scheduled = this.#scheduled(untilMs);
    this.#enqueue(scheduled.filter((pending) => pending.write === undefined));
    const writes = scheduled.filter(isWrite);
    if (writes.length === 0) return;
    await this.#options.plannedWrites.append(...writes.map((write) => plannedWriteOf(write, this.#protocol)));
    this.#enqueue(writes);
  }

  /** The requests due before `untilMs` that were not handed out yet. */
  #scheduled(untilMs: number): Pending[] {
    const scheduled: Pending[] = [];
    for (const lane of this.#lanes) {
      let count = this.#counts.get(lane) ?? 0;
      for (let due = dueMs(lane, this.#startMs, count); due < untilMs; due = dueMs(lane, this.#startMs, count)) {
        const pending = this.#request(lane, due);
        if (pending) scheduled.push(pending);
        count += 1;
      }
      this.#counts.set(lane, count);
    }
    return scheduled;
  }

  #enqueue(pending: readonly Pending[]): void {
    this.#due.push(...pending);
    this.#due.sort((a, b) => a.dueMs - b.dueMs);
  }

  #request(lane: Lane, due: number): Pending | null {
    const deadlineMs = this.#options.plan.deadlineMs[lane.operation];
    const pending = ({ path, ...asked }: Asked, more: Pick<Pending, 'write' | 'id'> = {}): Pending => {
      const request = { ...asked, url: `${lane.url}${path}`, deadlineMs };
      return { lane, dueMs: due, seq: this.#nextSeq(), request, ...more };
    };
    if (lane.operation === 'index') {
      const write = this.#documents.nextWrite(lane.shard);
      return pending(this.#protocol.write(write.id, write.document), { write, id: write.id });
    }
    if (lane.operation === 'search') return pending(this.#protocol.search(this.#documents.searchWord(wordsOf)));
    const id = this.#documents.acknowledgedId(lane.shard);
    // Nothing of this shard was acknowledged yet: only at the very start, before steady state.
    return id === undefined ? null : pending(this.#protocol.get(id), { id });
  }

  #nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #sendDue(nowMs: number): void {
    let sent = 0;
    for (const pending of this.#due) {
      if (pending.dueMs > nowMs) break;
      sent += 1;
      const ended = this.#send(pending).finally(() => this.#inFlight.delete(ended));
      this.#inFlight.add(ended);
    }
    if (sent > 0) this.#due = this.#due.slice(sent);
  }

  async #send(pending: Pending): Promise<void> {
    const sentMs = this.#options.clock.now();
    const answer = await this.#options.wire.send(pending.request);
    const outcome = outcomeOf(this.#protocol, pending, answer, { sentMs, endMs: this.#options.clock.now() });
    const acknowledged = outcome.outcome === 'acknowledged';
    if (pending.write) this.#documents.settle(pending.write, pending.lane.shard, acknowledged);
    this.#live.record(outcome);
    await this.#options.outcomes.append(outcome);
  }

  async #settle(stoppedMs: number): Promise<void> {
    await this.#planning;
    await this.#abandon(stoppedMs);
    await Promise.all(this.#inFlight);
  }

  /**
   * What was due before the stop and was not sent is behind its schedule by the time up to the stop, also when it was not even
   * planned. Writes due after the stop are only listed, because they are already on the disk as planned.
   */
  async #abandon(stoppedMs: number): Promise<void> {
    const unsent = [...this.#due, ...this.#scheduled(stoppedMs)];
    this.#due = [];
    const records = unsent
      .filter((pending) => pending.dueMs < stoppedMs || isWrite(pending))
      .map((pending) => {
        const givenUpMs = Math.max(pending.dueMs, stoppedMs);
        return {
          ...outcomeBase(pending),
          outcome: 'unsent',
          sentMs: givenUpMs,
          endMs: givenUpMs,
          status: 0,
        } satisfies Outcome;
      });
    if (records.length > 0) await this.#options.outcomes.append(...records);
  }
}

function isWrite(pending: Pending): pending is Pending & { readonly write: Write } {
  return pending.write !== undefined;
}

function plannedWriteOf(pending: Pending & { readonly write: Write }, protocol: Protocol): PlannedWrite {
  const { seq, lane, write } = pending;
  const digest = protocol.digestOfSent(write.document);
  return { seq, lane: lane.name, id: write.id, revision: write.revision, digest, dueMs: pending.dueMs };
}

function outcomeBase({ seq, lane, dueMs: due, write, id }: Pending) {
  return {
    seq,
    operation: lane.operation,
    lane: lane.name,
    dueMs: due,
    ...(id === undefined ? {} : { id }),
    ...(write === undefined ? {} : { revision: write.revision }),
  };
}

function outcomeOf(
  protocol: Protocol,
  pending: Pending,
  answer: Answer,
  times: Pick<Outcome, 'sentMs' | 'endMs'>,
): Outcome {
  const { outcome, error } = protocol.meaningOf(pending.lane.operation, answer);
  const read = pending.lane.operation === 'get' && outcome === 'answered' && 'body' in answer;
  return {
    ...outcomeBase(pending),
    outcome,
    ...times,
    status: answer.status,
    ...(error === undefined ? {} : { error }),
    ...(read ? { digest: protocol.digestOfAnswer(answer.status, answer.body) } : {}),
  };
}
