// By how much the clock of a machine differs from this computer's: what lies outside of question and answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observe, type World } from '../../src/observe/index.ts';
import { apply, confirmAll } from '../../src/reconcile/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const intent = await sampleIntent();

/** A look for which each machine is asked at 1,700,000,000,000 and answers two seconds later, with the given time. */
async function lookAt(
  { world: simulated }: SimulatedWorld,
  timesMs: Readonly<Record<string, number>>,
): Promise<Readonly<Record<string, number>>> {
  let answered = 0;
  const machines = Object.keys(timesMs).length;
  const { runner, clock } = simulated;
  const world: World = {
    ...simulated,
    clock: { ...clock, now: () => (answered < machines ? 1_700_000_000_000 : 1_700_000_002_000) },
    runner: {
      ...runner,
      run: async (target, argv, options) => {
        const result = await runner.run(target, argv, options);
        const time = timesMs[target.label];
        if (time === undefined || !argv.includes('now')) return result;
        answered += 1;
        while (answered < machines) await new Promise((resolve) => setTimeout(resolve, 1));
        return { ...result, stdout: result.stdout.replace('now\t-\tabsent', `now\t-\tseen\t${time}`) };
      },
    },
  };
  return (await observe(world, intent.topology)).clocksAheadMs;
}

test('a time between question and answer is no difference', async () => {
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, { confirm: confirmAll });
  assert.deepEqual(
    await lookAt(sim, {
      'demo-search-1': 1_700_000_000_000,
      'demo-search-2': 1_700_000_002_000,
      'demo-search-3': 1_699_999_997_000,
      'demo-service-1': 1_700_000_063_000,
    }),
    { 'demo-search-1': 0, 'demo-search-2': 0, 'demo-search-3': -3_000, 'demo-service-1': 61_000 },
  );
});
