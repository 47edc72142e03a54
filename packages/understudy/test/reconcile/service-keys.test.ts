// The list of callers' keys and the secrets of service machines: brought to each of them without a restart, and never an older one over a newer one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret, unknown } from '@understudy/foundation';
import { serviceKeysPath } from '../../src/machines/index.ts';
import { observe } from '../../src/observe/index.ts';
import { keyListText, makeKey, readKeyList, type Intent } from '../../src/operation/index.ts';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import { sampleIntent, sampleServiceKeys, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const all = { confirm: confirmAll };
const labels = ['demo-service-1', 'demo-service-2'];

function withList(intent: Intent, generation: number): Intent {
  const { record } = makeKey({ id: 'web', scopes: ['read'] }, 0);
  const list = { generation, keys: [...sampleServiceKeys.list.keys, record] };
  return { ...intent, serviceKeys: { ...sampleServiceKeys, list } };
}

const planned = async (sim: SimulatedWorld, intent: Intent) => plan(intent, await observe(sim.world, intent.topology));
const peersPath = '/etc/understudy/service-peers';
const listOn = (sim: SimulatedWorld, label: string) => sim.machine(label).files.get(serviceKeysPath);

test('a new system has the keys before its service starts, for the service to read and root to write', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  const { done } = await apply(sim.world, intent, all);
  const order = done.map(({ id }) => String(id));
  for (const label of labels) {
    assert.ok(order.indexOf(`${label}/service-keys`) < order.indexOf(`${label}/service`), label);
    const { content, mode, owner } = listOn(sim, label) ?? {};
    assert.deepEqual([content, mode, owner], [keyListText(sampleServiceKeys.list), '0640', 'root:understudy']);
    const environment = sim.machine(label).files.get('/etc/understudy/service.env')?.content ?? '';
    assert.match(environment, /^AUTH="keys"$/m);
    assert.match(environment, /^PEER_SECRET_FILE="\/etc\/understudy\/service-peers"$/m);
    assert.ok(!environment.includes('p'.repeat(43)), 'the secret is in its file alone');
    const peers = { content: `${'p'.repeat(43)}\n`, mode: '0600', owner: 'understudy:understudy' };
    assert.deepEqual(sim.machine(label).files.get(peersPath), peers);
    assert.match(environment, /^AUTH_INSIDE="127\.0\.0\.0\/8,::1,10\.20\.0\.0\/24"$/m);
    assert.match(environment, /^AUTH_BALANCER="10\.20\.0\.248\/30"$/m);
  }
  assert.deepEqual(await planned(sim, intent), { steps: [], obstacles: [] });
});

test('a changed list is written on both machines, and no service is restarted', async () => {
  const before = await sampleIntent();
  await using sim = await simulatedWorld();
  await apply(sim.world, before, all);
  const after = withList(before, 2);
  const { steps } = await planned(sim, after);
  assert.deepEqual(
    steps.map(({ id, task }) => [String(id), task.kind]).sort(),
    labels.map((label) => [`${label}/service-keys`, 'service-keys-write']),
  );
  assert.equal(steps[0]?.reason, 'demo-service-1 has list 1 of the keys; 2 keys, list 2 is asked for.');
  const starts = labels.map((label) => sim.machine(label).serviceStarts);
  await apply(sim.world, after, all);
  assert.deepEqual(
    labels.map((label) => sim.machine(label).serviceStarts),
    starts,
  );
  for (const label of labels) assert.equal(readKeyList(listOn(sim, label)?.content ?? '')?.generation, 2);
  assert.deepEqual(await planned(sim, after), { steps: [], obstacles: [] });
});

test('another secret of service machines is written on both, and no service is restarted; a lost or readable one is repaired', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  const starts = labels.map((label) => sim.machine(label).serviceStarts);
  const peerSecrets = ['n', 'p'].map((letter) => new Secret(letter.repeat(43)));
  const changed = { ...intent, serviceKeys: { ...sampleServiceKeys, peerSecrets } };
  const { steps } = await planned(sim, changed);
  assert.deepEqual(
    steps.map(({ reason }) => reason),
    labels.map((label) => `${label} has another secret of the service machines than is asked for.`),
  );
  await apply(sim.world, changed, all);
  for (const label of labels) {
    const { files } = sim.machine(label);
    assert.equal(files.get(peersPath)?.content, `${'n'.repeat(43)}\n${'p'.repeat(43)}\n`);
  }
  sim.machine('demo-service-1').files.delete(peersPath);
  sim.machine('demo-service-2').files.get(peersPath)!.mode = '0644';
  assert.deepEqual(
    (await planned(sim, changed)).steps.map(({ reason }) => reason),
    [
      'demo-service-1 has no secret with which service machines know each other.',
      `${peersPath} on demo-service-2 has the mode 0644 instead of 0600.`,
    ],
  );
  await apply(sim.world, changed, all);
  assert.deepEqual(await planned(sim, changed), { steps: [], obstacles: [] });
  assert.deepEqual(
    labels.map((label) => sim.machine(label).serviceStarts),
    starts,
  );
});

