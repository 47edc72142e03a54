// What a change of the service does with a topology: the scripts that go to the machines, and what waits for what. On a clock that only waits
// move, so that the same topology does the same.
import { plan, rollService } from '../../src/reconcile/index.ts';
import type { Intent } from '../../src/operation/index.ts';
import { observe, type World } from '../../src/observe/index.ts';
import type { SimulatedWorld } from '../simulation/simulated-world.ts';

/** Restarts the service while one connection to each machine stays open. */
export async function rolloutEffects(sim: SimulatedWorld, intent: Intent): Promise<string[]> {
  const next = { ...intent, release: { ...intent.release, id: 'b'.repeat(16) } };
  const { steps } = plan(next, await observe(sim.world, intent.topology));
  const order = steps.map(({ id, after }) => `${id} after ${after.join(' ')}`);
  for (const { label } of sim.region.store.machines.values()) sim.machine(label).connections = '10.20.0.250:40000\n';
  let nowMs = 0;
  const scripts: string[] = [];
  const world: World = {
    ...sim.world,
    clock: {
      now: () => nowMs,
      monotonicMs: () => nowMs,
      sleep: (ms) => {
        nowMs += ms;
        return Promise.resolve();
      },
    },
    runner: {
      ...sim.world.runner,
      run: (target, argv, options) => {
        if (typeof options?.stdin === 'string') scripts.push(`${target.label}: ${options.stdin}`);
        return sim.world.runner.run(target, argv, options);
      },
    },
  };
  await rollService(world, intent, { reason: 'a restart' });
  return [...order, ...scripts.toSorted()];
}
