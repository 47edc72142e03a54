// What this project's client is to reach, each goal judged by the worst run of its own drill.
import type { Figures } from './analysis.ts';
import type { RunResult } from './results.ts';

interface Goal {
  readonly drill: string;
  readonly what: string;
  readonly limit: number;
  readonly unit: '' | 's' | '%' | 'x';
  measure(figures: Figures): number | null;
}

export interface GoalResult {
  readonly drill: string;
  readonly what: string;
  readonly limit: string;
  /** Worst of all rounds that count; undefined when there is none. */
  readonly measured: string | undefined;
  readonly met: boolean | undefined;
  /** How far from the limit, as a share of it; for limits above zero. */
  readonly by: string;
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

function goalsOf(drills: readonly string[], goal: Omit<Goal, 'drill'>): Goal[] {
  return drills.map((drill) => ({ ...goal, drill }));
}

const nodeLosses = ['search-kill-master', 'search-kill-data', 'search-power-cut', 'search-pause'];
const withReturn = [...nodeLosses, 'search-rolling-restart'];

const goals: readonly Goal[] = [
  ...goalsOf(withReturn, { what: 'failed requests', limit: 0, unit: '', measure: ({ failed }) => failed }),
  ...goalsOf(withReturn, { what: 'acknowledged writes lost', limit: 0, unit: '', measure: ({ lost }) => lost }),
  ...goalsOf(['search-kill-master', 'search-kill-data'], {
    what: 'longest write gap',
    limit: 1,
    unit: 's',
    measure: ({ writeGapMs }) => seconds(writeGapMs),
  }),
  ...goalsOf(['search-pause'], {
    what: 'longest write gap',
    limit: 6,
    unit: 's',
    measure: ({ writeGapMs }) => seconds(writeGapMs),
  }),
  ...goalsOf(nodeLosses, {
    what: 'p99 of reads of healthy shards',
    limit: 1,
    unit: 's',
    measure: ({ healthyReadP99Ms }) => seconds(healthyReadP99Ms),
  }),
  ...goalsOf(withReturn, {
    what: 'a node that is back carries traffic after',
    limit: 2,
    unit: 's',
    measure: ({ backInTrafficMs }) => seconds(backInTrafficMs),
  }),
  ...goalsOf(['search-power-loss-all'], {
    what: 'engine requests for each request of a user, while all are out',
    limit: 1.1,
    unit: '',
    measure: ({ engineRequests }) => engineRequests,
  }),
  ...goalsOf(['slow-node'], {
    what: 'load that hedging adds to reads',
    limit: 5,
    unit: '%',
    measure: ({ hedgedShare }) => hedgedShare * 100,
  }),
  ...goalsOf(['slow-node'], {
    what: 'p99 of reads against the healthy one',
    limit: 2,
    unit: 'x',
    measure: ({ readP99Ms, steadyReadP99Ms }) => readP99Ms / steadyReadP99Ms,
  }),
];

/** Judges this project's client; other clients have no goals. */
export function checkGoals(results: readonly RunResult[]): readonly GoalResult[] {
  return goals.map((goal) => {
    const measured = results
      .filter(({ drill, client, figures }) => drill === goal.drill && client === 'ours' && figures.invalid === null)
      .flatMap(({ figures }) => goal.measure(figures) ?? []);
    const worst = measured.length === 0 ? undefined : Math.max(...measured);
    const withUnit = (value: number): string => `${round(value)}${goal.unit === '' ? '' : ` ${goal.unit}`}`;
    return {
      drill: goal.drill,
      what: goal.what,
      limit: withUnit(goal.limit),
      measured: worst === undefined ? undefined : withUnit(worst),
      met: worst === undefined ? undefined : worst <= goal.limit,
      by: worst === undefined ? '' : distance(worst, goal.limit),
    };
  });
}

function distance(measured: number, limit: number): string {
  if (limit === 0) return measured === 0 ? '' : `by ${measured}`;
  const share = Math.abs(measured - limit) / limit;
  return `by ${Number.isFinite(share) ? Math.round(share * 100) : '∞'} %`;
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
