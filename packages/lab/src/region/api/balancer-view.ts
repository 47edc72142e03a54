// What is shown of a NodeBalancer and its nodes, and how they are found.
import { found } from './answer.ts';
import { idOf, type Call, type Json } from './route.ts';
import type { BalancerStatus } from '../hardware.ts';
import { entity } from '../state/events.ts';
import type { Balancer, BalancerConfig, BalancerNode } from '../state/model.ts';

export function balancerView(balancer: Balancer): Json {
  return {
    id: balancer.id,
    label: balancer.label,
    region: balancer.region,
    type: 'common',
    hostname: balancer.hostname,
    ipv4: balancer.address,
    ipv6: null,
    frontend_address_type: 'public',
    frontend_vpc_subnet_id: null,
    created: balancer.created,
    updated: balancer.updated,
    client_conn_throttle: balancer.clientConnThrottle,
    client_udp_sess_throttle: 0,
    lke_cluster: null,
    tags: balancer.tags,
    locks: [],
    transfer: { in: null, out: null, total: null },
  };
}

export const aboutBalancer = (b: Balancer): ReturnType<typeof entity> => entity('nodebalancer', b.id, b.label);

export function balancerOf(call: Call): Balancer {
  return found(call.store.balancers.get(idOf(call, 'nodeBalancerId')));
}

/** What a configuration's rules depend on. */
export interface ConfigSurroundings {
  readonly region: string;
  /** Subnets in which the balancer has a leg. */
  readonly subnetIds: readonly number[];
  /** Ports of the balancer's other configurations. */
  readonly ports: readonly number[];
}

export function configOf(call: Call): BalancerConfig {
  const balancer = balancerOf(call);
  const config = found(call.store.balancerConfigs.get(idOf(call, 'configId')));
  return found(config.balancerId === balancer.id ? config : undefined);
}

export function surroundings(call: Call, balancer: Balancer, but?: BalancerConfig): ConfigSurroundings {
  const { balancerConfigs, balancerVpcs } = call.store;
  return {
    region: balancer.region,
    subnetIds: [...balancerVpcs.values()].filter((l) => l.balancerId === balancer.id).map((l) => l.subnetId),
    ports: [...balancerConfigs.values()].filter((c) => c.balancerId === balancer.id && c !== but).map((c) => c.port),
  };
}

/** What the balancer's checks say; unknown for all while the balancer is not built yet. */
export async function statusOf(call: Call, balancerId: number): Promise<BalancerStatus> {
  try {
    return await call.hardware.balancerStatus(balancerId);
  } catch (error) {
    call.logger({
      level: 'warn',
      subject: `balancer ${balancerId}`,
      text: `status could not be read: ${String(error)}`,
    });
    return new Map();
  }
}

export function nodeView(node: BalancerNode, status: BalancerStatus): Json {
  return {
    id: node.id,
    address: node.address,
    label: node.label,
    status: status.get(node.id) ?? 'Unknown',
    weight: node.weight,
    mode: node.mode,
    config_id: node.configId,
    nodebalancer_id: node.balancerId,
    ...(node.vpcConfigId === null ? {} : { vpc_config_id: node.vpcConfigId }),
  };
}
