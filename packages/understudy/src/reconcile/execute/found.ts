// The Linode objects that are known while a plan runs: those of the observation and those that its steps create. The ids are a
// cache for this run; the API is authoritative.
import type { Instance, NodeBalancer } from '../../linode/index.ts';
import type { ObservedObjects } from '../../observe/index.ts';
import { balancerLabel, subnetLabel, type Topology } from '../../topology/index.ts';

export class Found {
  vpcId: number | undefined;
  subnetId: number | undefined;
  balancer: NodeBalancer | undefined;
  /** Label -> id. */
  readonly firewalls = new Map<string, number>();
  readonly placementGroups = new Map<string, number>();
  readonly instances = new Map<string, Instance>();
  /** Port -> id. */
  readonly listeners = new Map<number, number>();

  /** Changes of running service machines that were begun in this run: the first of them is the canary. */
  serviceChanges = 0;
  /** Why no further service machine is changed in this run. */
  serviceFailure: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(objects: ObservedObjects, topology: Topology) {
    const vpc = objects.vpcs[0];
    this.vpcId = vpc?.id;
    this.subnetId = vpc?.subnets.find(({ label }) => label === subnetLabel(topology.name))?.id;
    const balancer = objects.balancers.find((seen) => seen.balancer.label === balancerLabel(topology.name));
    this.balancer = balancer?.balancer;
    for (const { firewall } of objects.firewalls) this.firewalls.set(firewall.label, firewall.id);
    for (const group of objects.placementGroups) this.placementGroups.set(group.label, group.id);
    for (const instance of objects.instances) this.instances.set(instance.label, instance);
    for (const { config } of balancer?.configs ?? []) this.listeners.set(config.port, config.id);
  }

  /** Runs one piece of work at a time: who decides that a machine may be taken out must see what was decided before. */
  serviceTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** Throws when a step runs before the one that creates what it needs: a bug in the plan. */
export function needed<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`the plan has no step that makes ${what}`);
  return value;
}
