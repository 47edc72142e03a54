// Measures one operation: the drills' load, history and checker around an apply.
import { join } from 'node:path';
import type { Session } from '../../packages/understudy/src/operation/index.ts';
import { runDrill, type Drill, type RunOptions } from '../../packages/understudy/src/drills/index.ts';
import { type Reason, type Verdict, goals } from '../../packages/understudy/src/proof/index.ts';
import type { FailoverProfile } from '../../packages/understudy/src/engines/index.ts';
import { operationFault, type Disturbance } from './operation-fault.ts';
import { changingSystem } from './changing-system.ts';
import { leftBehind, traces } from './traces.ts';

export interface OperationRun {
  readonly operation: string;
  readonly failover: FailoverProfile;
  readonly trouble: Disturbance;
  readonly victim: string | null;
  readonly seed: number;
  readonly writesPerS: number;
  readonly runId: string;
  /** The checker's, and FAIL when apply did not succeed or left something behind. */
  readonly result: Verdict['result'];
  readonly reasons: readonly Reason[];
  readonly applies: number;
  readonly killed: number;
  /** From the start of the first apply to the end of the last. */
  readonly durationMs: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly unexpected: number;
  readonly duplicate: number;
  readonly stale: number;
  readonly staleReads: number;
  readonly failed: number;
  readonly requests: number;
  /** The longest stretch without a success in the worst lane. */
  readonly writeGapMs: number;
  readonly readGapMs: number;
  readonly leftovers: readonly string[];
}

export interface OperationRequest {
  readonly operation: string;
  readonly failover: FailoverProfile;
  readonly trouble: Disturbance;
  readonly seed: number;
  readonly writesPerS: number;
  /** The system as it is, and the same with the file as it was changed; the file at `topologyPath` is the changed one. */
  readonly before: Session;
  readonly after: Session;
  readonly topologyPath: string;
  readonly runsDirectory: string;
  readonly signal: AbortSignal;
  readonly options?: Pick<RunOptions, 'durations' | 'steady'>;
}

/** Errors: those of `runDrill` before anything is touched. */
export async function runOperation(request: OperationRequest): Promise<OperationRun> {
  const { before: session, after, topologyPath, trouble, seed, writesPerS, signal } = request;
  const before = await traces(session);
  const live = await changingSystem(session, after, topologyPath);
  const world = Object.defineProperty(live.world, 'runsDirectory', { value: request.runsDirectory });
  const logPath = join(request.runsDirectory, `${request.operation}-${seed}.apply.log`);
  const { fault, outcome } = operationFault({
    ...{ session, topologyPath, logPath, before, trouble },
    done: () => live.switchTo(after),
  });
  const drill: Drill = {
    name: request.operation,
    group: 'search',
    summary: 'an operation of the tool itself',
    fault,
    goals: goals({ maxErrorRatio: trouble.powerCut ? null : 0 }),
    durations: { steadyMs: 8_000, faultMs: 3_000, recoveryMs: 180_000 },
    errorBudget: null,
  };
  const { verdict } = await runDrill(world, drill, {
    // A busy machine sends requests late; latency is still measured from the time when they were due.
    steady: { maxLagMs: 2_000, maxGapMs: 2_000 },
    ...request.options,
    ratePerS: { index: writesPerS, get: writesPerS, search: writesPerS / 2 },
    seed,
    signal,
  });
  signal.throwIfAborted();
  const end = outcome();
  // An operation that was never started leaves the system as it was, which is not what the changed file asks for.
  const leftovers =
    (end?.applies ?? []).length === 0
      ? []
      : await leftBehind(after, before).catch((error: unknown) => [`could not be read: ${String(error)}`]);
  return reported(request, verdict, end, leftovers);
}

function reported(
  { operation, failover, trouble, seed, writesPerS }: OperationRequest,
  verdict: Verdict,
  outcome: ReturnType<ReturnType<typeof operationFault>['outcome']>,
  leftovers: readonly string[],
): OperationRun {
  const applies = outcome?.applies ?? [];
  const own: Reason[] = [
    ...(outcome?.converged === true
      ? []
      : [{ code: 'not-converged', text: `apply did not succeed in ${applies.length} attempts` }]),
    ...leftovers.map((leftover) => ({ code: 'left-behind', text: leftover })),
  ];
  const { lost, unexpected, duplicate, stale } = verdict.documents.counts;
  const worst = (writes: boolean): number =>
    Math.max(
      0,
      ...verdict.lanes
        .filter((lane) => (lane.operation === 'index') === writes)
        .map(({ longestGap }) => longestGap.lengthMs),
    );
  return {
    ...{ operation, failover, trouble, seed, writesPerS, runId: verdict.runId },
    victim: outcome?.victim ?? null,
    result: verdict.result === 'PASS' && own.length > 0 ? 'FAIL' : verdict.result,
    reasons: [...verdict.reasons, ...own],
    applies: applies.length,
    killed: applies.filter(({ killed }) => killed).length,
    durationMs: outcome?.durationMs ?? 0,
    acknowledged: verdict.requests.writesAcknowledged,
    ...{ lost, unexpected, duplicate, stale, staleReads: verdict.documents.staleReads },
    failed: verdict.requests.failed,
    requests: verdict.requests.total,
    writeGapMs: worst(true),
    readGapMs: worst(false),
    leftovers,
  };
}
