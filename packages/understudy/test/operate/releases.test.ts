// Releases: what machines say about them, what is decided from that, and a roll in a simulated region.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { UnderstudyError } from '@understudy/foundation';
import { parseReleases, releasesScript, switchScript } from '../../src/machines/index.ts';
import {
  carryOutRoll,
  complete,
  deployRequest,
  restartRequest,
  rollbackRequest,
  type ReleaseList,
  type ReleaseRow,
} from '../../src/operate/index.ts';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import { observe } from '../../src/observe/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

const idOf = (digit: string): string => digit.repeat(16);

/** A machine's /opt/understudy on this host, for scripts that name it. */
function machineFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-releases-'));
  const run = (script: string): string => {
    const here = script.replaceAll('/opt/understudy', folder);
    const { stdout, stderr, status } = spawnSync('sh', ['-s'], { input: here, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.replaceAll(folder, '/opt/understudy');
  };
  return { folder, run, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

test('a machine says which releases it has, when they came, which is current and which were rejected', () => {
  using machine = machineFolder();
  assert.deepEqual(parseReleases(machine.run(releasesScript)), { releases: [], current: null, rejected: [] });
  for (const [at, digit] of ['a', 'b', 'c'].entries()) {
    const home = join(machine.folder, 'releases', idOf(digit));
    mkdirSync(home, { recursive: true });
    utimesSync(home, 1000 + at, 1_700_000_000 + at);
  }
  mkdirSync(join(machine.folder, 'releases', `${idOf('d')}.partial`));
  symlinkSync(join(machine.folder, 'releases', idOf('b')), join(machine.folder, 'current'));
  writeFileSync(
    join(machine.folder, 'rejected'),
    `${idOf('c')} ${idOf('0')} 2026-11-24T07:00:00.000Z It did not answer.\n`,
  );
  const found = parseReleases(machine.run(releasesScript));
  assert.deepEqual(
    found.releases.map(({ id, usedAt }) => [id, usedAt]),
    [
      [idOf('c'), '2023-11-14T22:13:22.000Z'],
      [idOf('b'), '2023-11-14T22:13:21.000Z'],
      [idOf('a'), '2023-11-14T22:13:20.000Z'],
    ],
  );
  for (const { unpackedAt } of found.releases) {
    assert.ok(unpackedAt === null || Math.abs(Date.parse(unpackedAt) - Date.now()) < 60_000, unpackedAt ?? '');
  }
  assert.equal(found.current, idOf('b'));
  assert.deepEqual(found.rejected, [{ id: idOf('c'), reason: 'It did not answer.' }]);
});

test('five releases are kept on a machine, the current one among them', () => {
  using machine = machineFolder();
  for (const [at, digit] of ['1', '2', '3', '4', '5', '6', '7'].entries()) {
    const home = join(machine.folder, 'releases', idOf(digit));
    mkdirSync(home, { recursive: true });
    utimesSync(home, 1000 + at, 1000 + at);
  }
  machine.run(switchScript(idOf('2')));
  const found = parseReleases(machine.run(releasesScript));
  assert.deepEqual(
    found.releases.map(({ id }) => id[0]),
    ['2', '7', '6', '5', '4'],
  );
  assert.equal(found.current, idOf('2'));
});

const both = ['demo-service-1', 'demo-service-2'];

function row(digit: string, given: Partial<ReleaseRow> = {}): ReleaseRow {
  return { id: idOf(digit), machines: both, currentOn: [], unpackedAt: null, usedAt: '', rejected: [], ...given };
}

function listOf(...releases: ReleaseRow[]): ReleaseList {
  return { releases, machines: both, unreachable: [] };
}

function refusal(work: () => unknown): UnderstudyError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof UnderstudyError);
    return error;
  }
  throw new Error('it was not refused');
}

const rejected = [{ machine: 'demo-service-1', reason: 'It did not answer.' }];

