// The shapes of what a run folder holds. Everything a verdict needs is here; the checker reads nothing else.
// Times are milliseconds since the epoch on the run's own clock (run-clock.ts): one for every process, and it never goes back.
import type { Goals, SteadyState } from '../goals.ts';
import type { Routing } from '../load/routing.ts';

/** Version of the run folder's format; a checker refuses a folder of another version. */
export const formatVersion = 3;

export type Operation = 'index' | 'get' | 'search';

/** What became of a write. `unknown` may or may not have been applied and is never counted as lost. */
export type WriteOutcome = 'acknowledged' | 'rejected' | 'unknown' | 'unsent';
/** What became of a read. */
export type ReadOutcome = 'answered' | 'failed' | 'unsent';

/** Written and fsynced before the write is sent. One writer per id, and no new revision before the last was acknowledged. */
export interface PlannedWrite {
  readonly seq: number;
  readonly lane: string;
  readonly id: string;
  /** 1 for the first write of an id, then rising. */
  readonly revision: number;
  /** `digestOf` the document that is about to be sent. */
  readonly digest: string;
  readonly dueMs: number;
}

/** One request of the workload, after its end. */
export interface Outcome {
  readonly seq: number;
  readonly operation: Operation;
  readonly lane: string;
  readonly outcome: WriteOutcome | ReadOutcome;
  /** When the schedule wanted it sent: latency counts from here. */
  readonly dueMs: number;
  /** When it was sent; of an unsent one, when it was given up. `sentMs - dueMs` is the generator's own lag. */
  readonly sentMs: number;
  readonly endMs: number;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** For a failure: what was seen, in a few words. */
  readonly error?: string;
  readonly id?: string;
  /** index: the revision sent. get: not used. */
  readonly revision?: number;
  /** get: digest of the document that came back, or `absent`. */
  readonly digest?: string;
}

/** What one search machine said about the cluster at one moment. */
export interface EngineSample {
  readonly atMs: number;
  readonly machine: string;
  readonly answered: boolean;
  readonly status?: 'green' | 'yellow' | 'red';
  readonly master?: string | null;
  readonly nodes?: number;
  readonly unassignedShards?: number;
}

/** What the balancer said about its backends at one moment. */
export interface BalancerSample {
  readonly atMs: number;
  readonly answered: boolean;
  readonly nodes: readonly BalancerNodeSample[];
}

export interface BalancerNodeSample {
  readonly label: string;
  readonly status: 'UP' | 'DOWN' | 'Unknown';
  readonly mode: string;
}

/** One document as it was seen after recovery and a refresh. */
export type FinalRead =
  /** A realtime GET answered by the copy on `node`. */
  | { readonly how: 'get'; readonly node: string; readonly id: string; readonly digest: string | null }
  /** A search for the id: how many hits, and the first one's content. */
  | { readonly how: 'search'; readonly id: string; readonly hits: number; readonly digest: string | null }
  /** A document that carries this run's mark, found by searching for the mark. */
  | { readonly how: 'listing'; readonly id: string; readonly digest: string };

/** A machine's state before and after; equal when the drill left nothing behind. */
export interface MachineState {
  readonly machine: string;
  readonly facts: Readonly<Record<string, string>>;
}

/** The fact that lists a machine's failed units, separated by spaces. */
export const failedUnitsFact = 'failed units';

export interface MachineComparison {
  readonly before: readonly MachineState[];
  readonly after: readonly MachineState[];
}

export interface Durations {
  /** How long steady state must hold before the fault. */
  readonly steadyMs: number;
  /** How long the fault is held after it took effect. */
  readonly faultMs: number;
  /** Bound on the wait for steady state and full protection after the undo. */
  readonly recoveryMs: number;
}

/** What was decided before anything ran. */
export interface RunPlan {
  readonly format: number;
  readonly runId: string;
  readonly drill: string;
  readonly cluster: string;
  readonly startedMs: number;
  /** `startedMs` on the machine's monotonic clock: with it every process of the run counts time alike. */
  readonly startedMonotonicMs: number;
  readonly seed: number;
  readonly durations: Durations;
  readonly goals: Goals;
  readonly steady: SteadyState;
  readonly standsFor: string;
  readonly doesNotMeasure: readonly string[];
  readonly workload: WorkloadPlan;
  readonly surroundings: Surroundings;
}

/** Where the numbers were taken, so that a report can be judged by someone who was not there. */
export interface Surroundings {
  readonly engine: string;
  readonly failover: string;
  readonly searchMachines: number;
  readonly serviceMachines: number;
  readonly region: string;
}

export interface WorkloadPlan {
  readonly urls: readonly string[];
  readonly index: string;
  readonly shards: number;
  /** Copies of each document that the final reads must find: replicas + 1. */
  readonly copies: number;
  /** How the engine routes ids to shards, or null when it does it in an unknown way: all writes are then one lane. */
  readonly routing: Routing | null;
  /** Requests a second, over all lanes of the operation. */
  readonly ratePerS: Readonly<Record<Operation, number>>;
  readonly deadlineMs: Readonly<Record<Operation, number>>;
  /** Share of writes that rewrite an acknowledged document. */
  readonly rewriteShare: number;
  /** A word in every document of the run, by which a search finds them all. */
  readonly mark: string;
  readonly seed: number;
  /** Path of GET by id with `{id}`, or null when the service has none. Not used with an adapter. */
  readonly documentPath: string | null;
  /** How an application of one's own is used; absent: the API of the built-in service. */
  readonly adapter?: WorkloadAdapter;
  /** Operations that are not sent, each with the reason. Absent: all are, or a run of before this field. */
  readonly notSent?: readonly NotSent[];
}

export interface NotSent {
  readonly operation: Operation;
  readonly because: string;
}

/** Requests of an application, and what its answers mean. Texts hold `{id}`, `{title}`, `{content}`, `{word}`; places are JSON pointers. */
export interface WorkloadAdapter {
  readonly write?:
    | {
        readonly method: 'POST' | 'PUT' | 'PATCH';
        readonly path: string;
        readonly body: Readonly<Record<string, unknown>>;
        readonly acknowledged: readonly number[];
        readonly rejected: readonly number[];
        readonly proof?: { readonly at: string; readonly is: readonly unknown[] } | undefined;
        readonly rewrites: boolean;
      }
    | undefined;
  readonly get?:
    | {
        readonly path: string;
        readonly content: string;
        readonly answered: readonly number[];
        readonly absent: readonly number[];
      }
    | undefined;
  readonly search?:
    | {
        readonly method: 'GET' | 'POST';
        readonly path: string;
        readonly body?: Readonly<Record<string, unknown>> | undefined;
        readonly answered: readonly number[];
        readonly hits?: string | undefined;
      }
    | undefined;
  /** Where the content is in the document as the engine holds it. */
  readonly stored: { readonly content: string };
}
