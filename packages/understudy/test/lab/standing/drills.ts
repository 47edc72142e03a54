// Drills on a whole system: what a run proves, and that every kind of fault undoes itself when the tool is killed in the
// middle of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSystemUnderTest } from '../../../src/drills/open-system.ts';
import type { Session } from '../../../src/operation/session.ts';
import { deadManAfterMs } from '../../../src/drills/faults/dead-man.ts';
import { targetsOf } from '../../../src/proof/checker/window.ts';
import { readJournal } from '../../../src/proof/history/run-folder.ts';
import { drillsNamed, runDrill, type SystemUnderTest } from '../../../src/drills/index.ts';
import { verify } from '../../../src/proof/index.ts';
import { faultContext } from '../../../src/drills/run/fault-session.ts';
import { leftovers, machineStates } from '../../../src/drills/run/machine-state.ts';
import { checkPreconditions } from '../../../src/drills/run/preconditions.ts';
import { whyWithout } from '../../../../lab/test/openapi/specification.ts';
import { checkTraffic } from '../../../../lab/test/lab/checked-traffic.ts';
import type { StandingSystem } from './system.ts';

/** Modest, so that a busy test machine measures the system and not itself. */
const modest = {
  durations: { steadyMs: 4_000, faultMs: 8_000, recoveryMs: 180_000 },
  ratePerS: { index: 12, get: 12, search: 6 },
  steady: { maxLagMs: 2_000, maxGapMs: 2_000 },
};

const traffic = checkTraffic();
let base = '';
let session: Session;
let world: SystemUnderTest;

const isFull = process.env['UNDERSTUDY_FULL'] === '1';

interface Killed {
  readonly undoneMs: number;
  /** When the tool was killed, on the monotonic clock. */
  readonly killedUs: number;
  readonly targets: SystemUnderTest['machines'];
}

/** Holds the fault in a process of its own, kills that, and waits for the undoing. */
async function killAndWait(name: string, withinMs: number): Promise<Killed> {
  const [drill] = drillsNamed([name]);
  assert.ok(drill);
  await checkPreconditions(world, drill);
  const directory = path.join(base, `held-${name}`);
  const words = world.selfCommand?.(['drill', 'hold', name, directory]) ?? [];
  const holder = spawn(words[0] ?? '', words.slice(1), { stdio: 'ignore' });
  const events = async () => (await readJournal(directory)).map(({ event }) => event);
  for (let waited = 0; !(await events()).includes('effective'); waited += 1) {
    assert.ok(waited < 300, `${name} never took effect: ${(await events()).join(', ')}`);
    assert.equal(holder.exitCode, null, `${name} ended: ${(await events()).join(', ')}`);
    await sleep(200);
  }
  // Past a heartbeat, so that it is a renewed timer that has to go off.
  await sleep(5_000);
  holder.kill('SIGKILL');
  const killed = performance.now();
  const killedUs = Number(process.hrtime.bigint() / 1_000n);
  const resolved = await readJournal(directory);
  const labels = targetsOf(resolved);
  const targets = world.machines.filter(({ label }) => labels.includes(label));
  const context = faultContext(world, targets, Math.random, AbortSignal.timeout(withinMs + 30_000));
  for (;;) {
    const evidence = await drill.fault
      .undone(context)
      .catch((error: unknown) => ({ seen: false, detail: String(error) }));
    const tookMs = performance.now() - killed;
    if (evidence.seen) {
      await sleep(1_000);
      assert.deepEqual(leftovers(await machineStates(world)), []);
      return { undoneMs: tookMs, killedUs, targets };
    }
    assert.ok(tookMs < withinMs + 10_000, `${name} is still there after ${tookMs} ms: ${evidence.detail}`);
    await sleep(250);
  }
}

/** What a run proves, and that each kind of fault undoes itself. */
export function drillsOn(system: () => StandingSystem): void {
  describe('drills', () => {
    before(async () => {
      ({ base } = system());
      session = await system().session();
      world = await openSystemUnderTest(session, system().topologyPath);
    });

    after(async () => {
      await session[Symbol.asyncDispose]();
    });

    describe('a run', () => {
      // The usual run shares the drills out: two run on OpenSearch, two over an application of a user.
      const elsewhere = isFull ? ['search-kill-master', 'search-stop', 'search-power-cut', 'service-kill'] : [];
      for (const name of ['search-partition', ...elsewhere])
        it(`${name} takes effect, loses no data, leaves nothing behind, and can be verified`, async () => {
          const [drill] = drillsNamed([name]);
          assert.ok(drill);
          const { directory, verdict } = await runDrill(world, drill, modest);
          // Gaps depend on what else this machine does; what was kept does not.
          const reasons = verdict.reasons.filter(({ code }) => code !== 'goal-missed');
          assert.deepEqual(reasons, []);
          assert.notEqual(verdict.times.effectiveMs, null);
          const { lost, unexpected, duplicate, stale } = verdict.documents.counts;
          assert.deepEqual({ lost, unexpected, duplicate, stale }, { lost: 0, unexpected: 0, duplicate: 0, stale: 0 });
          assert.ok(verdict.requests.writesAcknowledged > 100);
          assert.deepEqual(await verify(directory), verdict);
        });
    });

    describe('kill -9 of the tool in the middle of', () => {
      const kinds = [
        'search-pause',
        'service-cut-from-search',
        'search-quorum-loss',
        'search-starved',
        'search-disk-full',
        'search-disk-stall',
        'balancer-drain',
        // Undone by the same guards as the pause and the cut.
        ...(isFull ? ['search-partition', 'search-one-way-in', 'service-hang'] : []),
      ];
      for (const name of kinds)
        it(`${name}: undone within the timer and 5 s`, async () => {
          const { undoneMs } = await killAndWait(name, deadManAfterMs + 5_000);
          assert.ok(undoneMs <= deadManAfterMs + 5_000, `undone after ${undoneMs} ms`);
        });

      it('search-stop: the engine is started again within the timer and 5 s, and runs', async () => {
        const { killedUs, targets } = await killAndWait('search-stop', 120_000);
        const [machine] = targets;
        assert.ok(machine);
        const asked = ['systemctl', 'show', '--value', '-p', 'InactiveExitTimestampMonotonic', 'elasticsearch.service'];
        // The machine's monotonic clock is that of this host.
        const startedUs = Number((await world.runner.run(machine, asked)).stdout);
        assert.ok(startedUs > killedUs);
        assert.ok(startedUs - killedUs <= (deadManAfterMs + 5_000) * 1_000, `after ${startedUs - killedUs} us`);
      });

      it('search-power-cut: the guard switches the power on again, and the engine runs after the boot', async () => {
        await killAndWait('search-power-cut', 120_000);
      });
    });

    it(
      "drills send only requests to the API that are in Linode's OpenAPI file",
      { skip: traffic ? false : whyWithout },
      () => {
        assert.ok((traffic?.exchanges() ?? 0) > 50, `${traffic?.exchanges()} exchanges`);
        assert.deepEqual(traffic?.unexplained(), []);
      },
    );
  });
}
