import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkGoals } from '../../../../bench/throughput/goals.ts';
import type { RateRow, Row } from '../../../../bench/throughput/rows.ts';
import { table } from '../../../../bench/throughput/table.ts';

const services = ['understudy', 'not gathered', 'bare fastify', 'flask'] as const;

function row(operation: Row['operation'], connections: number, service: Row['service'], perSecond: number): Row {
  return {
    operation,
    connections,
    service,
    perSecond,
    p50Ms: 1,
    p99Ms: 2,
    serviceCpuUs: 10,
    engineCpuUs: 20,
    failed: 0,
  };
}

function rows(of: Readonly<Record<Row['service'], number>>): Row[] {
  return (['index', 'search'] as const).flatMap((operation) =>
    [16, 64].flatMap((connections) => services.map((service) => row(operation, connections, service, of[service]))),
  );
}

/** p99 at half of Flask's throughput and at four fifths. */
function rates(half: number, fourFifths: number, flask: number): RateRow[] {
  return (['index', 'search'] as const).flatMap((operation) =>
    (
      [
        [0.5, 'understudy', half],
        [0.8, 'understudy', fourFifths],
        [0.5, 'flask', flask],
        [0.8, 'flask', flask],
      ] as const
    ).map(([share, service, p99Ms]) => ({
      ...{ operation, share, service, p99Ms, perSecond: 100, p50Ms: 1, failed: 0 },
    })),
  );
}

describe('the goals of throughput', () => {
  it('are ratios of the same run, each reached or missed by itself', () => {
    const judged = checkGoals(
      rows({ understudy: 1200, 'not gathered': 1300, 'bare fastify': 250, flask: 100 }),
      rates(5, 5, 20),
    );
    assert.deepEqual(
      judged.filter(({ met }) => !met).map(({ what }) => what),
      [
        'search at 64 connections: throughput relative to not gathered',
        'search at 16 connections: throughput relative to not gathered',
      ],
    );
    assert.equal(judged.find(({ what }) => what.startsWith('index at 64') && what.endsWith('flask'))?.ratio, 12);
  });

  it('are missed when a measurement is missing', () => {
    assert.ok(checkGoals([], []).every(({ met }) => !met));
  });

  it('are missed by a p99 of more than a third', () => {
    const judged = checkGoals(
      rows({ understudy: 1200, 'not gathered': 1, 'bare fastify': 1, flask: 100 }),
      rates(7, 5, 20),
    );
    assert.deepEqual(
      judged.filter(({ met }) => !met).map(({ what }) => what),
      ['index', 'search'].map((operation) => `${operation} at 50 % of Flask's throughput: p99 relative to flask`),
    );
  });

  it('are printed below the tables', () => {
    const measured = rows({ understudy: 1200, 'not gathered': 900, 'bare fastify': 250, flask: 100 });
    const goals = checkGoals(measured, rates(5, 5, 20));
    const run = { rounds: 5, seconds: 5, workers: 1, nodes: 3, documents: 10 };
    const text = table({ ...run, rows: measured, rates: rates(5, 5, 20), goals });
    assert.match(text, /\| index \| 64 \| understudy \| 1200 \| 12\.0x \|/);
    assert.match(text, /\| search \| 100\/s \| 80 % \| flask \| 1\.0 \| 20\.0 \| 0 \|/);
    assert.match(text, /reached {2}index at 64 connections: throughput relative to flask: 12\.00, at least 12\.00/);
  });
});
