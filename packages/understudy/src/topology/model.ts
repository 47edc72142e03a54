// The desired state after parsing and defaulting: the model that the other rooms read.
// The zod schema in schema.ts must produce exactly this; everything is resolved, nothing is optional by omission.
import type { PythonOfImage } from './images.ts';
import type { TopologyFile } from './schema.ts';

export type Role = 'search' | 'service';

/** What has a firewall of its own: the machines of each role, and the balancer. */
export type Guarded = Role | 'balancer';

export interface Topology {
  /** 1-16 characters `[a-z0-9-]`, starts with a letter; the prefix of every label and the tag of every object. */
  readonly name: string;
  /** Linode region id, such as `us-ord`. */
  readonly region: string;
  /** Linode image id, such as `linode/debian13`. */
  readonly image: string;
  readonly network: Network;
  readonly search: Search;
  readonly service: Service;
  readonly balancer: Balancer;
  readonly access: Access;
  readonly placement: Placement;
  readonly drills: Drills;
}

/**
 * How machines of one role are kept on different hosts. A placement group of Linode holds 5 machines at most: `strict`
 * is one group a role and fails rather than share a host, `flexible` spreads over as many groups as needed, best effort.
 */
export interface Placement {
  readonly policy: 'strict' | 'flexible';
}

export interface Drills {
  /** Drill name -> what this system must reach in it; what is absent falls back to the drill's own goal. */
  readonly goals: Readonly<Record<string, DrillGoals>>;
  /** How old the newest snapshot of the index may be when a drill starts on a real region. */
  readonly snapshot: { readonly maxAgeHours: number } | 'not-required';
  /** How an application of one's own is used; undefined: the API of the built-in service. */
  readonly workload?: WorkloadAdapter;
  /** On a real region, lets a power-cut drill power off a machine from inside, by its own kernel. Off unless the file says otherwise. */
  readonly allowSelfPowerCut: boolean;
}

/** As in the file. Paths and texts hold placeholders: `{id}`, `{title}`, `{content}`, `{word}`. */
export type WorkloadAdapter = NonNullable<TopologyFile['drills']['workload']>;

export interface DrillGoals {
  readonly longestWriteGapMs?: number;
  readonly longestReadGapMs?: number;
  /** Failed requests of users, as a share of all: 0.001 is one in a thousand. */
  readonly clientErrorRatio?: number;
  /** From the fault taking effect until steady state holds again. */
  readonly recoveryTimeMs?: number;
  /** From the fault taking effect until every copy is in place again. */
  readonly reprotectedMs?: number;
}

export interface Network {
  /** RFC 1918 range of the VPC's one subnet, for example `10.20.0.0/24`. */
  readonly range: string;
  /** The /30 inside `range` that the NodeBalancer uses to reach its backends. */
  readonly balancerRange: string;
}

/** As in the file, with the heap in mebibytes: given, or half of the memory of the machine type. */
export type Search = Readonly<Omit<TopologyFile['search'], 'heap' | 'index' | 'indices'>> & {
  readonly heapMb: number;
  /** The first of the indices: the one that the service is told of, and that drills use. */
  readonly index: Index;
  readonly indices: readonly Index[];
};

export interface Index {
  readonly name: string;
  readonly shards: number;
  readonly replicas: number;
  readonly durability: 'request' | 'async';
  /** `none`: the application makes index and mapping itself. `file`: absolute path of settings, mappings and aliases. */
  readonly template: { readonly from: 'built-in' | 'none' } | { readonly from: 'file'; readonly path: string };
  readonly aliases: readonly string[];
}

