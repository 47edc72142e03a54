// What the bench of operations is made of: pure, no lab.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { operations, topologyText } from '../../../../bench/operations/operations.ts';
import type { OperationRun } from '../../../../bench/operations/run.ts';
import { operationsTable, disturbanceText } from '../../../../bench/operations/table.ts';
import { upgradeProblem } from '../../src/engines/index.ts';
import { parseTopology } from '../../src/topology/index.ts';

const nothing = { kills: 0, powerCut: false, starved: false };

const run: OperationRun = {
  ...{ operation: 'shrink-5-3', failover: 'fast', trouble: nothing, victim: null, seed: 1, writesPerS: 12, runId: 'r' },
  ...{ result: 'PASS', reasons: [], applies: 1, killed: 0, durationMs: 61_400, acknowledged: 900, lost: 0 },
  ...{ unexpected: 0, duplicate: 0, stale: 0, staleReads: 0, failed: 2, requests: 3_000, writeGapMs: 640 },
  ...{ readGapMs: 480, leftovers: [] },
};

describe('an operation', () => {
  for (const { name, before, after } of operations)
    it(`${name} is a change between two topologies that the tool accepts`, () => {
      const [was, is] = [before, after].map((parts) =>
        parseTopology(topologyText(parts, 'stock'), { path: '/nowhere/topology.yaml' }),
      );
      assert.notDeepEqual(was, is);
      assert.equal(was?.name, is?.name);
      assert.equal(
        before.version === after.version ||
          upgradeProblem('elasticsearch', before.version, after.version) === undefined,
        true,
      );
    });

  it('has a summary where it ran several times: every verdict, the sums, and the worst gaps', () => {
    const host = { cpu: 'a processor', cpus: 2, memoryGb: 24, kernel: '6.18' };
    const other: OperationRun = {
      ...run,
      seed: 2,
      result: 'FAIL',
      lost: 1,
      failed: 7,
      writeGapMs: 9_300,
      durationMs: 90_000,
    };
    const table = operationsTable(host, [run, other, { ...run, failover: 'safe' }]);
    assert.match(
      table,
      /\| 1 PASS, 1 FAIL \| 61 to 90 s \| 1 \/ 0 \/ 0 \/ 0 of 1800 \| 9 of 6000 \| 9\.3 s \| 0\.5 s \|/,
    );
    assert.match(table, /\| safe \| nothing \| 1 PASS \|/);
    assert.doesNotMatch(operationsTable(host, [run]), /longest write gap/);
  });

  it('says when the operation was not started', () => {
    const host = { cpu: 'a processor', cpus: 2, memoryGb: 24, kernel: '6.18' };
    const table = operationsTable(host, [{ ...run, result: 'INVALID', applies: 0 }]);
    assert.match(table, /\| INVALID \| 0 \| .* \| the operation was not started \|/);
  });

  it('names the disturbance of a run', () => {
    assert.equal(disturbanceText(run), 'nothing');
    const cut = { ...run, trouble: { ...nothing, powerCut: true } };
    assert.equal(disturbanceText({ ...cut, victim: 'bench-operations-search-2' }), 'power cut of search-2');
    assert.equal(disturbanceText(cut), 'no power cut: the operation ended before it');
    assert.equal(disturbanceText({ ...run, trouble: { ...nothing, kills: 5 }, killed: 3 }), '3 kills');
  });

  it('is a line of the table', () => {
    const table = operationsTable({ cpu: 'a processor', cpus: 2, memoryGb: 24, kernel: '6.18' }, [run]);
    assert.match(
      table,
      /\| shrink-5-3 \| fast \| nothing \| PASS \| 1 \| 61 s \| 0 \/ 0 \/ 0 \/ 0 of 900 \| 2 of 3000 \| 0\.6 s \| 0\.5 s \| nothing \|/,
    );
  });
});
