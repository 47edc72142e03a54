// What must be so before anything is broken. Each refusal says what was seen; nothing has been touched by then.
import { UnderstudyError } from '@understudy/foundation';
import type { Drill } from '../drill.ts';
import type { MachineState } from '../../proof/index.ts';
import { searchMachines, type SystemUnderTest } from '../system-under-test.ts';
import { leftovers, machineStates } from './machine-state.ts';

const viewTimeoutMs = 5_000;

/** How long to wait for a system that is still recovering, for example from the drill before. */
const waitMs = 90_000;

/** Resolves when every precondition is met. Error: `drills-precondition` with every reason that stayed. */
export async function checkPreconditions(
  system: SystemUnderTest,
  drill: Drill,
  signal?: AbortSignal,
): Promise<MachineState[]> {
  const endMs = system.clock.monotonicMs() + waitMs;
  const unprotected = await snapshotReasons(system);
  for (;;) {
    const states = await machineStates(system);
    const passing = [...(await clusterReasons(system)), ...(await balancerReasons(system))];
    const lasting = [...leftovers(states), ...unprotected];
    if (passing.length + lasting.length === 0) return states;
    if (lasting.length > 0 || system.clock.monotonicMs() > endMs)
      throw refusal(system, drill, [...lasting, ...passing]);
    system.logger({ level: 'info', subject: drill.name, text: `waiting: ${passing[0] ?? ''}` });
    await system.clock.sleep(2_000, signal);
  }
}

function refusal(system: SystemUnderTest, drill: Drill, reasons: readonly string[]): UnderstudyError {
  return new UnderstudyError(
    'drills-precondition',
    `${drill.name} was not started on ${system.topology.name}: ${reasons.join('; ')}. Repair that first (see \`understudy status\`), then run it again.`,
    { facts: { reasons } },
  );
}

async function clusterReasons(system: SystemUnderTest): Promise<string[]> {
  const wanted = system.topology.search.nodes;
  const machines = searchMachines(system);
  const views = await Promise.all(machines.map(({ label }) => system.engine.view(label, viewTimeoutMs)));
  return machines.flatMap(({ label }, at) => {
    const view = views[at];
    if (!view) return [`the engine on ${label} does not answer`];
    if (view.status === 'green' && view.nodes === wanted && view.master !== null) return [];
    return [
      `${label} sees a ${view.status} cluster of ${view.nodes} nodes and ${view.master ?? 'no node'} elected; expected green with ${wanted}`,
    ];
  });
}

async function balancerReasons(system: SystemUnderTest): Promise<string[]> {
  if (system.balancer.urls.length === 0) return ['the balancer has no listener'];
  const nodes = await system.balancer.nodes();
  if (nodes.length === 0) return ['the balancer has no backends'];
  return nodes
    .filter((node) => node.status !== 'UP' || node.mode !== 'accept')
    .map((node) => `the balancer says ${node.label} is ${node.status} in mode ${node.mode}`);
}

/** What a drill may lose on a real region must be restorable. */
async function snapshotReasons(system: SystemUnderTest): Promise<string[]> {
  if (system.snapshot === null) return [];
  const { maxAgeHours } = system.snapshot;
  const index = system.topology.search.index.name;
  const rule = `drills.snapshot allows ${maxAgeHours} h; take one, or set drills: {snapshot: not-required}`;
  try {
    const newest = await system.engine.newestSnapshot();
    if (newest === undefined) return [`no snapshot repository holds a complete snapshot of ${index} (${rule})`];
    const ageHours = (system.clock.now() - newest.startedMs) / 3_600_000;
    if (ageHours <= maxAgeHours) return [];
    return [
      `the newest snapshot of ${index}, ${newest.name} in ${newest.repository}, is ${ageHours.toFixed(1)} h old (${rule})`,
    ];
  } catch (error) {
    if (!(error instanceof UnderstudyError)) throw error;
    return [`whether there is a snapshot of ${index} cannot be seen: ${error.message} (${rule})`];
  }
}
