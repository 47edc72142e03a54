// What an exchange asks of a system before and while it changes it, in the simulated region: every machine answers, nothing has drifted, and
// clients are moved without a restart of an engine.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { UnderstudyError } from '@understudy/foundation';
import { ensureKeyPair } from '../../src/machines/index.ts';
import { rotateAuthority } from '../../src/operate/rotation/rotate-authority.ts';
import { rotateCertificates } from '../../src/operate/rotation/rotate-certificates.ts';
import { rotatePasswords } from '../../src/operate/rotation/rotate-passwords.ts';
import { rotatingSystem } from '../../src/operate/rotation/system.ts';
import { resolveIntent, type Session } from '../../src/operation/index.ts';
import { linodeTarget } from '../../src/operation/linode-target.ts';
import { securityOf } from '../../src/operation/security.ts';
import { apply, confirmAll } from '../../src/reconcile/index.ts';
import { advance, beginAccounts, beginAuthority } from '../../src/secure/index.ts';
import { parseTopology } from '../../src/topology/index.ts';
import { sampleServiceKeys, securedText as text } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const labels = ['demo-search-1', 'demo-search-2', 'demo-search-3'];
const { signal } = new AbortController();
let base = '';
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-rotating-'));
});
after(() => rm(base, { recursive: true, force: true }));

async function made(sim: SimulatedWorld, name: string): Promise<Session> {
  process.env['XDG_CONFIG_HOME'] = join(base, name);
  process.env['LINODE_TOKEN'] = 'token-of-the-test';
  const topology = parseTopology(text, { path: join(base, 'topology.yaml') });
  const target = linodeTarget();
  const readSecurity = () => securityOf(topology, target.name);
  const session: Session = {
    ...{ topologyPath: 'topology.yaml', topology, target, world: sim.world, readSecurity },
    security: await readSecurity(),
    keyPair: await ensureKeyPair(join(base, name, 'ssh'), 'understudy'),
    ...{ privateKeyPath: '', hostKeysPath: '', serviceKeys: sampleServiceKeys },
    readServiceKeys: () => Promise.resolve(sampleServiceKeys),
    useKeyPair: () => assert.fail('nothing here has another key'),
    runnerWith: () => assert.fail('nothing here uses another key'),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  await apply(sim.world, await resolveIntent(session), { confirm: confirmAll });
  return session;
}

const rotations = (session: Session) => {
  const system = rotatingSystem(session, signal);
  return [
    () => rotateCertificates(system),
    () => rotatePasswords(system, { accounts: ['service'], mayRemove: () => Promise.resolve(true) }),
    () => rotateAuthority(system, { passphrase: undefined }),
  ];
};

const filesOf = (sim: SimulatedWorld) => labels.map((label) => [...sim.machine(label).files]);

test('a machine that does not answer is named, and nothing is exchanged anywhere', async () => {
  await using sim = await simulatedWorld();
  const session = await made(sim, 'silent');
  const { directory } = session.security!;
  const before = filesOf(sim);
  for (const silent of ['demo-search-2', 'demo-service-1']) {
    const run: typeof sim.world.runner.run = (target, ...rest) =>
      target.label === silent
        ? Promise.reject(
            new UnderstudyError('machines-unreachable', `${silent} cannot be reached over SSH: timed out.`),
          )
        : sim.world.runner.run(target, ...rest);
    const world = { ...sim.world, runner: { ...sim.world.runner, run } };
    for (const rotate of rotations({ ...session, world }))
      await assert.rejects(rotate(), { code: 'operate-partial-view', message: new RegExp(silent) });
  }
  assert.deepEqual(filesOf(sim), before);
  assert.equal(existsSync(join(directory, 'rotation.json')), false);
});

test('a system that is not as its topology says is left alone, with the difference named', async () => {
  await using sim = await simulatedWorld();
  const session = await made(sim, 'drifted');
  sim.machine('demo-search-3').stop('elasticsearch.service');
  const before = filesOf(sim);
  for (const rotate of rotations(session))
    await assert.rejects(rotate(), { code: 'operate-drift', message: /demo-search-3 start: .*understudy apply/s });
  assert.deepEqual(filesOf(sim), before);
});

test('without security there is nothing to exchange', async () => {
  await using sim = await simulatedWorld();
  const session = await made(sim, 'off');
  const off = { ...session, readSecurity: () => Promise.resolve(undefined) };
  for (const rotate of rotations(off)) await assert.rejects(rotate(), { code: 'operate-security-off' });
});

test('what was exchanged counts for the next command of the same session', async () => {
  await using sim = await simulatedWorld();
  const session = await made(sim, 'next');
  const { directory } = session.security!;
  const trusted = async (): Promise<number> =>
    (await resolveIntent(session)).security!.bundlePem.split('BEGIN CERTIFICATE').length - 1;
  assert.equal(await trusted(), 1);
  await beginAuthority({ directory, systemName: 'demo', nowMs: Date.now() });
  assert.equal(await trusted(), 2);
});

test('clients get the new user one by one; engines are not started again', async () => {
  await using sim = await simulatedWorld();
  const session = await made(sim, 'moved');
  const { directory } = session.security!;
  const starts = labels.map((label) => sim.machine(label).engineStarts);
  await beginAccounts(directory, ['service']);
  await advance(directory, 'accounts', 'introduce');
  const system = rotatingSystem(session, signal);
  const security = await system.security();
  assert.equal((await system.search(security)).length, 3);
  await system.moveClients(security);
  for (const label of ['demo-service-1', 'demo-service-2']) {
    const environment = sim.machine(label).files.get('/etc/understudy/service.env')?.content ?? '';
    assert.match(environment, /^ES_USERNAME="understudy-service-2"$/m);
    assert.ok(environment.includes(security.accounts.service.password.reveal()));
  }
  assert.deepEqual(
    labels.map((label) => sim.machine(label).engineStarts),
    starts,
  );
  const [machine] = await system.search(security);
  const names = (await system.files(security, machine!)).map(({ path }) => path.replace('/etc/elasticsearch/', ''));
  assert.deepEqual(names, ['understudy/authority.crt', 'understudy/generation', 'users', 'users_roles', 'roles.yml']);
});
