// Certificates, passwords, SSH keys, service keys and the authority of a system are exchanged under load, and the tool is killed in the middle of it: no
// request fails, no write is lost, and run again it ends. Needs root, and no lab on this host.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { underLoad } from '../../../../bench/releases/load.ts';
import { silentLogger } from '@understudy/foundation';
import { labDown, labPowerCut, labPowerOn, labUp } from '@understudy/lab';
import { drillsNamed, openSystemUnderTest, runDrill } from '../../src/drills/index.ts';
import { createKey } from '../../src/operate/index.ts';
import { openSession, resolveIntent, securityDirectory } from '../../src/operation/index.ts';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import { observe } from '../../src/observe/index.ts';
import { callersOn } from './callers.ts';
import { useOwnDirectories } from './own-directories.ts';

const topologyText = `
name: demo
region: us-ord
access: { adminNetworks: [198.18.0.1/32] }
search:
  version: 9.5.3
  security: on
  heap: 512m
  index: { name: documents, shards: 3 }
balancer:
  listeners: [{ port: 80, protocol: http }]
`;

/** Modest, so that a busy test machine measures the system and not itself. */
const modest = {
  durations: { steadyMs: 4_000, faultMs: 1_000, recoveryMs: 180_000 },
  ratePerS: { index: 12, get: 12, search: 6 },
  steady: { maxLagMs: 4_000, maxGapMs: 4_000 },
};
const isFull = process.env['UNDERSTUDY_FULL'] === '1';
const rounds = isFull ? 5 : 1;

let base = '';
let topologyPath = '';
let url = '';
let login: Readonly<Record<string, string>> = {};

const open = () => openSession({ topologyPath, target: 'lab', logger: silentLogger });

before(async () => {
  const own = await useOwnDirectories();
  base = own.base;
  await labUp({ cacheDirectory: own.cache, logger: silentLogger });
  topologyPath = path.join(base, 'topology.yaml');
  await writeFile(topologyPath, topologyText);
  await using session = await open();
  const { status } = await apply(session.world, await resolveIntent(session), { confirm: confirmAll });
  url = status.balancer.urls[0] ?? '';
  // Not with the tool's key, which is exchanged.
  const { key, undone } = await createKey(session, { id: 'load', scopes: ['read', 'write'] }, () => undefined);
  assert.deepEqual(undone, []);
  login = { authorization: `Bearer ${key.bearer.reveal()}` };
});

after(async () => {
  await labDown({ logger: silentLogger });
  await rm(base, { recursive: true, force: true });
});

async function assertAsPlanned(): Promise<void> {
  await using session = await open();
  const intent = await resolveIntent(session);
  const { steps, obstacles } = plan(intent, await observe(session.world, session.topology));
  assert.deepEqual({ steps: steps.map(({ id }) => id), obstacles }, { steps: [], obstacles: [] });
}

callersOn(() => ({ base, topologyPath, url }));

describe('an exchange under load', { timeout: 1_800_000 }, () => {
  // The authority is exchanged below, and the tool killed in the middle of it.
  const names = ['rotate-certificates', 'rotate-passwords', 'rotate-ssh-keys', 'rotate-service-keys'];
  if (isFull) names.push('rotate-authority');
  for (let round = 1; round <= rounds; round += 1)
    for (const name of names)
      it(`${name}, round ${round}: no request fails, no write is lost, and nothing is left to do`, async (t) => {
        await using session = await open();
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
        assert.deepEqual({ lost, unexpected, duplicate, stale }, { lost: 0, unexpected: 0, duplicate: 0, stale: 0 });
        assert.equal(failed, 0);
        assert.ok(writesAcknowledged > 50, String(writesAcknowledged));
        await assertAsPlanned();
      });
});

const main = path.join(import.meta.dirname, '../../src/cli/main.ts');
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

async function killedAndAgain(t: TestContext, what: string, killAts: readonly string[]): Promise<void> {
  const work = async () => {
    for (const killAt of killAts) {
      const killed = await rotate(what, killAt);
      assert.equal(killed.code, null, killed.stderr);
    }
    const again = await rotate(what);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /goes on in the phase/);
  };
  const { traffic } = await underLoad(url, 15, work, login);
  t.diagnostic(
    `${what}, killed ${killAts.length} times: ${traffic.failed.length} of ${traffic.requests} requests failed`,
  );
  assert.deepEqual(traffic.failed, []);
  await assertAsPlanned();
}

describe('kill -9 of the tool in the middle', { timeout: 900_000 }, () => {
  const moments = {
    authority: ['trusts both authorities', 'shows its new certificate'],
    'service-keys': ['it accepts both keys and both secrets', 'the tool calls with its new key'],
    ...(isFull ? { passwords: ['lets in the new users and the old ones', 'it serves'] } : {}),
  };
  for (const [what, killAts] of Object.entries(moments))
    it(`of ${what}: run again it ends, and no request fails`, (t) => killedAndAgain(t, what, killAts));
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
    assert.equal(await readFile(rotation, 'utf8'), before);
  });
});
