// The commented example that `init` writes: everything that is worth a choice, nothing that is not.

export interface ExampleOptions {
  /** Default `demo`. */
  readonly name?: string;
  /** Default the lab's own operator address. */
  readonly adminNetwork?: string;
  /** Path of the JSON Schema for the editor's line at the top. Default: `topology.schema.json` beside the file. */
  readonly schema?: string;
}

/** YAML of a system that starts in the lab and, with the admin network changed, on Linode. */
export function exampleTopology(options: ExampleOptions = {}): string {
  const { name = 'demo', adminNetwork = '198.18.0.1/32', schema = './topology.schema.json' } = options;
  return `# yaml-language-server: $schema=${schema}
# What should exist. \`understudy plan\` says what would change, \`understudy apply\` makes it so.

# Prefix of every label and tag on the account.
name: ${name}
# A region with VPCs, NodeBalancers, placement groups and metadata.
region: us-ord

network:
  # One subnet holds every machine; the balancer speaks to the service from a /30 of it.
  range: 10.20.0.0/24

search:
  engine: elasticsearch
  version: 9.5.3
  # Odd, three at least: one may die and two are still a majority.
  nodes: 3
  machineType: g6-standard-4
  # Small enough for three machines on one laptop. Leave it out on Linode: half of the memory is right.
  heap: 512m
  # How soon a dead machine is noticed: stock, safe or fast.
  failover: fast
  index:
    name: documents
    shards: 3
    replicas: 1

service:
  # Two at least, behind the balancer.
  instances: 2
  machineType: g6-standard-2
  workers: 2

balancer:
  listeners:
    - port: 80
      protocol: http
    - port: 443
      protocol: https
      # Made by the tool. For users, name PEM files: {certPath: ./tls/fullchain.pem, keyPath: ./tls/key.pem}
      certificate: self-signed
  check:
    # Liveness of the service, not of the cluster behind it: asked every 3 s, out after two failures.
    type: http
    intervalS: 3
    timeoutS: 2
    attempts: 2

access:
  # Who may reach SSH. 198.18.0.1 is this machine as the lab's machines see it; for Linode add your own public address.
  adminNetworks:
    - ${adminNetwork}

drills:
  # What must hold in a lab on two busy cores, where a starting engine starves the others. Leave it out on Linode: the
  # catalogue's own, stricter goals hold then; see \`understudy drill list\`.
  goals:
    search-kill-master: {longestWriteGapMs: 4000, longestReadGapMs: 1500}
    search-stop: {longestWriteGapMs: 3000, longestReadGapMs: 1500}
    service-kill: {longestWriteGapMs: 2000, longestReadGapMs: 2000, clientErrorRatio: 0.02}
`;
}