export interface Service {
  readonly runtime: TopologyFile['service']['runtime'];
  /** Of the machines' python3, such as `3.13`, and of the C library that its wheels need; set with the runtime `python`. */
  readonly python?: PythonOfImage;
  /** `builtin` (the service of this project) or the absolute path of a directory that becomes the release. */
  readonly artifact: string;
  /**
   * Start command, run in the release directory, a program with a slash relative to it; words `{host}`, `{port}`,
   * `{workers}` are replaced. Empty: what follows from the artifact.
   */
  readonly command: readonly string[];
  readonly instances: number;
  readonly machineType: string;
  readonly workers: number;
  readonly port: number;
  /** Liveness path: what the balancer asks. */
  readonly healthPath: string;
  /** Readiness path, asked by the tool alone; undefined: there is none. */
  readonly readyPath?: string;
  /** From the start to the first good answer. */
  readonly startS: number;
  /** From SIGTERM to SIGKILL. */
  readonly stopS: number;
  readonly rollout: Rollout;
  readonly gateway: 'off' | Gateway;
  /** `none`: the application decides by itself, and is told nothing. */
  readonly auth: 'none' | 'public' | 'keys' | TokenIssuer;
  readonly environment: Readonly<Record<string, string>>;
  /** Further variables whose values are secret: name -> absolute path of the file that holds the value. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Whose tokens the service takes, beside keys. */
export interface TokenIssuer {
  /** URL of its published keys. */
  readonly jwks: string;
  readonly issuer: string;
  readonly audience: string;
}

/** The proxy to the engine on each service machine. */
export interface Gateway {
  /** Of a request that brings no deadline of its own. */
  readonly deadlineMs: number;
}

/** How a change is rolled over the service machines. */
export interface Rollout {
  readonly maxUnavailable: number;
  /** For requests in flight, after the balancer has stopped to send new ones. */
  readonly drainS: number;
  /** How long a changed machine must serve before the next one is changed. */
  readonly steadyS: number;
  /** How long the first changed machine is compared with another one. */
  readonly canaryS: number;
  /** What a changed machine must answer besides its health paths. */
  readonly paths: readonly string[];
}

export interface Balancer {
  /**
   * How the balancer reaches the service machines: through the VPC, or on their addresses in the region's shared private
   * network (192.168.128.0/17), for accounts without balancers in VPCs.
   */
  readonly backends: 'vpc' | 'private';
  readonly listeners: readonly Listener[];
  readonly algorithm: 'roundrobin' | 'leastconn' | 'source';
  readonly stickiness: 'none' | 'table' | 'http_cookie';
  readonly check: Check;
  /** Networks whose addresses reach the listeners. */
  readonly allow: readonly string[];
  /** New connections a second for each client address; 0 for no limit. */
  readonly connectionsPerSecond: number;
}

export interface Listener {
  readonly port: number;
  readonly protocol: 'http' | 'https';
  /** https only: absolute paths of PEM files, `self-signed` (made by the tool), or ordered by ACME. */
  readonly certificate?:
    'self-signed' | { readonly certPath: string; readonly keyPath: string } | { readonly acme: AcmeOptions };
}

/** How a certificate is ordered. */
export interface AcmeOptions {
  readonly domains: readonly string[];
  /** By a record in Linode's DNS manager, or by an answer of the service on port 80. */
  readonly challenge: 'dns-01' | 'http-01';
  readonly email?: string;
  readonly directoryUrl: string;
}

export interface Check {
  readonly type: 'http' | 'http_body' | 'connection';
  readonly path: string;
  readonly body?: string;
  readonly intervalS: number;
  readonly timeoutS: number;
  readonly attempts: number;
  readonly passive: boolean;
  /** Whether the file says so, or it is the default. */
  readonly passiveGiven: boolean;
}

export interface Access {
  /** Absolute paths of public key files, or whole public keys; empty means the tool's own key alone. */
  readonly sshKeys: readonly string[];
  /** CIDRs that may reach SSH. */
  readonly adminNetworks: readonly string[];
}

/** One machine that the topology asks for. Labels are `<name>-search-1`, addresses are fixed by the topology. */
export interface MachinePlan {
  readonly label: string;
  readonly role: Role;
  /** 1-based within its role. */
  readonly ordinal: number;
  readonly machineType: string;
  /** Address in the VPC subnet: search .11 upwards, service .31 upwards in a /24. */
  readonly vpcAddress: string;
  /** Label of the placement group that it belongs to. */
  readonly placementGroup: string;
}
