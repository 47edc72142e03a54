// A whole run with planted secrets, from nothing to a healthy system and back: none of them shows in anything that the tool
// says or writes, in user data, in command lines on the machines, or in a drill's folder.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import { runDrill } from '../../src/drills/index.ts';
import { Secret, type LogLine } from '@understudy/foundation';
import { createLinodeClient } from '../../src/linode/index.ts';
import { apply, destroy, plan, confirmAll, confirmUnlessDestructive } from '../../src/reconcile/index.ts';
import { beginServiceKeys, type Intent } from '../../src/operation/index.ts';
import { selfSignedCertificate } from '../../src/operation/certificate.ts';
import { openServiceKeys } from '../../src/operation/service-keys/index.ts';
import { beginAccounts, beginAuthority, openSecurity } from '../../src/secure/index.ts';
import { assessHealth } from '../../src/status/index.ts';
import { observe, type World } from '../../src/observe/index.ts';
import { noopDrill } from '../drills/noop-drill.ts';
import { smallSystem } from '../drills/small-system.ts';
import { sampleIntent, securedText } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';
import { assertFree, filesBelow } from './planted.ts';

const text = `${securedText}service: { environment: { ES_PASSWORD: 'planted-elastic-password' } }
balancer: { listeners: [{ port: 80, protocol: http }, { port: 443, protocol: https, certificate: self-signed }] }
`;

let base = '';
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-hunt-'));
});
after(() => rm(base, { recursive: true, force: true }));

async function intentWithSecrets(): Promise<{ intent: Intent; planted: Record<string, string> }> {
  const certificate = await selfSignedCertificate('demo.understudy.internal', undefined, Date.now());
  const directory = await mkdtemp(join(base, 'run-'));
  const kept = join(directory, 'lab-demo');
  const security = await openSecurity({ directory: kept, systemName: 'demo', nowMs: Date.now() });
  await security.keep();
  const serviceKeys = await openServiceKeys(join(directory, 'service-keys'));
  const sample = await sampleIntent(text);
  const intent: Intent = {
    ...sample,
    repository: { ...sample.repository, securityModule: true },
    security,
    certificates: { 443: certificate },
    serviceKeys,
    secrets: { API_KEY: new Secret('planted-key-of-the-service') },
  };
  const planted = {
    'the token': 'token-of-the-simulation',
    'a value of the environment': 'planted-elastic-password',
    'a value from a file': 'planted-key-of-the-service',
    'the TLS key': certificate.keyPem.reveal(),
    "the authority's key": await readFile(join(kept, 'authority.key'), 'utf8'),
    "the operator's password": security.accounts.operator.password.reveal(),
    "the service's password": security.accounts.service.password.reveal(),
    "the tool's key of the service": serviceKeys.toolKey.reveal(),
    'the secret of the service machines': serviceKeys.peerSecrets[0]!.reveal(),
    "the monitor's password": security.accounts.monitor.password.reveal(),
  };
  return { intent, planted };
}

/** The world with an ear on every remote command line. */
function overheard(world: World, commands: string[]): World {
  const run: World['runner']['run'] = (target, argv, options) => {
    commands.push(argv.join(' '));
    return world.runner.run(target, argv, options);
  };
  return { ...world, runner: { ...world.runner, run } };
}

