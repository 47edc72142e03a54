// One run of the tool against an API with realistic faults, in a seeded mix, and the failures found afterwards.
import type { FaultRule } from '@understudy/lab/region';
import { apply, destroy, plan, confirmAll } from '../../src/reconcile/index.ts';
import type { Intent } from '../../src/operation/index.ts';
import { observe, type World } from '../../src/observe/index.ts';
import { simulatedWorld, type SimulatedWorld } from './simulated-world.ts';

const hostile: readonly FaultRule[] = [
  { kind: 'drop-after', method: 'POST', probability: 0.3 },
  { kind: 'drop-after', method: 'GET', probability: 0.05 },
  { kind: 'drop-before', probability: 0.05 },
  { kind: 'unavailable', probability: 0.05 },
  { kind: 'rate-limit', probability: 0.05, retryAfterS: 1 },
  { kind: 'timeout', probability: 0.02, delayMs: 5000 },
  { kind: 'slow-provisioning', probability: 0.3, delayMs: 40_000 },
  { kind: 'boot-failure', probability: 0.2, times: 2 },
  { kind: 'pending-delete', probability: 0.2, delayMs: 20_000 },
  { kind: 'reorder-events' },
  { kind: 'unknown-fields' },
  { kind: 'unknown-enum', match: '^/linode/instances', probability: 0.02 },
];

/** The objects of the sample topology: the region must contain each, and must have created each exactly once. */
const asked = { machines: 5, vpcs: 1, subnets: 1, firewalls: 3, placementGroups: 2, balancers: 1, backends: 2 };

/** Repeats until success, as a person would; returns the last failure when it never succeeds. */
export async function insist(work: () => Promise<unknown>, runs = 5): Promise<Error | undefined> {
  let failure: Error | undefined;
  for (let run = 1; run <= runs; run += 1) {
    try {
      await work();
      return undefined;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
  }
  return failure;
}

/** The existing objects. */
export function objectsIn({ region: { store } }: SimulatedWorld): typeof asked {
  return {
    machines: store.machines.size,
    vpcs: store.vpcs.size,
    subnets: store.subnets.size,
    firewalls: store.firewalls.size,
    placementGroups: store.placementGroups.size,
    balancers: store.balancers.size,
    backends: store.balancerNodes.size,
  };
}

/** All objects that were created, from the region's events: an object that was created twice and deleted still counts. */
function madeIn({ region: { store } }: SimulatedWorld): Omit<typeof asked, 'backends' | 'subnets'> {
  const actions = Map.groupBy(store.events.values(), ({ action }) => action);
  const made = (action: string): number => actions.get(action)?.length ?? 0;
  return {
    machines: made('linode_create'),
    vpcs: made('vpc_create'),
    firewalls: made('firewall_create'),
    placementGroups: made('placement_group_create'),
    balancers: made('nodebalancer_create'),
  };
}

/**
 * Applies and destroys the sample topology under the mix of this seed; returns a sentence for all that is wrong. `tampered`
 * may put a fault into the tool's own way to the region.
 */
export async function hostileRun(
  intent: Intent,
  seed: number,
  tampered: (world: World) => World = (world) => world,
): Promise<string[]> {
  await using sim = await simulatedWorld({ factor: 400 });
  const world = tampered(sim.world);
  const problems: string[] = [];
  const report = (problem: string): void => void problems.push(`seed ${seed}: ${problem}`);
  const compare = (what: string, seen: object): void => {
    for (const [kind, count] of Object.entries(seen)) {
      const right = asked[kind as keyof typeof asked];
      if (count !== right) report(`${what} ${count} ${kind} instead of ${right}`);
    }
  };

  sim.region.faults.set(hostile, seed);
  const failure = await insist(() => apply(world, intent, { confirm: confirmAll }));
  if (failure !== undefined) report(`apply does not converge: ${failure.message}`);
  sim.region.faults.set([], seed);
  const { steps, obstacles } = plan(intent, await observe(sim.world, intent.topology));
  for (const { reason } of [...steps, ...obstacles]) report(`after apply it is not as asked: ${reason}`);
  compare('there are', objectsIn(sim));
  compare('there were made', madeIn(sim));
  if (sim.clusters.identities.size !== 1) report(`${sim.clusters.identities.size} search clusters were formed`);

  sim.region.faults.set(hostile, seed + 1000);
  const unfinished = await insist(() => destroy(world, intent.topology.name));
  if (unfinished !== undefined) report(`destroy does not converge: ${unfinished.message}`);
  for (const [kind, count] of Object.entries(objectsIn(sim))) {
    if (count > 0) report(`destroy left ${count} ${kind}`);
  }
  return problems;
}
