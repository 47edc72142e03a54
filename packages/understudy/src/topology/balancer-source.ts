// From which addresses a balancer reaches its backends.
import type { Topology } from './model.ts';

/** The source addresses of NodeBalancers outside of a VPC, in every region. */
const sharedBalancers = '192.168.255.0/24';

export function balancerSource({ balancer, network }: Topology): string {
  return balancer.backends === 'private' ? sharedBalancers : network.balancerRange;
}