test('plan, apply under faults, status and destroy print no secret', async () => {
  const { intent, planted } = await intentWithSecrets();
  const said: string[] = [];
  const commands: string[] = [];
  const say = (what: unknown) => said.push(JSON.stringify(what), inspect(what, { depth: 20 }));
  await using sim = await simulatedWorld({ factor: 400, logger: (line: LogLine) => void say(line) });
  const world = overheard(sim.world, commands);

  say(plan(intent, await observe(world, intent.topology)));
  sim.region.faults.set(
    [
      { kind: 'unavailable', probability: 0.1 },
      { kind: 'drop-after', method: 'POST', probability: 0.2 },
      { kind: 'boot-failure', probability: 0.2, times: 1 },
    ],
    7,
  );
  for (let run = 1; ; run += 1) {
    const outcome = await apply(world, intent, { confirm: confirmAll, onPlan: (...seen) => say(seen) }).catch(
      (error: unknown) => error,
    );
    say(outcome);
    if (!(outcome instanceof Error)) break;
    assert.ok(run < 5, 'apply did not converge');
  }
  sim.region.faults.set([], 7);
  say(assessHealth(await observe(world, intent.topology), intent.topology));

  const machine = sim.machine('demo-service-1');
  const environment = machine.files.get('/etc/understudy/service.env');
  assert.match(environment?.content ?? '', /^API_KEY="planted-key-of-the-service"$/m, 'the service gets its secrets');
  for (const [path, { mode, content }] of machine.files) if (mode !== '0600') assertFree(planted, content, path);
  assert.equal(environment?.mode, '0600');
  const search = sim.machine('demo-search-1').files;
  const nodeKey = search.get('/etc/elasticsearch/understudy/node.key')?.content ?? '';
  for (const [path, { mode, content }] of search) if (mode !== '0600') assertFree(planted, content, path);
  assert.match(nodeKey, /PRIVATE KEY/);
  planted['the key of a machine'] = nodeKey;

  // In the middle of an exchange: two passwords of each account, and two authorities.
  const { directory } = intent.security!;
  await beginAccounts(directory, ['operator', 'service', 'monitor']);
  await beginAuthority({ directory, systemName: 'demo', nowMs: Date.now() });
  const exchanged = await openSecurity({ directory, systemName: 'demo', nowMs: Date.now() });
  const { accounts, authority } = exchanged.exchange;
  for (const [name, next] of Object.entries(accounts!.next))
    planted[`the next password of ${name}`] = next.password.reveal();
  planted["the next authority's key"] = authority!.next.keyPem.reveal();
  const { directory: keysDirectory } = intent.serviceKeys!;
  await beginServiceKeys(keysDirectory, 0);
  const serviceKeys = await openServiceKeys(keysDirectory);
  planted["the tool's next key of the service"] = serviceKeys.exchange!.next.toolKey.reveal();
  planted['the next secret of the service machines'] = serviceKeys.exchange!.next.peerSecret.reveal();
  say(serviceKeys);
  say(
    await apply(
      world,
      { ...intent, security: exchanged, serviceKeys },
      { confirm: confirmAll, onPlan: (...seen) => say(seen) },
    ),
  );
  say(exchanged);
  for (const [path, { mode, content }] of search) if (mode !== '0600') assertFree(planted, content, path);
  for (const [path, { mode, content }] of machine.files) if (mode !== '0600') assertFree(planted, content, path);
  const peers = machine.files.get('/etc/understudy/service-peers')?.content ?? '';
  assert.ok(peers.includes(planted['the next secret of the service machines']), 'the next secret is there');

  // Errors: a refused listener, a wrong token, a machine that refuses its files.
  const wrong = createLinodeClient({
    baseUrl: 'http://127.0.0.1:9/v4',
    token: new Secret('token-of-the-simulation'),
    clock: sim.world.clock,
  });
  say(
    await apply({ ...world, linode: wrong }, intent, { confirm: confirmUnlessDestructive }).catch(
      (error: unknown) => error,
    ),
  );
  const broken: World['runner']['run'] = () => Promise.resolve({ code: 1, stdout: '', stderr: 'it refused' });
  machine.files.delete('/etc/understudy/service.env');
  const refusing = { ...world, runner: { ...world.runner, run: broken } };
  say(await apply(refusing, intent, { confirm: confirmAll }).catch((error: unknown) => error));

  const userData = [...sim.hardware.machines.values()].map(({ spec }) => spec.userData ?? '');
  assert.equal(userData.length, 5);
  say(await destroy(world, 'demo'));

  assert.ok(commands.length > 20 && said.length > 100, `${commands.length} commands, ${said.length} texts`);
  assertFree(planted, said.join('\n'), 'what was said');
  assertFree(planted, userData.join('\n'), 'user data');
  assertFree(planted, commands.join('\n'), 'a command line');
});

test('a leaked secret is detected', () => {
  const planted = { 'the key': '-----BEGIN\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49\n-----END' };
  const at = (text: string) => () => assertFree(planted, text, 'a text');
  const message = /a text holds secrets[^]*the key/;
  assert.throws(at('log: MIGHAgEAMBMGByqGSM49AgEGCCqGSM49'), { message });
  for (const before of ['', 'x', 'xy'])
    assert.throws(at(Buffer.from(`${before}MIGHAgEAMBMGByqGSM49AgEGCCqGSM49 more`).toString('base64')), { message });
  at('log: nothing of it')();
});

test("a drill's folder and reports hold no secret of the topology", async () => {
  const { intent, planted } = await intentWithSecrets();
  const system = await smallSystem();
  const { world } = system;
  const drill = noopDrill({ steadyMs: 1000, faultMs: 1000, recoveryMs: 5000 });
  const { environment, secrets } = intent.topology.service;
  const service = { ...world.topology.service, environment, secrets };
  const credential = { now: () => Promise.resolve(intent.serviceKeys?.toolKey), watch: () => () => undefined };
  const { directory } = await runDrill({ ...world, credential, topology: { ...world.topology, service } }, drill);
  await system.close();
  const files = await filesBelow(directory);
  assert.ok(files.some(({ path }) => path.endsWith('report.html')));
  for (const { path, text } of files) assertFree(planted, text, path);
});
