// What measures can fail at the moments that matter most: round the end of the fault, in recovery, and for good.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { timeOf } from '../../../src/proof/checker/window.ts';
import { verify, type Verdict } from '../../../src/proof/index.ts';
import { freeze, kill, lasting, loadWorkerPlants, plantedRun, slowChannel, type Moment, type Plant } from './plants.ts';
import { slowDatasync } from './slow-datasync.ts';

const atFault: Moment = { after: 'the fault', ms: 0 };
/** The seed of these runs lets the fault last for 0.96 s: what lasts longer reaches over undo, recovery and stop. */
const beforeUndo: Moment = { after: 'the fault', ms: 800 };

before(loadWorkerPlants);

/** A run with this plant; the saved run gives the same verdict. */
async function verdictOf(moment: Moment, plant: Plant) {
  const run = await plantedRun(moment, plant, 1);
  assert.deepEqual(await verify(run.directory), run.verdict);
  return {
    run,
    result: run.verdict.result,
    codes: run.verdict.reasons.map(({ code }) => code),
    events: run.journal.map(({ event }) => event),
  };
}

test('a generator that is frozen while the run ends makes it INVALID', async () => {
  const { result, codes } = await verdictOf(beforeUndo, freeze(1_200));
  assert.equal(result, 'INVALID');
  assert.ok(codes.includes('generator-stalled'), codes.join());
});

test('a generator that stays frozen is killed after a timeout; the run is INVALID', { timeout: 60_000 }, async () => {
  let pid = 0;
  const { result, codes, events } = await verdictOf(atFault, (run) => {
    pid = run.generatorPid;
    return freeze(null)(run);
  });
  assert.equal(result, 'INVALID');
  assert.ok(codes.includes('generator-silent') && codes.includes('generator-died'), codes.join());
  assert.ok(events.includes('recovery-timed-out') && events.includes('reads-collected'));
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('a generator killed in recovery ends the run as ABORTED', async () => {
  const { result, codes } = await verdictOf(atFault, async (run) => {
    // Recovery waits for reports by the time of the kill.
    await slowChannel(null)(run);
    await sleep(2_500);
    return kill(run);
  });
  assert.equal(result, 'ABORTED');
  assert.ok(codes.includes('generator-died'), codes.join());
});

test('recovery waits for delayed reports; the history is complete, so the delay has no effect on the verdict', async () => {
  const { codes, run } = await verdictOf(atFault, slowChannel(1_800));
  const recoveredMs = timeOf(run.journal, 'recovered') ?? 0;
  assert.ok(recoveredMs >= run.planted.toMs, `recovered ${run.planted.toMs - recoveredMs} ms before a report came`);
  assert.ok(!codes.includes('generator-silent') && !codes.includes('generator-died'), codes.join());
});

test('without further reports the recovery cannot be judged: INVALID', { timeout: 60_000 }, async () => {
  const { result, codes } = await verdictOf(atFault, slowChannel(null));
  assert.equal(result, 'INVALID');
  assert.ok(codes.includes('generator-silent'), codes.join());
});

test('a tool whose event loop is blocked makes the run INVALID', async () => {
  const { result, codes } = await verdictOf(atFault, () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_300);
    return lasting(0);
  });
  assert.equal(result, 'INVALID');
  assert.ok(codes.includes('tool-stalled'), codes.join());
});

test('a tool that is frozen with its generator makes the run INVALID', async () => {
  const tool = fork(fileURLToPath(new URL('./frozen-tool.ts', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [{ generatorPid }] = (await once(tool, 'message')) as [{ generatorPid: number }];
  for (const pid of [tool.pid ?? 0, generatorPid]) process.kill(pid, 'SIGSTOP');
  await sleep(1_500);
  for (const pid of [tool.pid ?? 0, generatorPid]) process.kill(pid, 'SIGCONT');
  tool.send('go on');
  const [{ directory, verdict }] = (await once(tool, 'message')) as [{ directory: string; verdict: Verdict }];
  assert.equal(verdict.result, 'INVALID');
  const codes = verdict.reasons.map(({ code }) => code);
  assert.ok(codes.includes('tool-stalled') && codes.includes('generator-stalled'), codes.join());
  assert.deepEqual(await verify(directory), verdict);
});

test('a journal that reaches the disk late makes the run INVALID', async () => {
  let untilMs = 0;
  const restore = await slowDatasync(() => sleep(Math.max(0, untilMs - Date.now())));
  try {
    const { result, codes } = await verdictOf({ after: 'the first intent', ms: 0 }, () => {
      untilMs = Date.now() + 3_000;
      return lasting(3_000);
    });
    assert.equal(result, 'INVALID');
    assert.ok(codes.includes('history-slow'), codes.join());
  } finally {
    restore();
  }
});
