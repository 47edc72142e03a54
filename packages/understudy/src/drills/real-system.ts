// The system under test of a real topology, built from the ports that status and apply use.
import { dialectOf, engineLayouts } from '../engines/index.ts';
import { UnderstudyError } from '@understudy/foundation';
import { serviceUnit } from '../machines/index.ts';
import { engineHosts, observeObjects, targetOf, type ObservedBalancer, type World } from '../observe/index.ts';
import { machinePlans, redirectListener, type Listener, type Topology } from '../topology/index.ts';
import type { BalancerNodeSample } from '../proof/index.ts';
import { enginePort } from './engine-port.ts';
import type { BalancerPort, SystemUnderTest } from './system-under-test.ts';

/** What the target, the operator's machine and this process add: not to be read from the topology. */
type SystemExtras = Pick<
  SystemUnderTest,
  'credential' | 'power' | 'disk' | 'snapshot' | 'runsDirectory' | 'exchange' | 'selfCommand' | 'startGuard'
>;

/** Error: `drills-incomplete` when machines or the balancer of the topology do not exist; those of the Linode client. */
export async function systemUnderTest(
  world: World,
  topology: Topology,
  extras: SystemExtras,
): Promise<SystemUnderTest> {
  const { instances, balancers } = await observeObjects(world.linode, topology.name);
  const balancer = balancers[0];
  const plans = machinePlans(topology);
  const missing = plans.filter(
    (plan) => !instances.some(({ label, status }) => label === plan.label && status === 'running'),
  );
  if (missing.length > 0 || !balancer) {
    const names = [...missing.map(({ label }) => label), ...(balancer ? [] : ['the balancer'])];
    throw new UnderstudyError(
      'drills-incomplete',
      `${topology.name} is incomplete, so no fault is injected; not running: ${names.join(', ')}. Run \`understudy apply\` first.`,
      { facts: { missing: names } },
    );
  }
  const machines = plans.flatMap(({ label, role, vpcAddress }) => {
    const instance = instances.find((candidate) => candidate.label === label);
    return instance ? [{ label, role, vpcAddress, address: targetOf(instance).address }] : [];
  });
  const { engine, index } = topology.search;
  return {
    topology,
    machines,
    runner: world.runner,
    engine: enginePort(world.transportFor(engineHosts(topology, instances)), dialectOf(topology.search), {
      index: index.name,
      markField: topology.drills.workload === undefined ? 'content' : null,
    }),
    balancer: balancerPort(world, topology, balancer),
    units: { engine: engineLayouts[engine].unit, service: serviceUnit },
    engineDataDirectory: engineLayouts[engine].dataDirectory,
    clock: world.clock,
    logger: world.logger,
    ...extras,
  };
}

function balancerPort(
  { linode }: Pick<World, 'linode'>,
  topology: Topology,
  { balancer, configs }: ObservedBalancer,
): BalancerPort {
  const listed = async () =>
    (await Promise.all(configs.map(({ config }) => linode.nodeBalancers.nodes.list(balancer.id, config.id)))).flat();
  const portOf = new Map(configs.map(({ config }) => [config.id, config.port]));
  return {
    // A listener that only sends users to another one serves nobody.
    urls: topology.balancer.listeners
      .filter(({ protocol }) => protocol === 'https' || redirectListener(topology) === undefined)
      .sort(httpFirst)
      .map((listener) => urlOf(balancer.ipv4, listener)),
    async nodes() {
      return (await listed()).map((node) => ({
        label: configs.length > 1 ? `${node.label} :${portOf.get(node.config_id) ?? 0}` : node.label,
        status: statusOf(node.status),
        mode: node.mode,
      }));
    },
    async setMode(machine, mode) {
      const own = (await listed()).filter((node) => node.label === machine);
      await Promise.all(
        own.map((node) => linode.nodeBalancers.nodes.update(balancer.id, node.config_id, node.id, { mode })),
      );
    },
  };
}

/** Linode writes the unknown status in two ways, and may add others. */
function statusOf(status: string): BalancerNodeSample['status'] {
  return status === 'UP' || status === 'DOWN' ? status : 'Unknown';
}

function httpFirst(a: Listener, b: Listener): number {
  return Number(a.protocol === 'https') - Number(b.protocol === 'https') || a.port - b.port;
}

function urlOf(address: string, { protocol, port }: Listener): string {
  const usual = protocol === 'https' ? 443 : 80;
  return `${protocol}://${address}${port === usual ? '' : `:${port}`}`;
}
