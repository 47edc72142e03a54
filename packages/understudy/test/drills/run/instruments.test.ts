// What measures can fail at the moments that matter most: round the end of the fault, in recovery, and for good.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { verify, type Verdict } from '../../../src/drills/index.ts';
import { freeze, kill, loadWorkerPlants, plantedRun, slowChannel } from './plants.ts';
import type { Moment, Plant } from './plants.ts';
import { slowDatasync } from './slow-datasync.ts';

const atUndo: Moment = { after: 'undoing', ms: 0 };
const atFault: Moment = { after: 'the fault', ms: 0 };

before(loadWorkerPlants);

/** The verdict of a run with this plant, which the saved run gives too. */
async function verdictOf(moment: Moment, plant: Plant): Promise<{ result: string; codes: string[]; events: string[] }> {
  const { directory, verdict, journal } = await plantedRun(moment, plant, 1);
  assert.deepEqual(await verify(directory), verdict);
  return {
    result: verdict.result,
    codes: verdict.reasons.map(({ code }) => code),
    events: journal.map(({ event }) => event),
  };
}

test('a generator that is frozen while the run ends makes it INVALID', async () => {
  const { result, codes } = await verdictOf(atUndo, freeze(1_200));
  assert.equal(result, 'INVALID');
  assert.ok(codes.includes('generator-stalled'), codes.join());
});

test('a generator that nobody wakes is waited for, then killed; the run is INVALID', { timeout: 60_000 }, async () => {
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

test('reports that stall for a moment are waited for; the history is whole, so the run counts', async () => {
  const { result, codes, events } = await verdictOf(atFault, slowChannel(1_800));
  assert.ok(events.includes('recovered'));
  // A busy test machine may disturb the measurement; the channel does not.
  assert.deepEqual(
    codes.filter((code) => code !== 'generator-stalled'),
    [],
  );
  assert.ok(result === 'PASS' || codes.length > 0);
});

test('reports that stall for good leave recovery unjudged: INVALID', { timeout: 60_000 }, async () => {
  const { result, codes } = await verdictOf(atFault, slowChannel(null));
  assert.equal(result, 'INVALID');
  assert.ok(codes.includes('generator-silent'), codes.join());
});

test('a tool whose own event loop stands still makes the run INVALID', async () => {
  // eslint-disable-next-line @typescript-eslint/require-await -- one shape for every plant
  const { result, codes } = await verdictOf(atUndo, async () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_300);
    return 'over';
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
    const { result, codes } = await verdictOf({ after: 'the first intent', ms: 0 }, async () => {
      untilMs = Date.now() + 3_000;
      await sleep(3_000);
      return 'over';
    });
    assert.equal(result, 'INVALID');
    assert.ok(codes.includes('history-slow'), codes.join());
  } finally {
    restore();
  }
});
