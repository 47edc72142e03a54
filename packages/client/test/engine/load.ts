// An open-loop load for failover trials: operations are due on a schedule, each lane's longest stretch without a success is
// kept, and a generator that falls behind is reported instead of hidden.
import type { Client } from '@understudy/client';
import { isClientError } from '@understudy/client';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LaneReport {
  readonly done: number;
  readonly failed: number;
  readonly unknown: number;
  /** Longest stretch without a success, milliseconds. */
  readonly longestGapMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface LoadReport {
  readonly lanes: Readonly<Record<string, LaneReport>>;
  readonly errors: Readonly<Record<string, number>>;
  /** Most milliseconds an operation started after it was due: the generator's own lag. */
  readonly lagMs: number;
  readonly acknowledged: ReadonlySet<string>;
}

interface Lane {
  lastSuccessMs: number;
  longestGapMs: number;
  failed: number;
  unknown: number;
  latencies: number[];
}

export type Operation = (client: Client, n: number) => Promise<string | undefined>;

export interface LoadSpec {
  readonly perSecond: number;
  readonly operations: Readonly<Record<string, Operation>>;
}

export class Load {
  readonly #client: Client;
  readonly #spec: LoadSpec;
  readonly #lanes = new Map<string, Lane>();
  readonly #errors = new Map<string, number>();
  readonly #acknowledged = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #stopping = false;
  #lagMs = 0;
  #loop: Promise<void> | null = null;

  constructor(client: Client, spec: LoadSpec) {
    this.#client = client;
    this.#spec = spec;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Ends the schedule, waits for what is under way, and reports. */
  async stop(): Promise<LoadReport> {
    this.#stopping = true;
    await this.#loop;
    await Promise.all(this.#running);
    const lanes = Object.fromEntries([...this.#lanes].map(([name, lane]) => [name, reportOf(lane)]));
    return {
      lanes,
      errors: Object.fromEntries(this.#errors),
      lagMs: Math.round(this.#lagMs),
      acknowledged: this.#acknowledged,
    };
  }

  async #run(): Promise<void> {
    const everyMs = 1000 / this.#spec.perSecond;
    const startedMs = performance.now();
    for (let n = 0; !this.#stopping; n++) {
      const dueMs = startedMs + n * everyMs;
      const waitMs = dueMs - performance.now();
      if (waitMs > 1) await sleep(waitMs);
      this.#lagMs = Math.max(this.#lagMs, performance.now() - dueMs);
      for (const [name, operation] of Object.entries(this.#spec.operations)) {
        const one = this.#one(name, operation, n, dueMs);
        this.#running.add(one);
        void one.finally(() => this.#running.delete(one));
      }
    }
  }

  async #one(name: string, operation: Operation, n: number, dueMs: number): Promise<void> {
    let lane = this.#lanes.get(name);
    if (!lane)
      this.#lanes.set(name, (lane = { lastSuccessMs: dueMs, longestGapMs: 0, failed: 0, unknown: 0, latencies: [] }));
    try {
      const id = await operation(this.#client, n);
      const now = performance.now();
      if (id !== undefined) this.#acknowledged.add(id);
      lane.latencies.push(now - dueMs);
      lane.longestGapMs = Math.max(lane.longestGapMs, now - lane.lastSuccessMs);
      lane.lastSuccessMs = now;
    } catch (error) {
      lane.failed++;
      const code = isClientError(error) ? `${error.code}/${error.outcome}: ${error.message}` : String(error);
      if (isClientError(error) && error.outcome === 'unknown') lane.unknown++;
      this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
    }
  }
}

function reportOf(lane: Lane): LaneReport {
  const sorted = [...lane.latencies].sort((a, b) => a - b);
  const at = (q: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0);
  return {
    done: sorted.length,
    failed: lane.failed,
    unknown: lane.unknown,
    longestGapMs: Math.round(lane.longestGapMs),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
  };
}
