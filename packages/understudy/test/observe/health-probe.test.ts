// The health path of a service is asked for on its machine only where the balancer has it DOWN: only there the answer is needed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observe, type World } from '../../src/observe/index.ts';
import { apply, confirmAll } from '../../src/reconcile/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

test('the health path is asked for on a machine that is DOWN, and on no other', async () => {
  await using sim = await simulatedWorld();
  const intent = await sampleIntent();
  await apply(sim.world, intent, { confirm: confirmAll });
  const asked: string[] = [];
  let down = '';
  const { runner, linode } = sim.world;
  const { nodes } = linode.nodeBalancers;
  const world: World = {
    ...sim.world,
    linode: Object.assign(Object.create(linode) as typeof linode, {
      nodeBalancers: Object.assign(Object.create(linode.nodeBalancers) as typeof linode.nodeBalancers, {
        nodes: Object.assign(Object.create(nodes) as typeof nodes, {
          list: async (...ids: Parameters<typeof nodes.list>) =>
            (await nodes.list(...ids)).map((node) => (node.label === down ? { ...node, status: 'DOWN' } : node)),
        }),
      }),
    }),
    runner: {
      ...runner,
      run: (target, argv, options) => {
        if (argv.includes('health')) asked.push(target.label);
        return runner.run(target, argv, options);
      },
    },
  };
  await observe(world, intent.topology);
  assert.deepEqual(asked, []);
  down = 'demo-service-2';
  await observe(world, intent.topology);
  assert.deepEqual(asked, ['demo-service-2']);
});
