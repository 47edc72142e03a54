// The tool's own operations on real machines, under load: an upgrade, more machines, fewer of them with a kill in the middle.
// Needs root, and no lab on this host.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { operations } from '../../../../bench/operations/operations.ts';
import { runOperation, type OperationRun } from '../../../../bench/operations/run.ts';
import { openSystem, type OperatedSystem } from '../../../../bench/operations/system.ts';
import { silentLogger } from '@understudy/foundation';
import { useOwnDirectories } from './own-directories.ts';

/** Modest, so that a busy test machine measures the system and not itself. */
const modest = {
  durations: { steadyMs: 4_000, faultMs: 0, recoveryMs: 180_000 },
  steady: { maxLagMs: 4_000, maxGapMs: 4_000 },
};
const writesPerS = 8;

let base = '';
let system: OperatedSystem;
const stop = new AbortController();

before(async () => {
  base = (await useOwnDirectories()).base;
  system = await openSystem({
    ...{ logger: silentLogger, signal: stop.signal, keep: false },
    runsDirectory: path.join(base, 'runs'),
  });
});

after(async () => {
  stop.abort();
  await system[Symbol.asyncDispose]();
  await rm(base, { recursive: true, force: true });
});

async function operate(name: string, kills: number): Promise<OperationRun> {
  const operation = operations.find((candidate) => candidate.name === name);
  assert.ok(operation);
  const trouble = { kills, powerCut: false, starved: false };
  return await system.with(operation, 'fast', (place) =>
    runOperation({
      ...{ operation: name, failover: 'fast', trouble, seed: 1, writesPerS, signal: stop.signal, options: modest },
      ...place,
    }),
  );
}

function assertKept(run: OperationRun): void {
  // Gaps and failures depend on what else this machine does; what was kept does not.
  assert.deepEqual(
    run.reasons.filter(({ code }) => code !== 'goal-missed'),
    [],
  );
  const { lost, unexpected, duplicate, stale } = run;
  assert.deepEqual({ lost, unexpected, duplicate, stale }, { lost: 0, unexpected: 0, duplicate: 0, stale: 0 });
  assert.deepEqual(run.leftovers, []);
  assert.ok(run.acknowledged > 100, `${run.acknowledged} writes`);
}

describe('an operation under load loses no data and leaves nothing behind', { timeout: 1_200_000 }, () => {
  it('three engines are upgraded to the next major version', async () => {
    assertKept(await operate('upgrade-8.19', 0));
  });

  it('three machines become five', async () => {
    assertKept(await operate('grow-3-5', 0));
  });

  it('five machines become three, and apply is killed in the middle', async () => {
    const run = await operate('shrink-5-3', 1);
    assert.equal(run.killed, 1);
    assertKept(run);
  });
});
