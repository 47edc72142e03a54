// The commented example that `init` writes: everything that is worth a choice, nothing that is not.
import type { DrillGoals } from './model.ts';
import type { TargetName } from './target-name.ts';

export interface ExampleOptions {
  /** Whose values are written. Default: the lab's. */
  readonly target?: TargetName;
  /** Default `demo`. */
  readonly name?: string;
  /** Default: the lab's own operator address; for Linode a placeholder that the parser refuses. */
  readonly adminNetwork?: string | undefined;
  /** Path of the JSON Schema for the editor's line at the top; without it a comment says how to get it. */
  readonly schema?: string | undefined;
  /** Lines of the service section in place of the built-in service's, indented, each with its end. */
  readonly service?: string | undefined;
}

/** What must hold in a lab with two CPU cores. */
export const labGoals: Readonly<Record<string, DrillGoals>> = {
  'search-kill-master': { longestWriteGapMs: 4000, longestReadGapMs: 1500 },
  'search-stop': { longestWriteGapMs: 3000, longestReadGapMs: 1500 },
  'service-kill': { longestWriteGapMs: 2000, longestReadGapMs: 2000, clientErrorRatio: 0.02 },
};

const flow = (goals: DrillGoals): string =>
  `{${Object.entries(goals)
    .map(([goal, value]) => `${goal}: ${value}`)
    .join(', ')}}`;

const auth = `  # Who may call: holders of a key, \`understudy keys create NAME --scope read,write\`. public: everybody, without one.
  auth: keys
`;

/** The parts in which the two targets differ. */
const parts = {
  lab: {
    title: 'the lab',
    other: '# `understudy init --target linode` writes the values for Linode.',
    heap: `
  # Small enough for three machines on one laptop; on Linode half of the memory is right, which is the default.
  heap: 512m`,
    listeners: `
    - port: 443
      protocol: https
      # Made by the tool. For users, name PEM files: {certPath: ./tls/fullchain.pem, keyPath: ./tls/key.pem}
      certificate: self-signed`,
    adminNetwork: '198.18.0.1/32',
    access: "# Who may reach SSH. 198.18.0.1 is this machine as the lab's machines see it.",
    drills: `
drills:
  # What must hold in a lab with two CPU cores, where a starting engine takes CPU time from the others. On Linode leave it out: the
  # catalogue's own, stricter goals hold then; see \`understudy drill list\`.
  goals:
${Object.entries(labGoals)
  .map(([drill, goals]) => `    ${drill}: ${flow(goals)}\n`)
  .join('')}`,
  },
  linode: {
    title: 'Linode',
    other: '# `understudy init --target lab` writes the values for the lab.',
    heap: `
  # No heap line: it is half of the machine's memory, which is right here.`,
    listeners: `
    # For users, with your certificate:
    # - port: 443
    #   protocol: https
    #   certificate: {certPath: ./tls/fullchain.pem, keyPath: ./tls/key.pem}`,
    adminNetwork: 'YOUR-ADDRESS/32',
    access: `# Who may reach SSH, over which this tool works: the public address you work from, followed by /32, or the range of
  # your VPN.`,
    drills: `
drills:
  # A drill starts only when a snapshot of the index is younger than this; \`snapshot: not-required\` for documents that can
  # be made again.
  snapshot: {maxAgeHours: 24}
`,
  },
} as const satisfies Record<TargetName, object>;

/** YAML of a system with values that are right for the target. For Linode, the admin network must be given or filled in. */
export function exampleTopology(options: ExampleOptions = {}): string {
  const { target = 'lab', name = 'demo', schema, service = '' } = options;
  const editor =
    schema === undefined
      ? '# For completion in an editor: understudy schema > topology.schema.json, and name that file here.'
      : `# yaml-language-server: $schema=${schema}`;
  const { title, other, heap, listeners, access, drills, ...own } = parts[target];
  const adminNetwork = options.adminNetwork ?? own.adminNetwork;
  return `${editor}
# What should exist, in values for ${title}. \`understudy plan\` says what would change, \`understudy apply\` makes it so.
${other}

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
  # Odd, three at least: one may fail and two are still a majority.
  nodes: 3
  machineType: g6-standard-4${heap}
  # How soon a dead machine is noticed: stock, safe or fast.
  failover: fast
  index:
    name: documents
    shards: 3
    replicas: 1

service:
${service === '' ? auth : service}  # Two at least, behind the balancer.
  instances: 2
  machineType: g6-standard-2
  workers: 2

balancer:
  listeners:
    - port: 80
      protocol: http${listeners}
  check:
    # Liveness of the service, not of the cluster behind it: asked every 3 s, out after two failures.
    type: http
    intervalS: 3
    timeoutS: 2
    attempts: 2

access:
  ${access}
  adminNetworks:
    - ${adminNetwork}
${drills}`;
}