test('a rollback goes to the last used release that is on every machine and was not rejected, and rejects what it leaves', () => {
  const list = listOf(
    row('a', { currentOn: ['demo-service-1'] }),
    row('b', { currentOn: ['demo-service-2'] }),
    row('c', { rejected }),
    row('d', { machines: ['demo-service-1'] }),
    row('e'),
    row('f'),
  );
  const { release, reject, again } = rollbackRequest(list, undefined);
  assert.deepEqual(release, { id: idOf('e'), directory: null });
  assert.deepEqual([reject, again], [[idOf('a'), idOf('b')], false]);
  // The named one may be a rejected one, or one that is current on a part of the machines.
  assert.equal(rollbackRequest(list, 'cccc').again, true);
  assert.deepEqual(rollbackRequest(list, idOf('b')).reject, [idOf('a')]);
});

test('a rollback to nothing, to an unknown release or to one that a machine lacks is refused', () => {
  const list = listOf(row('a', { currentOn: both }), row('d', { machines: ['demo-service-1'] }));
  for (const [to, words] of [
    [undefined, /no earlier release/],
    ['eeee', /--to: saw eeee; allowed/],
    ['a', /--to: saw a; allowed/],
    ['dddd', /is not on demo-service-2/],
  ] as const) {
    const error = refusal(() => rollbackRequest(list, to));
    assert.equal(error.code, 'operate-no-release');
    assert.match(error.message, words);
    assert.match(error.message, /aaaaaaaaaaaaaaaa \(current\)/);
  }
});

test('nothing is decided on a part of the machines', () => {
  const list = listOf(row('a', { currentOn: both }));
  const partial = { ...list, unreachable: [{ machine: 'demo-service-2', reason: 'timed out' }] };
  assert.equal(refusal(() => complete(partial)).code, 'operate-partial-view');
  assert.equal(complete(list), list);
});

test('a rejected release is deployed only again, or with other settings', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld({ factor: 100 });
  await apply(sim.world, intent, { confirm: confirmAll });
  const { signal } = new AbortController();
  const release = { ...intent.release, id: idOf('c') };
  const deploy = (again = false, environment = {}) => {
    const service = { ...intent.topology.service, environment };
    const asked = { ...intent, release, topology: { ...intent.topology, service } };
    return carryOutRoll(sim.world, asked, deployRequest(release, again), signal);
  };
  sim.machine('demo-service-1').broken.add(release.id);
  await assert.rejects(deploy(), { code: 'reconcile-release-rejected' });
  sim.machine('demo-service-1').broken.clear();
  await assert.rejects(deploy(), (error) => {
    assert.equal((error as UnderstudyError).code, 'reconcile-release-recorded');
    assert.match((error as Error).message, /^The release c+ was rejected on demo-service-1 at .*--again$/);
    return true;
  });
  await deploy(false, { A: 'b' });
  await deploy(true);
});

test('a roll changes every service machine, back without a folder, and a restart starts what is there', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld({ factor: 100 });
  const { world } = sim;
  await apply(world, intent, { confirm: confirmAll });
  const { signal } = new AbortController();
  const links = (): (string | undefined)[] =>
    both.map((label) => sim.machine(label).links.get('/opt/understudy/current')?.slice(-16));
  const starts = (): number[] => both.map((label) => sim.machine(label).serviceStarts);
  const first = intent.release.id;
  const other = { ...intent.release, id: idOf('b') };
  await carryOutRoll(world, { ...intent, release: other }, deployRequest(other, false), signal);
  assert.deepEqual(links(), [other.id, other.id]);
  const list = listOf(row('b', { currentOn: both }), { ...row('a'), id: first });
  const gone = { ...intent, release: { id: '', directory: '/nowhere' } };
  await carryOutRoll(world, gone, rollbackRequest(list, undefined), signal);
  assert.deepEqual(links(), [first, first]);
  assert.deepEqual(plan(intent, await observe(world, intent.topology)).steps, []);
  const before = starts();
  await carryOutRoll(world, gone, restartRequest, signal);
  assert.deepEqual(
    starts(),
    before.map((count) => count + 1),
  );
});
