// Certificates, passwords, SSH keys, service keys and the authority of a system are exchanged under load, and the tool is killed in the
// middle of it: no request fails, no write is lost, and run again it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { before, describe, it, type TestContext } from 'node:test';
import { underLoad } from '../../../../../bench/releases/load.ts';
import { labPowerCut, labPowerOn } from '@understudy/lab';
import { drillsNamed, openSystemUnderTest, runDrill } from '../../../src/drills/index.ts';
import { resolveIntent, securityDirectory } from '../../../src/operation/index.ts';
import { plan } from '../../../src/reconcile/index.ts';
import { observe } from '../../../src/observe/index.ts';
import type { StandingSystem } from './system.ts';

/** Modest, so that a busy test machine measures the system and not itself. */
const modest = {
  durations: { steadyMs: 4_000, faultMs: 1_000, recoveryMs: 180_000 },
  ratePerS: { index: 12, get: 12, search: 6 },
  steady: { maxLagMs: 4_000, maxGapMs: 4_000 },
};
const isFull = process.env['UNDERSTUDY_FULL'] === '1';
const rounds = isFull ? 5 : 1;

let topologyPath = '';

async function assertAsPlanned(system: StandingSystem): Promise<void> {
  await using session = await system.session();
  const intent = await resolveIntent(session);
  const { steps, obstacles } = plan(intent, await observe(session.world, session.topology));
  assert.deepEqual({ steps: steps.map(({ id }) => id), obstacles }, { steps: [], obstacles: [] });
}

const main = path.join(import.meta.dirname, '../../../src/cli/main.ts');
const node = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning', main];

/** Runs the command; kills it as soon as its progress has `killAt`. */
async function rotate(what: string, killAt?: string): Promise<{ code: number | null; stderr: string; stdout: string }> {
  const words = [...node, 'secure', 'rotate', what, '--yes', '--json', '-t', topologyPath, '--target', 'lab'];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    said.stderr += chunk.toString();
    if (killAt !== undefined && said.stderr.includes(killAt)) child.kill('SIGKILL');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { ...said, code };
}

async function killedAndAgain(
  system: StandingSystem,
  t: TestContext,
  what: string,
  killAts: readonly string[],
): Promise<void> {
  const work = async () => {
    for (const killAt of killAts) {
      const killed = await rotate(what, killAt);
      assert.equal(killed.code, null, killed.stderr);
    }
    const again = await rotate(what);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /goes on in the phase/);
  };
  const { traffic } = await underLoad(system.url, 15, work, system.login);
  t.diagnostic(
    `${what}, killed ${killAts.length} times: ${traffic.failed.length} of ${traffic.requests} requests failed`,
  );
  assert.deepEqual(traffic.failed, []);
  await assertAsPlanned(system);
}

/** Each kind of exchange, by its drill, by the command that is killed, and with a machine that is down. */
export function rotationsOn(system: () => StandingSystem): void {
  describe('exchanges', () => {
    before(() => {
      ({ topologyPath } = system());
    });

    describe('an exchange under load', { timeout: 1_800_000 }, () => {
      // The authority is exchanged below, and the tool killed in the middle of it.
      const names = ['rotate-certificates', 'rotate-passwords', 'rotate-service-keys'];
      // The SSH key is exchanged beside the other commands of an operator.
      if (isFull) names.push('rotate-ssh-keys', 'rotate-authority');
      for (let round = 1; round <= rounds; round += 1)
        for (const name of names)
          it(`${name}, round ${round}: no request fails, no write is lost, and nothing is left to do`, async (t) => {
            await using session = await system().session();
            const [drill] = drillsNamed([name]);
            assert.ok(drill);
            const { verdict } = await runDrill(await openSystemUnderTest(session, topologyPath), drill, modest);
            const { failed, total, writesAcknowledged } = verdict.requests;
            const gaps = verdict.lanes.map(({ longestGap }) => longestGap.lengthMs);
            t.diagnostic(
              `${name}: ${failed} of ${total} failed, longest gap ${Math.max(...gaps)} ms, ${writesAcknowledged} writes; ${JSON.stringify(verdict.times)}`,
            );
            // Gaps depend on what else this machine does; what was kept and answered does not.
            assert.deepEqual(
              verdict.reasons.filter(({ code }) => code !== 'goal-missed'),
              [],
            );
            const { lost, unexpected, duplicate, stale } = verdict.documents.counts;
            assert.deepEqual(
              { lost, unexpected, duplicate, stale },
              { lost: 0, unexpected: 0, duplicate: 0, stale: 0 },
            );
            assert.equal(failed, 0);
            assert.ok(writesAcknowledged > 50, String(writesAcknowledged));
            await assertAsPlanned(system());
          });
    });

    describe('kill -9 of the tool in the middle', { timeout: 900_000 }, () => {
      const moments = {
        authority: [...(isFull ? ['trusts both authorities'] : []), 'shows its new certificate'],
        'service-keys': ['it accepts both keys and both secrets', 'the tool calls with its new key'],
        ...(isFull ? { passwords: ['lets in the new users and the old ones', 'it serves'] } : {}),
      };
      for (const [what, killAts] of Object.entries(moments))
        it(`of ${what}: run again it ends, and no request fails`, (t) => killedAndAgain(system(), t, what, killAts));
    });

    describe('a search machine that is down', { timeout: 600_000 }, () => {
      it('is named, and nothing is exchanged', async () => {
        const rotation = path.join(securityDirectory('lab-demo'), 'rotation.json');
        const before = await readFile(rotation, 'utf8');
        await labPowerCut('demo-search-3');
        try {
          for (const what of ['certificates', 'passwords', 'authority', 'service-keys']) {
            const { code, stderr } = await rotate(what);
            assert.equal(code, 2, stderr);
            assert.match(stderr, /demo-search-3/);
          }
        } finally {
          await labPowerOn('demo-search-3');
        }
        await system().settled();
        assert.equal(await readFile(rotation, 'utf8'), before);
      });
    });
  });
}
