// Why a backend is down whose machine is well: a firewall on the way, the passive check, or something between the two.
import { instanceNamed, type Observation } from '../../observe/index.ts';
import { letsIn, type Topology } from '../../topology/index.ts';
import type { View } from '../finding.ts';
import type { Why } from './health-cause.ts';

/** The machine is well: the balancer does not reach it, or something else than its check put it out. */
export function wayCause(
  { observation, topology }: Pick<View, 'observation' | 'topology'>,
  name: string,
  well: string,
): Why {
  const { port } = topology.service;
  const closed = closedFirewall(observation, topology, name);
  if (closed !== undefined)
    return {
      cause: 'firewall',
      why: `${well}, but the firewall ${closed} does not let the balancer in on port ${port}`,
    };
  const again = 'Look again: understudy status';
  if (isPassive(observation))
    return {
      cause: 'passive-check',
      why:
        `${well}, so its checks pass: the passive check put it out, because a user's request was answered with 5xx or not at ` +
        'all, or it is just coming back',
      repair: `${again}. If it comes back and goes again, see docs/balancer-checks.md`,
    };
  return {
    cause: 'unreached',
    why: `${well}, so the balancer does not reach it, or it is just coming back`,
    repair: again,
  };
}

function isPassive({ objects }: Observation): boolean {
  return objects.balancers.some(({ configs }) => configs.some(({ config }) => config.check_passive));
}

/** The source addresses of NodeBalancers outside of a VPC, in every region. */
const sharedBalancers = '192.168.255.0';

/** The label of an enabled firewall of the machine that drops what the balancer sends; undefined when none does. */
function closedFirewall({ objects }: Observation, topology: Topology, name: string): string | undefined {
  const id = instanceNamed(objects, name)?.id;
  const from =
    topology.balancer.backends === 'private' ? sharedBalancers : topology.network.balancerRange.split('/')[0];
  const closed = objects.firewalls
    .filter(({ firewall, devices }) => firewall.status === 'enabled' && devices.some(({ entity }) => entity.id === id))
    .find(({ firewall: { rules } }) => {
      const rule = rules.inbound.find(
        ({ protocol, ports, addresses }) =>
          protocol === 'TCP' &&
          covers(ports, topology.service.port) &&
          letsIn([...(addresses.ipv4 ?? []), ...(addresses.ipv6 ?? [])], from ?? ''),
      );
      return (rule?.action ?? rules.inbound_policy) !== 'ACCEPT';
    });
  return closed?.firewall.label;
}

/** `22, 80, 5000-5010`; none means every port. */
function covers(ports: string | null | undefined, port: number): boolean {
  if (!ports) return true;
  return ports.split(',').some((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return from <= port && port <= to;
  });
}
