// What must be so before anything is broken. Each refusal says what was seen; nothing has been touched by then.
import { UnderstudyError } from '../../ground/index.ts';
import type { Drill } from '../drill.ts';
import type { MachineState } from '../history/records.ts';
import { searchMachines, type DrillWorld } from '../world.ts';
import { leftovers } from './machine-state.ts';

const viewTimeoutMs = 5_000;

/** Error: `drills-precondition` with every reason. */
export async function checkPreconditions(
  world: DrillWorld,
  drill: Drill,
  states: readonly MachineState[],
): Promise<void> {
  const reasons = [...(await clusterReasons(world)), ...(await balancerReasons(world)), ...leftovers(states)];
  if (reasons.length === 0) return;
  throw new UnderstudyError(
    'drills-precondition',
    `${drill.name} was not started on ${world.topology.name}: ${reasons.join('; ')}. Mend that first (\`understudy status\` tells more), then run it again.`,
    { facts: { reasons } },
  );
}

async function clusterReasons(world: DrillWorld): Promise<string[]> {
  const wanted = world.topology.search.nodes;
  const machines = searchMachines(world);
  const views = await Promise.all(machines.map(({ label }) => world.engine.view(label, viewTimeoutMs)));
  return machines.flatMap(({ label }, at) => {
    const view = views[at];
    if (!view) return [`the engine on ${label} does not answer`];
    if (view.status === 'green' && view.nodes === wanted && view.master !== null) return [];
    return [
      `${label} sees a ${view.status} cluster of ${view.nodes} nodes and ${view.master ?? 'nobody'} elected; wanted green with ${wanted}`,
    ];
  });
}

async function balancerReasons(world: DrillWorld): Promise<string[]> {
  if (world.balancer.urls.length === 0) return ['the balancer has no listener'];
  const nodes = await world.balancer.nodes();
  if (nodes.length === 0) return ['the balancer has no backends'];
  return nodes
    .filter((node) => node.status !== 'UP' || node.mode !== 'accept')
    .map((node) => `the balancer says ${node.label} is ${node.status} in mode ${node.mode}`);
}
