// `search.index.durability` reaches the template, a new index and one that is there already, both ways.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, plan, confirmUnlessDestructive } from '../../src/reconcile/index.ts';
import { observe } from '../../src/observe/index.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const asyncText = sampleText.replace('shards: 3', 'shards: 3, durability: async');

function stored({ clusters }: SimulatedWorld) {
  const [identity] = [...clusters.identities.values()];
  const template = identity?.templates.get('documents') as {
    template: { settings: { index: { translog: { durability: string } } } };
  };
  return {
    template: template.template.settings.index.translog.durability,
    index: identity?.indices.get('documents')?.durability,
  };
}

for (const [first, then] of [
  ['request', 'async'],
  ['async', 'request'],
] as const) {
  test(`a system made with ${first} is changed to ${then} where it runs, and then nothing is left to do`, async () => {
    const intents = { request: await sampleIntent(), async: await sampleIntent(asyncText) };
    await using sim = await simulatedWorld();
    await apply(sim.world, intents[first], { confirm: confirmUnlessDestructive });
    assert.deepEqual(stored(sim), { template: first, index: first });
    const changed = { ...intents[first], topology: intents[then].topology };
    const { steps } = plan(changed, await observe(sim.world, changed.topology));
    assert.deepEqual(
      steps.map(({ id, reason }) => [id, reason]),
      [
        ['demo-cluster/template', 'The index template documents differs from the intended one.'],
        ['demo-cluster/index', `The index documents has translog durability '${first}' instead of '${then}'.`],
      ],
    );
    await apply(sim.world, changed, { confirm: confirmUnlessDestructive });
    assert.deepEqual(stored(sim), { template: then, index: then });
    assert.deepEqual(plan(changed, await observe(sim.world, changed.topology)), { steps: [], obstacles: [] });
  });
}
