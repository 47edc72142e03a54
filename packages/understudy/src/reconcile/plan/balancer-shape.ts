// The intended NodeBalancer: listeners and backends as request bodies, and their differences from the observed ones.
import type {
  Instance,
  NodeBalancerConfig,
  NodeBalancerConfigBody,
  NodeBalancerNode,
  NodeBalancerNodeBody,
} from '../../linode/index.ts';
import type { Listener, MachinePlan, Topology } from '../../topology/index.ts';
import type { Certificate } from '../../operation/index.ts';

/** Sends every field: Linode's defaults have no health check, or one every 31 s. */
export function listenerBody(
  topology: Topology,
  listener: Listener,
  certificate?: Certificate,
): NodeBalancerConfigBody {
  const { algorithm, stickiness, check } = topology.balancer;
  return {
    port: listener.port,
    protocol: listener.protocol,
    algorithm,
    stickiness,
    check: check.type,
    check_interval: check.intervalS,
    check_timeout: check.timeoutS,
    check_attempts: check.attempts,
    ...(check.type === 'connection' ? {} : { check_path: check.path }),
    ...(check.type === 'http_body' && check.body !== undefined ? { check_body: check.body } : {}),
    check_passive: check.passive,
    ...(listener.protocol === 'https' ? { cipher_suite: 'recommended' as const } : {}),
    ...(certificate ? { ssl_cert: certificate.certificatePem, ssl_key: certificate.keyPem.reveal() } : {}),
  };
}

/** How the balancer reaches a backend: through the subnet of its address, or at its private address outside of the VPC. */
export interface BackendRoute {
  readonly subnetId: number;
  readonly privateAddress: string | undefined;
}

/** `port`: the topology's, or the one of before while a machine is put back. */
export function backendBody(
  topology: Topology,
  machine: MachinePlan,
  route: BackendRoute,
  port = topology.service.port,
): NodeBalancerNodeBody {
  const common = { label: machine.label, weight: 100, mode: 'accept' } as const;
  return topology.balancer.backends === 'private'
    ? { ...common, address: `${route.privateAddress ?? ''}:${port}` }
    : { ...common, address: `${machine.vpcAddress}:${port}`, subnet_id: route.subnetId };
}

/** The address of the region's shared private network; Linode lists it after the public ones. */
export function privateAddressOf(instance: Instance | undefined): string | undefined {
  return instance?.ipv4.find((address) => address.startsWith('192.168.'));
}

/** Each difference as a clause: `check_interval is 31, it should be 5`. */
export function listenerDifferences(seen: NodeBalancerConfig, wanted: NodeBalancerConfigBody): string[] {
  return differences(seen, wanted, [
    'protocol',
    'algorithm',
    'stickiness',
    'check',
    'check_interval',
    'check_timeout',
    'check_attempts',
    'check_path',
    'check_body',
    'check_passive',
    'cipher_suite',
  ]);
}

export function backendDifferences(seen: NodeBalancerNode, wanted: NodeBalancerNodeBody): string[] {
  return differences(seen, wanted, ['address', 'weight', 'mode']);
}

/** Fields that are not sent are not compared. */
function differences<Seen, Wanted>(
  seen: Seen,
  wanted: Wanted,
  fields: readonly (keyof Seen & keyof Wanted & string)[],
) {
  return fields
    .filter((field) => wanted[field] !== undefined && String(seen[field]) !== String(wanted[field]))
    .map((field) => `${field} is ${String(seen[field])}, it should be ${String(wanted[field])}`);
}
