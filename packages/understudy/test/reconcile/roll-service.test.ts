// Rolling outside of a plan: a release, an earlier one, a restart; and what is refused before anything is changed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, clearRejected, confirmAll, rollService } from '../../src/reconcile/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

const labels = ['demo-service-1', 'demo-service-2'];
const newId = 'b'.repeat(16);
const linkOf = (id: string): string => `/opt/understudy/releases/${id}`;

test('a release is deployed, the earlier one is made current again, and a restart changes none', async () => {
  await using sim = await simulatedWorld();
  const intent = await sampleIntent();
  await apply(sim.world, intent, { confirm: confirmAll });
  const next = { ...intent, release: { ...intent.release, id: newId } };
  const current = (): unknown[] => labels.map((label) => sim.machine(label).links.get('/opt/understudy/current'));
  const starts = (): number[] => labels.map((label) => sim.machine(label).serviceStarts);
  assert.deepEqual(await rollService(sim.world, next, { reason: 'a new release', release: 'intended' }), {
    changed: labels,
  });
  assert.deepEqual(current(), [linkOf(newId), linkOf(newId)]);
  await rollService(sim.world, next, { reason: 'back', release: { id: intent.release.id } });
  assert.deepEqual(current(), [linkOf(intent.release.id), linkOf(intent.release.id)]);
  assert.deepEqual(starts(), [3, 3]);
  await rollService(sim.world, next, { reason: 'a restart', machines: ['demo-service-2'] });
  assert.deepEqual(starts(), [3, 4]);
  assert.deepEqual(current(), [linkOf(intent.release.id), linkOf(intent.release.id)]);
});

test('a release that is missing on a machine changes none, and a rejected one goes again only when its record is cleared', async () => {
  await using sim = await simulatedWorld();
  const intent = await sampleIntent();
  await apply(sim.world, intent, { confirm: confirmAll });
  const next = { ...intent, release: { ...intent.release, id: newId } };
  await assert.rejects(rollService(sim.world, next, { reason: 'back', release: { id: 'c'.repeat(16) } }), {
    code: 'reconcile-release-missing',
  });
  for (const label of labels) sim.machine(label).broken.add(newId);
  const deploy = () => rollService(sim.world, next, { reason: 'a new release', release: 'intended' });
  await assert.rejects(deploy(), { code: 'reconcile-release-rejected' });
  await assert.rejects(deploy(), { code: 'reconcile-release-recorded' });
  for (const label of labels) sim.machine(label).broken.clear();
  await assert.rejects(deploy(), { code: 'reconcile-release-recorded' });
  await clearRejected(sim.world, next);
  assert.deepEqual(await deploy(), { changed: labels });
});
