// What one case says of a profile: who was ejected, after how long, and whether that was false.
import type { FailoverProfile } from '../../packages/understudy/src/engines/index.ts';
import { toleratedPauseS, type Case } from './cases.ts';
import type { LogFindings } from './ejections.ts';
import type { HeapFigures } from './heap.ts';
import type { Verdict } from '../../packages/understudy/src/proof/index.ts';

export interface PriceRun {
  readonly profile: FailoverProfile;
  readonly case: string;
  readonly about: string;
  readonly victim: Case['victim'];
  readonly pauseS: number | null;
  readonly runId: string;
  readonly result: Verdict['result'];
  readonly reasons: readonly string[];
  readonly target: string;
  /** From the log: nodes put out of the cluster, milliseconds after the fault began. */
  readonly ejections: readonly { readonly node: string; readonly reason: string; readonly afterMs: number }[];
  /** From the log: masters elected after the fault began. */
  readonly elections: readonly { readonly master: string; readonly afterMs: number }[];
  /** From the samples, taken at least twice a second from every machine. */
  readonly leastNodesSeen: number | null;
  readonly writeGapMs: number;
  readonly failed: number;
  readonly requests: number;
  readonly lost: number;
  readonly heap: HeapFigures | null;
  /** Machines whose engine ended during the run, as one that is out of memory does. Its ejection was no mistake. */
  readonly ended: readonly string[];
}

/** Moments after the fault began, of a log's findings; what was before is not the fault's. */
export function sinceFault(
  { ejections, elections }: LogFindings,
  effectiveMs: number,
): Pick<PriceRun, 'ejections' | 'elections'> {
  return {
    ejections: ejections
      .filter(({ atMs }) => atMs >= effectiveMs)
      .map(({ node, reason, atMs }) => ({ node, reason, afterMs: atMs - effectiveMs })),
    elections: elections
      .filter(({ atMs }) => atMs >= effectiveMs)
      .map(({ master, atMs }) => ({ master, afterMs: atMs - effectiveMs })),
  };
}

/** A node was ejected, or the master was replaced. */
export function isFailover({ ejections, elections }: Pick<PriceRun, 'ejections' | 'elections'>): boolean {
  return ejections.length > 0 || elections.length > 0;
}

/** The failover of a node that answered again within two seconds, or that was merely slow. */
export function isFalseFailover(run: Pick<PriceRun, 'ejections' | 'elections' | 'pauseS'>): boolean {
  return isFailover(run) && (run.pauseS === null || run.pauseS <= toleratedPauseS);
}

/** It proves something: the drill was valid, and no engine ended, because an engine that ended was neither slow nor paused. */
export function isMeasure({ result, ended }: Pick<PriceRun, 'result' | 'ended'>): boolean {
  return ended.length === 0 && (result === 'PASS' || result === 'FAIL');
}

/** Why a run does not count. */
export function whyNotCounted({ result, reasons, ended }: Pick<PriceRun, 'result' | 'reasons' | 'ended'>): string {
  return ended.length > 0 ? `the engine of ${ended.join(', ')} ended` : `${result}: ${reasons.join('; ')}`;
}

export interface MeasuredLimit {
  readonly profile: FailoverProfile;
  readonly victim: Case['victim'];
  /** The longest pause without an ejection in any run; null when even the shortest led to one. */
  readonly longestSurvivedS: number | null;
  /** The shortest pause with an ejection in some run; null when there was none. */
  readonly shortestEjectedS: number | null;
}

/** Of the pauses that were measured, for each profile and victim. */
export function measuredLimits(runs: readonly PriceRun[]): MeasuredLimit[] {
  const pauses = runs.filter((run) => isMeasure(run) && run.pauseS !== null);
  const groups = Map.groupBy(pauses, ({ profile, victim }) => `${profile} ${victim}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const ejected = group.filter(isFailover).map(({ pauseS }) => pauseS ?? 0);
    const shortestEjectedS = ejected.length === 0 ? null : Math.min(...ejected);
    const survived = group.map(({ pauseS }) => pauseS ?? 0).filter((pauseS) => pauseS < (shortestEjectedS ?? Infinity));
    return [
      {
        profile: first.profile,
        victim: first.victim,
        longestSurvivedS: survived.length === 0 ? null : Math.max(...survived),
        shortestEjectedS,
      },
    ];
  });
}
