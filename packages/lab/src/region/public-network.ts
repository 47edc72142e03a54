// The lab's public addresses on this machine.

/** Addresses of the lab's public side; RFC 2544 sets 198.18.0.0/15 apart for tests, so no real host is hidden by it. */
export const publicNetwork = {
  range: '198.18.0.0/16',
  /** This host, as machines see it: the operator, the workload's users, the package repository. */
  hostAddress: '198.18.0.1',
  firstMachine: '198.18.1.1',
  firstBalancer: '198.18.2.1',
  balancers: '198.18.2.0/23',
} as const;

/** Linode's metadata service. https://techdocs.akamai.com/cloud-computing/docs/overview-of-the-metadata-service */
export const metadataAddress = '169.254.169.254';
