// The goals of this service relative to the others, each goal as a ratio of two measurements of the same run.
import type { ContenderName } from './contenders.ts';
import type { RateRow, Row } from './rows.ts';

export interface GoalResult {
  readonly what: string;
  readonly ratio: number;
  /** `atLeast` or `atMost` this. */
  readonly bound: 'at least' | 'at most';
  readonly goal: number;
  readonly met: boolean;
}

/** Rates that Flask can sustain, as shares of its throughput without a limit of the rate. */
export const shares = [0.5, 0.8] as const;

type Key = Pick<Row, 'operation' | 'connections'>;

export function checkGoals(rows: readonly Row[], rates: readonly RateRow[]): GoalResult[] {
  const throughput = ({ operation, connections }: Key, than: ContenderName, goal: number): GoalResult => {
    const of = (service: ContenderName): number =>
      rows.find((row) => row.service === service && row.operation === operation && row.connections === connections)
        ?.perSecond ?? NaN;
    const ratio = of('understudy') / of(than);
    return {
      what: `${operation} at ${connections} connections: throughput relative to ${than}`,
      ...{ ratio, bound: 'at least', goal, met: ratio >= goal },
    };
  };
  const latency = (operation: RateRow['operation'], share: number): GoalResult => {
    const of = (service: ContenderName): number =>
      rates.find((row) => row.service === service && row.operation === operation && row.share === share)?.p99Ms ?? NaN;
    const ratio = of('understudy') / of('flask');
    return {
      what: `${operation} at ${share * 100} % of Flask's throughput: p99 relative to flask`,
      ...{ ratio, bound: 'at most', goal: 1 / 3, met: ratio <= 1 / 3 },
    };
  };
  const index64 = { operation: 'index', connections: 64 } as const;
  const index16 = { operation: 'index', connections: 16 } as const;
  const search64 = { operation: 'search', connections: 64 } as const;
  const search16 = { operation: 'search', connections: 16 } as const;
  return [
    throughput(index64, 'flask', 12),
    throughput(index64, 'bare fastify', 4),
    throughput(index16, 'flask', 4),
    throughput(search64, 'flask', 4),
    throughput(search16, 'flask', 3),
    throughput(search64, 'not gathered', 1),
    throughput(search16, 'not gathered', 1),
    ...shares.flatMap((share) => [latency('index', share), latency('search', share)]),
  ];
}
