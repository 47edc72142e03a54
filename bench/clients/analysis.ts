// From what happened to figures: pure, so that a saved run can be judged again.
import type { FaultTimes } from './drills.ts';
import type { Lane, OperationRecord, UsersReport } from './records.ts';

export interface RunFacts {
  readonly lanes: readonly Lane[];
  readonly marks: FaultTimes;
  /** Shards without a copy on an affected node. */
  readonly healthyShards: readonly number[];
  readonly report: UsersReport;
  /** Whether the records of requests are of those to the engines. An application sends them itself, and they are not seen. */
  readonly seesEngines: boolean;
  /** Acknowledged writes that are not there afterwards. */
  readonly lost: number;
}

export interface Figures {
  /** Users' requests due from the fault on. */
  readonly requests: number;
  readonly failed: number;
  /** Searches that were answered without all shards. */
  readonly incomplete: number;
  readonly lost: number;
  /** Longest stretch without a success in any lane of its kind, ms. */
  readonly writeGapMs: number;
  readonly readGapMs: number;
  /** The same and the p99 for reads that touch a healthy shard alone; null when every shard was affected. */
  readonly healthyReadGapMs: number | null;
  readonly healthyReadP99Ms: number | null;
  readonly readP99Ms: number;
  /** Reads before the fault. */
  readonly steadyReadP99Ms: number;
  /** Requests to engines, the client's own questions included, for each request of a user, while the fault lasted. Null when they are not seen. */
  readonly engineRequests: number | null;
  /** Reads sent twice, as a share of all reads while the fault lasted. */
  readonly hedgedShare: number;
  /** From a node's return to its first answer to a user; the slowest node. Null when none was away or answers are not seen, Infinity for never. */
  readonly backInTrafficMs: number | null;
  readonly errors: Readonly<Record<string, number>>;
  /** Most that the generator was behind its schedule, ms. */
  readonly lagMs: number;
  /** Why this run does not count: the generator stalled, or it was not steady before the fault. Null for a run that counts. */
  readonly invalid: string | null;
}

/** A generator further behind, or a lane without a success for longer before the fault, makes a run invalid. */
const maxLagMs = 250;
const maxSteadyGapMs = 1000;
const steadyMs = 4000;

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}

/** Longest stretch between `fromMs` and `toMs` without a success; a success that began it may lie before. */
export function longestGapMs(successesMs: readonly number[], fromMs: number, toMs: number): number {
  let last = Math.max(-Infinity, ...successesMs.filter((at) => at <= fromMs));
  if (last === -Infinity) last = fromMs;
  let longest = 0;
  for (const at of successesMs.filter((one) => one > fromMs && one <= toMs).sort((a, b) => a - b)) {
    longest = Math.max(longest, at - last);
    last = at;
  }
  return Math.max(longest, toMs - last);
}

const succeeded = ({ error, incomplete }: OperationRecord): boolean => error === undefined && incomplete !== true;

export function figuresOf({ lanes, marks, healthyShards, report, seesEngines, lost }: RunFacts): Figures {
  const { operations, stoppedMs } = report;
  const { faultMs, undoneMs } = marks;
  const laneOf = ({ lane }: OperationRecord): Lane => lanes[lane] as Lane;
  const isRead = (one: OperationRecord): boolean => laneOf(one).kind !== 'write';
  const isHealthy = (one: OperationRecord): boolean => isRead(one) && healthyShards.includes(laneOf(one).shard ?? -1);
  const observed = operations.filter(({ dueMs, endMs }) => dueMs >= faultMs || (endMs ?? Infinity) >= faultMs);
  const took = (some: readonly OperationRecord[]): number[] =>
    some.map(({ dueMs, endMs }) => (endMs ?? Infinity) - dueMs);
  const gap = (which: (lane: Lane) => boolean, fromMs = faultMs, toMs = stoppedMs): number | null => {
    const gaps = lanes.flatMap((lane, at) => {
      if (!which(lane)) return [];
      const successes = operations.filter((one) => one.lane === at && succeeded(one)).map(({ endMs }) => endMs ?? 0);
      return [longestGapMs(successes, fromMs, toMs)];
    });
    return gaps.length === 0 ? null : Math.max(...gaps);
  };
  const steadyFromMs = Math.max(faultMs - steadyMs, Math.min(...operations.map(({ dueMs }) => dueMs)));
  const during = (atMs: number): boolean => atMs >= faultMs && atMs <= undoneMs;
  const readsDuring = operations.filter((one) => isRead(one) && during(one.dueMs)).length;
  const healthy = observed.filter(isHealthy);
  const errors: Record<string, number> = {};
  for (const { error } of observed) if (error !== undefined) errors[error] = (errors[error] ?? 0) + 1;
  return {
    requests: observed.length,
    failed: observed.filter(({ error }) => error !== undefined).length,
    incomplete: observed.filter(({ incomplete }) => incomplete).length,
    lost,
    writeGapMs: gap(({ kind }) => kind === 'write') ?? 0,
    readGapMs: gap(({ kind }) => kind !== 'write') ?? 0,
    healthyReadGapMs: gap(({ kind, shard }) => kind !== 'write' && healthyShards.includes(shard ?? -1)),
    healthyReadP99Ms: healthy.length === 0 ? null : quantile(took(healthy), 0.99),
    readP99Ms: quantile(took(observed.filter(isRead)), 0.99),
    steadyReadP99Ms: quantile(took(operations.filter((one) => isRead(one) && (one.endMs ?? Infinity) < faultMs)), 0.99),
    engineRequests: seesEngines
      ? report.sent.filter(({ atMs }) => during(atMs)).length /
        Math.max(1, operations.filter(({ dueMs }) => during(dueMs)).length)
      : null,
    hedgedShare: hedgesBetween(report, faultMs, undoneMs) / Math.max(1, readsDuring),
    backInTrafficMs: seesEngines ? backInTraffic(marks, report) : null,
    errors,
    lagMs: report.lagMs,
    invalid: invalidity(report.lagMs, gap(() => true, steadyFromMs, faultMs) ?? 0),
  };
}

function invalidity(lagMs: number, steadyGapMs: number): string | null {
  if (lagMs > maxLagMs)
    return `the generator was ${Math.round(lagMs)} ms behind its schedule, more than ${maxLagMs} ms`;
  if (steadyGapMs <= maxSteadyGapMs) return null;
  return `a lane had no success for ${Math.round(steadyGapMs)} ms before the fault, more than ${maxSteadyGapMs} ms`;
}

function hedgesBetween({ hedges }: UsersReport, fromMs: number, toMs: number): number {
  const at = (ms: number): number => hedges.findLast(({ atMs }) => atMs <= ms)?.count ?? 0;
  return at(toMs) - at(fromMs);
}

function backInTraffic({ returned }: FaultTimes, { answered }: UsersReport): number | null {
  if (returned.length === 0) return null;
  const waits = returned.map(({ node, atMs }) => {
    const first = answered.find((answer) => answer.node === node && answer.atMs >= atMs);
    return first === undefined ? Infinity : first.atMs - atMs;
  });
  return Math.max(...waits);
}
