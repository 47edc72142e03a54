// What a run says of a stack: the worst write lane's outage, and whether the fault lasted long enough to see its end.
import { readJournal, type LaneResult, type Verdict } from '../../packages/understudy/src/proof/index.ts';
import type { RunResult } from '../../packages/understudy/src/drills/index.ts';
import type { StackName } from './stacks.ts';

export interface OutageRun {
  readonly stack: StackName;
  readonly drill: string;
  /** The load: writes a second over all lanes. */
  readonly writesPerS: number;
  readonly runId: string;
  readonly result: Verdict['result'];
  readonly reasons: readonly string[];
  readonly target: string;
  /** The longest stretch without one successful write, in the worst of the write lanes. */
  readonly writeGapMs: number;
  readonly writeLane: string;
  /** False: the outage ended only after the fault was undone, so it would have lasted longer. */
  readonly endedBeforeUndo: boolean;
  readonly failed: number;
  readonly requests: number;
  /** Null: steady state was not reached again within the run. */
  readonly rtoMs: number | null;
  readonly acknowledged: number;
  readonly lost: number;
  readonly unexpected: number;
  readonly duplicate: number;
}

export async function outageOf(
  about: Pick<OutageRun, 'stack' | 'drill' | 'writesPerS'>,
  { verdict, directory }: RunResult,
): Promise<OutageRun> {
  const undoMs = (await readJournal(directory)).find(({ event }) => event === 'undo-begun')?.atMs ?? 0;
  const worst = worstWriteLane(verdict.lanes);
  const { lost, unexpected, duplicate } = verdict.documents.counts;
  return {
    ...about,
    runId: verdict.runId,
    result: verdict.result,
    reasons: verdict.reasons.map(({ text }) => text),
    target: verdict.targets.join(', '),
    writeGapMs: worst?.longestGap.lengthMs ?? 0,
    writeLane: worst?.lane ?? 'none',
    endedBeforeUndo: worst !== undefined && worst.longestGap.toMs <= undoMs,
    failed: verdict.requests.failed,
    requests: verdict.requests.total,
    rtoMs: verdict.rtoMs,
    acknowledged: verdict.requests.writesAcknowledged,
    lost,
    unexpected,
    duplicate,
  };
}

function worstWriteLane(lanes: readonly LaneResult[]): LaneResult | undefined {
  return lanes
    .filter((lane) => lane.operation === 'index')
    .sort((a, b) => b.longestGap.lengthMs - a.longestGap.lengthMs)[0];
}

/** A run that proves something; its goals are not judged here. */
export function isMeasure({ result }: OutageRun): boolean {
  return result === 'PASS' || result === 'FAIL';
}

export interface Summary {
  readonly stack: StackName;
  readonly drill: string;
  readonly writesPerS: number;
  readonly runs: number;
  readonly worstGapMs: number;
  readonly medianGapMs: number;
  /** Some outage ended only by the undo: the gaps are lower bounds. */
  readonly atLeast: boolean;
  readonly failed: number;
  readonly requests: number;
  readonly worstRtoMs: number | null;
  readonly medianRtoMs: number | null;
  readonly acknowledged: number;
  readonly lost: number;
  readonly unexpected: number;
  readonly duplicate: number;
}

/** One summary for each drill, stack and load, in the order in which they first come. Runs that prove nothing are left out. */
export function summarize(runs: readonly OutageRun[]): Summary[] {
  const groups = Map.groupBy(
    runs.filter(isMeasure),
    ({ drill, stack, writesPerS }) => `${drill} ${stack} ${writesPerS}`,
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const gaps = group.map((run) => run.writeGapMs);
    const rtos = group.map((run) => run.rtoMs);
    const sum = (of: (run: OutageRun) => number): number => group.reduce((total, run) => total + of(run), 0);
    return [
      {
        stack: first.stack,
        drill: first.drill,
        writesPerS: first.writesPerS,
        runs: group.length,
        worstGapMs: Math.max(...gaps),
        medianGapMs: median(gaps),
        atLeast: group.some((run) => !run.endedBeforeUndo),
        failed: sum((run) => run.failed),
        requests: sum((run) => run.requests),
        worstRtoMs: rtos.includes(null) ? null : Math.max(...rtos.filter((rto) => rto !== null)),
        medianRtoMs: rtos.includes(null) ? null : median(rtos.filter((rto) => rto !== null)),
        acknowledged: sum((run) => run.acknowledged),
        lost: sum((run) => run.lost),
        unexpected: sum((run) => run.unexpected),
        duplicate: sum((run) => run.duplicate),
      },
    ];
  });
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
  return (upper + lower) / 2;
}

export interface Ratio {
  readonly of: StackName;
  readonly to: StackName;
  readonly drill: string;
  readonly medians: number;
  readonly worsts: number;
}

/** How many times longer the write outage of one stack is than that of another; undefined when no load was common to both. */
export function ratioOf(summaries: readonly Summary[], drill: string, of: StackName, to: StackName): Ratio | undefined {
  const own = summaries.filter((summary) => summary.drill === drill);
  for (const over of own.filter(({ stack }) => stack === of)) {
    const under = own.find(({ stack, writesPerS }) => stack === to && writesPerS === over.writesPerS);
    if (under === undefined) continue;
    return {
      of,
      to,
      drill,
      medians: over.medianGapMs / under.medianGapMs,
      worsts: over.worstGapMs / under.worstGapMs,
    };
  }
  return undefined;
}
