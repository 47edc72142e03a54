// The balancer's backends of the service machines: who serves, who is drained, who accepts requests again. Stops no service.
import { UnderstudyError } from '@understudy/foundation';
import type { NodeBalancerNode } from '../../linode/index.ts';
import type { ObservedBalancer } from '../../observe/index.ts';
import { machineNamed, machinesFor } from '../../operation/index.ts';
import { backendBody, privateAddressOf } from '../plan/balancer-shape.ts';
import { portOf } from '../plan/in-use.ts';
import { needed } from './found.ts';
import type { StepContext } from './step-context.ts';

/** A started backend becomes UP after the configured number of checks; Linode reports it up to a minute later. */
const upWithinMs = 180_000;

/** The current listeners of the balancer, or the one with this id; empty without a balancer. */
async function listenersWithNodes(
  { world, found }: StepContext,
  listenerId?: number,
): Promise<ObservedBalancer['configs']> {
  const { balancer } = found;
  if (!balancer) return [];
  const { configs, nodes } = world.linode.nodeBalancers;
  const chosen = (await configs.list(balancer.id)).filter(({ id }) => listenerId === undefined || id === listenerId);
  return Promise.all(chosen.map(async (config) => ({ config, nodes: await nodes.list(balancer.id, config.id) })));
}

function serves({ status, mode }: NodeBalancerNode): boolean {
  return status === 'UP' && mode === 'accept';
}

/** The machines to which the balancer sends requests of this port. */
export async function servingOn(context: StepContext, port: number): Promise<string[]> {
  const listeners = await listenersWithNodes(context);
  return listeners.flatMap(({ config, nodes }) =>
    config.port === port ? nodes.filter(serves).map(({ label }) => label) : [],
  );
}

/**
 * Waits until another service machine is UP and accepts requests on every listener on which this one does. Returns at once when
 * this machine gets no requests. Error: `reconcile-no-other-backend`, and nothing was changed.
 */
export async function awaitOthersServe(context: StepContext, label: string, listenerId?: number): Promise<void> {
  const { world, intent } = context;
  if (machinesFor(intent, 'service').length < 2) return;
  const end = world.clock.monotonicMs() + upWithinMs;
  for (;;) {
    const alone = (await listenersWithNodes(context, listenerId)).flatMap(({ config, nodes }) => {
      const serving = nodes.filter(serves);
      return serving.length > 0 && serving.every((node) => node.label === label) ? [config.port] : [];
    });
    if (alone.length === 0) return;
    if (world.clock.monotonicMs() > end) {
      throw new UnderstudyError(
        'reconcile-no-other-backend',
        `On port ${alone.join(' and ')} ${label} is the only backend that is UP, so it is not taken out. Repair the others first: understudy status.`,
        { facts: { label, ports: alone } },
      );
    }
    await world.clock.sleep(1000, context.signal);
  }
}

/**
 * `served`: it got requests before, so some may be under way. `ports`: those of the machine on which it got them. `checkPath`: what the
 * balancer's check asks there; undefined where it only connects.
 */
export interface Drained {
  readonly changed: boolean;
  readonly served: boolean;
  readonly ports: readonly number[];
  readonly checkPath: string | undefined;
}

/** Sets the mode `drain` on every listener where the machine accepts requests. Does not wait for the effect. */
export async function drainBackends(context: StepContext, label: string, listenerId?: number): Promise<Drained> {
  const { linode } = context.world;
  let drained: Drained = { changed: false, served: false, ports: [], checkPath: undefined };
  for (const { config, nodes } of await listenersWithNodes(context, listenerId)) {
    const node = nodes.find((candidate) => candidate.label === label);
    if (!node) continue;
    // One that an interrupted run has drained may have requests under way too.
    const ports = [...new Set([...drained.ports, portOf(node.address)])];
    // One that only connects may keep the path of an earlier check.
    const asks = config.check === 'http' || config.check === 'http_body';
    const checkPath = drained.checkPath ?? (asks ? (config.check_path ?? undefined) : undefined);
    drained = { ...drained, served: drained.served || node.status === 'UP', ports, checkPath };
    if (node.mode !== 'accept') continue;
    await linode.nodeBalancers.nodes.update(config.nodebalancer_id, config.id, node.id, { mode: 'drain' });
    drained = { ...drained, changed: true };
  }
  return drained;
}

/** Makes the machine's backends as the topology has them, in mode `accept`, at this port. Changes nothing that is right. */
export async function acceptBackends(context: StepContext, label: string, port: number): Promise<void> {
  const { world, intent, found } = context;
  for (const { config, nodes } of await listenersWithNodes(context)) {
    const node = nodes.find((candidate) => candidate.label === label);
    if (!node) continue;
    const route = {
      subnetId: needed(found.subnetId, 'the subnet'),
      privateAddress: privateAddressOf(found.instances.get(label)),
    };
    const body = backendBody(intent.topology, machineNamed(intent, label), route, port);
    if (node.mode === body.mode && node.address === body.address && node.weight === body.weight) continue;
    await world.linode.nodeBalancers.nodes.update(config.nodebalancer_id, config.id, node.id, body);
  }
}

/** Ports on which the machine's backend does not get requests; empty also where it has no backend. */
export async function portsNotServed(context: StepContext, label: string): Promise<number[]> {
  return (await listenersWithNodes(context)).flatMap(({ config, nodes }) => {
    const node = nodes.find((candidate) => candidate.label === label);
    return node && !serves(node) ? [config.port] : [];
  });
}

/** Waits until the machine's backends are UP. Resolves with false when they are not in time. */
export async function awaitUp(context: StepContext, label: string, withinMs = upWithinMs): Promise<boolean> {
  const { clock } = context.world;
  const end = clock.monotonicMs() + withinMs;
  while ((await portsNotServed(context, label)).length > 0) {
    if (clock.monotonicMs() > end) return false;
    await clock.sleep(1000, context.signal);
  }
  return true;
}

/** A service machine other than this one that is UP and accepts requests on some listener. */
export async function anotherServing(context: StepContext, label: string): Promise<string | undefined> {
  const nodes = (await listenersWithNodes(context)).flatMap((listener) => listener.nodes);
  return nodes.find((node) => node.label !== label && serves(node) && context.found.instances.has(node.label))?.label;
}

/** Listener and backend, of those that are UP. */
export type BackendsUp = ReadonlySet<string>;

export async function backendsUp(context: StepContext): Promise<BackendsUp> {
  const up = (await listenersWithNodes(context)).flatMap(({ config, nodes }) =>
    nodes.filter(serves).map(({ label }) => `${label} on port ${config.port}`),
  );
  return new Set(up);
}

/** Waits until all of these are UP again. Error: `reconcile-backends-down`. */
export async function awaitBackendsUp(context: StepContext, before: BackendsUp): Promise<void> {
  const { clock } = context.world;
  const end = clock.monotonicMs() + upWithinMs;
  for (;;) {
    const now = await backendsUp(context);
    const down = [...before].filter((backend) => !now.has(backend));
    if (down.length === 0) return;
    if (clock.monotonicMs() > end) {
      throw new UnderstudyError(
        'reconcile-backends-down',
        `After the change of the balancer ${down.join(', ')} did not become UP within ${upWithinMs / 1000} s. ` +
          'See what the check asks for (balancer.check in the topology), and what the service answers: understudy status.',
        { facts: { down } },
      );
    }
    await clock.sleep(1000, context.signal);
  }
}
