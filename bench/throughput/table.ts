// The measurements as tables to read, with what each service is compared to Flask, and the goals.
import { markdown } from '../failover/table.ts';
import type { GoalResult } from './goals.ts';
import type { RateRow, Row } from './rows.ts';

export interface Result {
  readonly rounds: number;
  readonly seconds: number;
  readonly workers: number;
  readonly nodes: number;
  readonly documents: number;
  readonly rows: readonly Row[];
  readonly rates: readonly RateRow[];
  readonly goals: readonly GoalResult[];
}

export function table({ rounds, seconds, nodes, documents, rows, rates, goals }: Result): string {
  return [
    `Medians of ${rounds} interleaved rounds of ${seconds} s; ${nodes} engine node(s), ${documents} documents.`,
    '',
    markdown(
      'operation | connections | service | per second | relative to Flask | p50 ms | p99 ms | service CPU us | engine CPU us | failed'.split(
        ' | ',
      ),
      rows.map((row) => {
        const flask = rows.find(
          (other) =>
            other.service === 'flask' && other.operation === row.operation && other.connections === row.connections,
        );
        const ratio = flask === undefined ? '' : `${(row.perSecond / flask.perSecond).toFixed(1)}x`;
        const times = [row.p50Ms.toFixed(1), row.p99Ms.toFixed(1), row.serviceCpuUs, row.engineCpuUs];
        return [row.operation, row.connections, row.service, row.perSecond, ratio, ...times, row.failed].map(String);
      }),
    ),
    '',
    markdown(
      "operation | at a rate of | of Flask's throughput | service | p50 ms | p99 ms | failed".split(' | '),
      rates.map((row) => [
        ...[row.operation, `${row.perSecond}/s`, `${row.share * 100} %`, row.service],
        ...[row.p50Ms.toFixed(1), row.p99Ms.toFixed(1), String(row.failed)],
      ]),
    ),
    '',
    ...goals.map(
      ({ what, ratio, bound, goal, met }) =>
        `${met ? 'reached' : 'MISSED '}  ${what}: ${ratio.toFixed(2)}, ${bound} ${goal.toFixed(2)}`,
    ),
    '',
  ].join('\n');
}