test('a system whose secret was in the environment gets the file first, then each service is changed', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  for (const label of labels) {
    const { files } = sim.machine(label);
    files.delete(peersPath);
    const file = files.get('/etc/understudy/service.env')!;
    file.content = file.content.replace(/^PEER_SECRET_FILE=.*$/m, `PEER_SECRET="${'p'.repeat(43)}"`);
    sim
      .machine(label)
      .record('/run/understudy/service-started', [
        '/etc/understudy/service.env',
        '/etc/systemd/system/understudy-service.service',
      ]);
    sim
      .machine(label)
      .append('/run/understudy/service-started', `${sim.machine(label).links.get('/opt/understudy/current')}\n`);
  }
  const { done } = await apply(sim.world, intent, all);
  const order = done.map(({ id }) => String(id));
  assert.deepEqual(
    [...order].sort(),
    labels.flatMap((label) => [`${label}/service`, `${label}/service-keys`]),
  );
  for (const label of labels) assert.ok(order.indexOf(`${label}/service-keys`) < order.indexOf(`${label}/service`));
  assert.deepEqual(await planned(sim, intent), { steps: [], obstacles: [] });
});

test('a list with a key of the tool that this computer does not know is not overwritten, whatever its number', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  await apply(sim.world, withList(intent, 3), all);
  const { record } = makeKey({ id: 'understudy-tool', scopes: ['read'] }, 0);
  for (const generation of [2, 3, 4]) {
    const file = sim.machine('demo-service-1').files.get(serviceKeysPath)!;
    file.content = keyListText({ generation, keys: [record] });
    const { steps, obstacles } = await planned(sim, withList(intent, 3));
    assert.deepEqual(
      steps.filter(({ subject }) => subject === 'demo-service-1'),
      [],
    );
    assert.match(
      obstacles[0]?.reason ?? '',
      /does not know: another operator has exchanged the service keys.*understudy access/,
    );
  }
});

test('a list that another operator has changed is not overwritten', async () => {
  const older = await sampleIntent();
  await using sim = await simulatedWorld();
  await apply(sim.world, withList(older, 5), all);
  const { steps, obstacles } = await planned(sim, older);
  assert.deepEqual(steps, []);
  assert.equal(obstacles.length, 2);
  assert.match(obstacles[0]?.reason ?? '', /a newer list of keys \(5\) than this computer \(1\).*understudy keys list/);
});

test('while a machine has a later list, no other machine gets this one, also when it has none', async () => {
  const older = await sampleIntent();
  const newer = withList(older, 5);
  await using sim = await simulatedWorld();
  await apply(sim.world, newer, all);
  sim.machine('demo-service-2').files.delete(serviceKeysPath);
  const { steps, obstacles } = await planned(sim, older);
  assert.deepEqual(steps, []);
  assert.deepEqual(
    obstacles.map(({ subject }) => subject),
    labels,
  );
  assert.match(
    obstacles[1]?.reason ?? '',
    /has no keys of callers .* not brought, because demo-service-1 has a later list/,
  );
  const { steps: later } = await planned(sim, newer);
  assert.deepEqual(
    later.map(({ subject }) => subject),
    ['demo-service-2'],
  );
});

test('a damaged list, other rights and a missing file are repaired; an unread one is not', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  const [first, second] = labels.map((label) => sim.machine(label).files) as [Map<string, never>, Map<string, never>];
  sim.machine('demo-service-1').files.set(serviceKeysPath, { content: '{', mode: '0640', owner: 'root:understudy' });
  second.delete(serviceKeysPath);
  assert.match((await planned(sim, intent)).steps[0]?.reason ?? '', /no readable list of keys/);
  assert.match((await planned(sim, intent)).steps[1]?.reason ?? '', /demo-service-2 has no keys of callers/);
  await apply(sim.world, intent, all);
  const file = sim.machine('demo-service-1').files.get(serviceKeysPath);
  sim.machine('demo-service-1').files.set(serviceKeysPath, { ...file!, mode: '0644' });
  assert.match((await planned(sim, intent)).steps[0]?.reason ?? '', /has the mode 0644 instead of 0640/);
  await apply(sim.world, intent, all);
  assert.ok(first.has(serviceKeysPath));
  const seen = await observe(sim.world, intent.topology);
  const machine = seen.machines['demo-service-1'];
  assert.equal(machine?.state, 'seen');
  const unread = { ...machine.value, files: { ...machine.value.files, [serviceKeysPath]: unknown('no answer', 'x') } };
  const partial = { ...seen, machines: { ...seen.machines, 'demo-service-1': { ...machine, value: unread } } };
  const { steps, obstacles } = plan(intent, partial);
  assert.deepEqual(steps, []);
  assert.equal(obstacles.length, 1);
});

test('public: no keys on machines, and the service is told so', async () => {
  const intent = await sampleIntent(`${sampleText}service: { auth: public }\n`);
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  assert.equal(listOn(sim, 'demo-service-1'), undefined);
  const environment = sim.machine('demo-service-1').files.get('/etc/understudy/service.env')?.content ?? '';
  assert.match(environment, /^AUTH="public"$/m);
  assert.doesNotMatch(environment, /^(PEER_SECRET|AUTH_KEYS_FILE)/m);
  assert.equal(sim.machine('demo-service-1').files.get(peersPath), undefined);
});
