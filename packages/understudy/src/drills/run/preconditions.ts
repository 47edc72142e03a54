// What must be so before anything is broken. Each refusal says what was seen; nothing has been touched by then.
import { UnderstudyError } from '@understudy/foundation';
import type { Drill } from '../drill.ts';
import type { MachineState } from '../../proof/index.ts';
import { searchMachines, type DrillWorld } from '../world.ts';
import { leftovers, machineStates } from './machine-state.ts';

const viewTimeoutMs = 5_000;

/** How long a system that is still coming together is waited for: the one before may have been a drill. */
const patienceMs = 90_000;

/** Resolves when every precondition is met. Error: `drills-precondition` with every reason that stayed. */
export async function checkPreconditions(
  world: DrillWorld,
  drill: Drill,
  signal?: AbortSignal,
): Promise<MachineState[]> {
  const endMs = world.clock.monotonicMs() + patienceMs;
  const unprotected = await snapshotReasons(world);
  for (;;) {
    const states = await machineStates(world);
    const passing = [...(await clusterReasons(world)), ...(await balancerReasons(world))];
    const lasting = [...leftovers(states), ...unprotected];
    if (passing.length + lasting.length === 0) return states;
    if (lasting.length > 0 || world.clock.monotonicMs() > endMs) throw refusal(world, drill, [...lasting, ...passing]);
    world.logger({ level: 'info', subject: drill.name, text: `waiting: ${passing[0] ?? ''}` });
    await world.clock.sleep(2_000, signal);
  }
}

function refusal(world: DrillWorld, drill: Drill, reasons: readonly string[]): UnderstudyError {
  return new UnderstudyError(
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

/** What a drill may lose on a real region must be restorable. */
async function snapshotReasons(world: DrillWorld): Promise<string[]> {
  if (world.snapshot === null) return [];
  const { maxAgeHours } = world.snapshot;
  const index = world.topology.search.index.name;
  const rule = `drills.snapshot allows ${maxAgeHours} h; take one, or set drills: {snapshot: not-required}`;
  try {
    const newest = await world.engine.newestSnapshot();
    if (newest === undefined) return [`no snapshot repository holds a complete snapshot of ${index} (${rule})`];
    const ageHours = (world.clock.now() - newest.startedMs) / 3_600_000;
    if (ageHours <= maxAgeHours) return [];
    return [
      `the newest snapshot of ${index}, ${newest.name} in ${newest.repository}, is ${ageHours.toFixed(1)} h old (${rule})`,
    ];
  } catch (error) {
    if (!(error instanceof UnderstudyError)) throw error;
    return [`whether there is a snapshot of ${index} cannot be seen: ${error.message} (${rule})`];
  }
}
