// A system with security, in the simulated region: certificates and accounts are in place before an engine starts, the second plan is empty,
// and what would split or lock out a cluster is refused.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { X509Certificate } from 'node:crypto';
import { unknown } from '@understudy/foundation';
import { observe } from '../../src/observe/index.ts';
import type { Intent } from '../../src/operation/index.ts';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import { assessHealth } from '../../src/status/index.ts';
import { advance, beginAccounts, beginAuthority, openSecurity, type SystemSecurity } from '../../src/secure/index.ts';
import { sampleIntent, securedText as text } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const certificatePath = '/etc/elasticsearch/understudy/node.crt';
const labels = ['demo-search-1', 'demo-search-2', 'demo-search-3'];
const all = { confirm: confirmAll };
const dayMs = 86_400_000;

let base = '';
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-security-'));
});
after(() => rm(base, { recursive: true, force: true }));

function security(name: string, nowMs = Date.now()): Promise<SystemSecurity> {
  return openSecurity({ directory: join(base, name), systemName: 'demo', nowMs });
}

async function secured(name: string, topology = text): Promise<Intent> {
  const intent = await sampleIntent(topology);
  return {
    ...intent,
    repository: { ...intent.repository, securityModule: true },
    security: await security(name),
  };
}

function withoutSecurity(intent: Intent): Intent {
  const search = { ...intent.topology.search, security: 'off' as const };
  return { ...intent, security: undefined, topology: { ...intent.topology, search } };
}

async function planned(sim: SimulatedWorld, intent: Intent) {
  return plan(intent, await observe(sim.world, intent.topology));
}

