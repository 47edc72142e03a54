// Who may log in: keys that the topology names anew get access, keys that it no longer names lose it, on every machine, and nothing is
// restarted for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import { unknown } from '@understudy/foundation';
import { observe } from '../../src/observe/index.ts';
import type { Intent } from '../../src/operation/index.ts';
import { authorizedKeysPath } from '../../src/machines/index.ts';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const labels = [1, 2, 3].map((at) => `demo-search-${at}`).concat(['demo-service-1', 'demo-service-2']);
const all = { confirm: confirmAll };
const ann = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'ann' }).public;
const ben = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'ben' }).public;

const withKeys = (intent: Intent, ...keys: string[]): Intent => ({
  ...intent,
  authorizedKeys: [...intent.authorizedKeys.slice(0, 1), ...keys],
});

const keysOn = (sim: SimulatedWorld, label: string): string =>
  sim.machine(label).files.get(authorizedKeysPath)?.content ?? '';

async function planned(sim: SimulatedWorld, intent: Intent) {
  return plan(intent, await observe(sim.world, intent.topology));
}

test('new machines have their keys at once, and the second plan is empty', async () => {
  const intent = withKeys(await sampleIntent(), ann);
  await using sim = await simulatedWorld();
  const { done } = await apply(sim.world, intent, all);
  assert.deepEqual(
    done.filter(({ id }) => id.endsWith('/ssh-keys')),
    [],
  );
  for (const label of labels) assert.match(keysOn(sim, label), / ann$/m);
  assert.deepEqual((await planned(sim, intent)).steps, []);
});

test('a key that is named no longer is removed from every machine, one that is new gets access, and nothing else is done', async () => {
  const before = withKeys(await sampleIntent(), ann);
  await using sim = await simulatedWorld();
  await apply(sim.world, before, all);
  const after = withKeys(before, ben);
  const { steps } = await planned(sim, after);
  assert.deepEqual(
    steps.map(({ id }) => id as string).sort(),
    labels.map((label) => `${label}/ssh-keys`),
  );
  assert.match(steps[0]!.reason, /SHA256:\S+ \(ben\) has no access yet; SHA256:\S+ \(ann\) loses its access/);
  await apply(sim.world, after, all);
  for (const label of labels) {
    assert.match(keysOn(sim, label), / understudy$/m);
    assert.match(keysOn(sim, label), / ben$/m);
    assert.doesNotMatch(keysOn(sim, label), / ann$/m);
  }
  assert.deepEqual((await planned(sim, after)).steps, []);
});

test('a key that was added by hand is removed', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  const { files } = sim.machine('demo-service-1');
  const file = files.get(authorizedKeysPath)!;
  files.set(authorizedKeysPath, { ...file, content: `${file.content}${ann}\n` });
  assert.deepEqual(
    (await planned(sim, intent)).steps.map(({ id }) => id),
    ['demo-service-1/ssh-keys'],
  );
});

test('keys that could not be read are not replaced', async () => {
  const intent = withKeys(await sampleIntent(), ann);
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  const seen = await observe(sim.world, intent.topology);
  const machine = seen.machines['demo-service-1']!;
  assert.ok(machine.state === 'seen');
  const records = { ...machine.value.records, [authorizedKeysPath]: unknown('no answer', 'no-answer') };
  const partial = {
    ...seen,
    machines: { ...seen.machines, 'demo-service-1': { ...machine, value: { ...machine.value, records } } },
  };
  const { steps, obstacles } = plan(withKeys(intent, ben), partial);
  assert.ok(!steps.some(({ id }) => id === 'demo-service-1/ssh-keys'));
  assert.match(obstacles.map(({ reason }) => reason).join(), /authorized_keys/);
});
