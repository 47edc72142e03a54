// Where the live API is known to be newer than the OpenAPI file 4.189.0 that requests are checked against. Each line was seen
// in Linode's changelog or in clients that Linode publishes; nothing else may differ.

export interface KnownDifference {
  /** Operation as the file would name it. */
  readonly operation: string;
  /** The problem that the check reports, whole. */
  readonly problem: string;
  /** Where the newer shape is documented. */
  readonly source: string;
}

const balancersInVpcs =
  'https://techdocs.akamai.com/linode-api/changelog/jun-30-2025-nodebalancers-now-supports-backend-linodes-in-vpcs';

export const requestDifferences: readonly KnownDifference[] = [
  {
    operation: 'POST /linode/instances',
    problem: 'body: interface_generation is not documented',
    source: 'https://techdocs.akamai.com/linode-api/reference/post-linode-instance',
  },
  {
    operation: 'GET /linode/instances/{linodeId}/interfaces',
    problem: 'no such operation',
    source: 'https://techdocs.akamai.com/linode-api/reference/get-linode-interfaces',
  },
  { operation: 'POST /nodebalancers', problem: 'body: vpcs is not documented', source: balancersInVpcs },
  {
    operation: 'POST /nodebalancers',
    problem: 'configs.0.nodes.0: subnet_id is not documented',
    source: balancersInVpcs,
  },
  {
    operation: 'POST /nodebalancers/{nodeBalancerId}/configs/{configId}/nodes',
    problem: 'body: subnet_id is not documented',
    source: balancersInVpcs,
  },
  { operation: 'GET /nodebalancers/{nodeBalancerId}/vpcs', problem: 'no such operation', source: balancersInVpcs },
];