test('apply gives each machine its key, certificate, accounts and settings before its engine starts, and converges', async () => {
  const intent = await secured('fresh');
  await using sim = await simulatedWorld();
  const { done, status } = await apply(sim.world, intent, all);
  assert.equal(status.verdict, 'healthy');
  const ids = done.map(({ id }) => id as string);
  for (const [index, label] of labels.entries()) {
    assert.ok(ids.indexOf(`${label}/certificate`) >= 0, label);
    assert.ok(ids.indexOf(`${label}/certificate`) < ids.indexOf(`${label}/start`));
    const { files } = sim.machine(label);
    const certificate = new X509Certificate(files.get(certificatePath)?.content ?? '');
    assert.ok(certificate.verify(new X509Certificate(intent.security!.bundlePem).publicKey));
    assert.ok(certificate.checkIP(`10.20.0.${11 + index}`));
    assert.equal(files.get('/etc/elasticsearch/understudy/authority.crt')?.content, intent.security!.bundlePem);
    assert.match(files.get('/etc/elasticsearch/users')?.content ?? '', /^understudy-operator:\$2a\$10\$/);
    assert.match(files.get('/etc/elasticsearch/elasticsearch.yml')?.content ?? '', /^xpack\.security\.enabled: true$/m);
  }
  const keys = labels.map((label) => sim.machine(label).files.get('/etc/elasticsearch/understudy/node.key')?.content);
  assert.equal(new Set(keys).size, 3);
  const { files } = sim.machine('demo-service-1');
  const environment = files.get('/etc/understudy/service.env')?.content ?? '';
  assert.match(environment, /^ES_HOSTS="https:\/\/10\.20\.0\.11:9200,https:/m);
  assert.match(environment, /^ES_CA="\/etc\/understudy\/engine-authority\.crt"$/m);
  assert.ok(environment.includes(`ES_PASSWORD="${intent.security!.accounts.service.password.reveal()}"`));
  assert.equal(files.get('/etc/understudy/engine-authority.crt')?.content, intent.security!.bundlePem);
  assert.deepEqual(await planned(sim, intent), { steps: [], obstacles: [] });
  // The next run of the tool reads what this one kept.
  const again = { ...intent, security: await security('fresh') };
  assert.deepEqual(await planned(sim, again), { steps: [], obstacles: [] });
});

test('a plan alone keeps nothing', async () => {
  const intent = await secured('only-planned');
  await using sim = await simulatedWorld();
  assert.ok((await planned(sim, intent)).steps.some(({ id }) => id.endsWith('/certificate')));
  assert.notEqual((await security('only-planned')).bundlePem, intent.security!.bundlePem);
});

test('a certificate at two thirds of its life is renewed without a restart, one that is lost or damaged too', async () => {
  const intent = await secured('renewed');
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  const starts = labels.map((label) => sim.machine(label).engineStarts);
  const seen = await observe(sim.world, intent.topology);
  const later = { ...seen, at: new Date(Date.parse(seen.at) + 250 * dayMs).toISOString() };
  assert.deepEqual(
    plan(intent, later).steps.map(({ id }) => id),
    labels.map((label) => `${label}/certificate`),
  );
  const [first] = labels.map((label) => sim.machine(label).files);
  const before = first!.get(certificatePath)!.content;
  first!.set(certificatePath, { content: 'rubbish', mode: '0644', owner: 'root:root' });
  const { done } = await apply(sim.world, intent, all);
  assert.deepEqual(
    done.map(({ id }) => id),
    ['demo-search-1/certificate'],
  );
  assert.notEqual(first!.get(certificatePath)!.content, before);
  first!.delete('/etc/elasticsearch/understudy/node.key');
  assert.deepEqual(
    (await planned(sim, intent)).steps.map(({ id }) => id),
    ['demo-search-1/certificate'],
  );
  await apply(sim.world, intent, all);
  assert.deepEqual(
    labels.map((label) => sim.machine(label).engineStarts),
    starts,
  );
});

test('status names certificates that end within 30 days, and is degraded within 7', async () => {
  const intent = await secured('ending');
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  const seen = await observe(sim.world, intent.topology);
  const after = (days: number) =>
    assessHealth({ ...seen, at: new Date(Date.parse(seen.at) + days * dayMs).toISOString() }, intent.topology);
  assert.deepEqual([after(300).verdict, after(300).notices], ['healthy', []]);
  const soon = after(340);
  assert.equal(soon.verdict, 'healthy');
  assert.deepEqual(
    soon.notices.map(({ id, subject }) => [id, subject]),
    labels.map((label) => ['machine-certificate-expires', label]),
  );
  const ids = (days: number) => [after(days).verdict, ...new Set(after(days).findings.map(({ id }) => id))];
  assert.deepEqual(ids(360), ['degraded', 'machine-certificate-expires-soon']);
  assert.deepEqual(ids(366), ['degraded', 'machine-certificate-expired']);
  // The authority lives for ten years.
  assert.ok(
    after(3_630).notices.some(({ id, repair }) => id === 'authority-expires' && /rotate authority/.test(repair)),
  );
  assert.ok(ids(3_645).includes('authority-expires-soon'));
  assert.ok(ids(3_651).includes('authority-expired'));
});

test('turning it on or off while engines run is refused with a way to do it, and nothing is changed', async () => {
  const intent = await secured('turned');
  const plain = withoutSecurity(intent);
  await using sim = await simulatedWorld();
  await apply(sim.world, plain, all);
  const on = await planned(sim, intent);
  assert.deepEqual(on.steps, []);
  assert.match(on.obstacles[0]!.reason, /runs without TLS and users\..*systemctl stop elasticsearch\.service/);
  // As the text says: all stopped, then apply.
  for (const label of labels) sim.machine(label).stop('elasticsearch.service');
  await apply(sim.world, intent, all);
  assert.deepEqual(await planned(sim, intent), { steps: [], obstacles: [] });
  assert.equal(sim.clusters.identities.size, 1);
  const off = await planned(sim, plain);
  assert.deepEqual(off.steps, []);
  assert.match(off.obstacles[0]!.reason, /runs with TLS and users\./);
});

test('one engine that still runs keeps the others from being started with security', async () => {
  const intent = await secured('one-runs');
  await using sim = await simulatedWorld();
  await apply(sim.world, withoutSecurity(intent), all);
  for (const label of labels.slice(1)) sim.machine(label).stop('elasticsearch.service');
  const { steps, obstacles } = await planned(sim, intent);
  assert.deepEqual(steps, []);
  assert.match(obstacles[0]!.reason, /the engine on demo-search-1 runs without/);
});

test('a machine that cannot be read may run without security: nothing is started with it, and nothing without it where it is on', async () => {
  const intent = await secured('unread');
  const plain = withoutSecurity(intent);
  await using sim = await simulatedWorld();
  await apply(sim.world, plain, all);
  for (const label of labels.slice(1)) sim.machine(label).stop('elasticsearch.service');
  const unreadable = async (asked: Intent) => {
    const seen = await observe(sim.world, asked.topology);
    const silent = unknown('it did not answer', 'machines-unreachable');
    return plan(asked, { ...seen, machines: { ...seen.machines, 'demo-search-1': silent }, cluster: silent });
  };
  const on = await unreadable(intent);
  assert.deepEqual(on.steps, []);
  assert.match(on.obstacles[0]!.reason, /demo-search-1 could not be read/);
  assert.equal(on.obstacles[0]!.unseen, true);
  for (const label of labels) sim.machine(label).stop('elasticsearch.service');
  await apply(sim.world, intent, all);
  for (const label of labels.slice(1)) sim.machine(label).stop('elasticsearch.service');
  assert.deepEqual((await unreadable(plain)).steps, []);
  assert.ok((await unreadable(intent)).steps.some(({ id }) => id === 'demo-search-2/start'));
});

test('machines with certificates of an authority that this operator does not have: nothing is made or changed, and the text says where it should be', async () => {
  const intent = await secured('theirs');
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  const other = { ...intent, security: await security('ours') };
  const { steps, obstacles } = await planned(sim, other);
  assert.deepEqual(steps, []);
  assert.match(obstacles[0]!.reason, /another authority \(CN=Authority of demo\).*copy that directory/);
  await assert.rejects(apply(sim.world, other, all), { code: 'reconcile-incomplete' });
  assert.notEqual((await security('ours')).bundlePem, other.security.bundlePem, 'nothing was kept');
});

test('a copy of the accounts from before an exchange changes nothing on machines that know the later one', async () => {
  const intent = await secured('exchanged');
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  await beginAccounts(intent.security!.directory, ['service']);
  await advance(intent.security!.directory, 'accounts', 'introduce');
  await apply(sim.world, { ...intent, security: await security('exchanged') }, all);
  const users = sim.machine('demo-search-1').files.get('/etc/elasticsearch/users')?.content ?? '';
  assert.match(users, /^understudy-service:/m);
  assert.match(users, /^understudy-service-2:/m);
  const { steps, obstacles } = await planned(sim, intent);
  assert.deepEqual(steps, []);
  assert.match(obstacles[0]!.reason, /exchanged-?.* does not know.*understudy access import/);
  await assert.rejects(apply(sim.world, intent, all), { code: 'reconcile-incomplete' });
  assert.equal(sim.machine('demo-search-1').files.get('/etc/elasticsearch/users')?.content, users);
});

test('clients are restarted one by one when the trusted authorities change, and engines are not', async () => {
  const intent = await secured('bundle');
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  const starts = labels.map((label) => sim.machine(label).engineStarts);
  const { directory } = intent.security!;
  const now = async () => ({ ...intent, security: await security('bundle') });
  const doneBy = async () => (await apply(sim.world, await now(), all)).done.map(({ id }) => id as string);
  await beginAuthority({ directory, systemName: 'demo', nowMs: Date.now() });
  const introduced = await doneBy();
  assert.ok(
    introduced.includes('demo-service-1/service') && introduced.includes('demo-service-2/service'),
    introduced.join(),
  );
  const two = sim.machine('demo-service-1').files.get('/etc/understudy/engine-authority.crt')?.content ?? '';
  assert.equal(two.split('BEGIN CERTIFICATE').length, 3);
  await advance(directory, 'authority', 'introduce');
  const used = await doneBy();
  assert.ok(labels.every((label) => used.includes(`${label}/certificate`)));
  assert.ok(!used.some((id) => id.endsWith('/service')), 'nothing changes for clients');
  await advance(directory, 'authority', 'use');
  assert.ok((await doneBy()).includes('demo-service-1/service'));
  await advance(directory, 'authority', 'withdraw');
  assert.deepEqual(
    await doneBy(),
    labels.map((label) => `${label}/files`),
    'the generation alone',
  );
  assert.deepEqual(
    labels.map((label) => sim.machine(label).engineStarts),
    starts,
  );
  assert.deepEqual(await planned(sim, await now()), { steps: [], obstacles: [] });
});

test('a target whose package has no security module refuses it', async () => {
  const intent = await secured('no-module');
  await using sim = await simulatedWorld();
  const bare = { ...intent, repository: { ...intent.repository, securityModule: false } };
  const { steps, obstacles } = await planned(sim, bare);
  assert.deepEqual(steps, []);
  assert.match(obstacles[0]!.reason, /has no security module/);
});

test('a machine that asks for the certificate of another one gets none', async () => {
  const intent = await secured('impostor');
  await using sim = await simulatedWorld();
  const run: typeof sim.world.runner.run = (target, argv, options = {}) =>
    sim.world.runner.run(target, argv, {
      ...options,
      ...(typeof options.stdin === 'string' && target.label === 'demo-search-2'
        ? { stdin: options.stdin.replace('-subj /CN=demo-search-2', '-subj /CN=demo-search-1') }
        : {}),
    });
  const world = { ...sim.world, runner: { ...sim.world.runner, run } };
  await assert.rejects(apply(world, intent, all), /its subject is CN=demo-search-1; allowed is CN=demo-search-2/);
  assert.equal(sim.machine('demo-search-2').files.get(certificatePath), undefined);
});
