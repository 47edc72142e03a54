// The port for a target: the differences between lab and Linode are in lab-target.ts and linode-target.ts, and no other file
// branches on the target.
import type { Logger, Secret } from '@understudy/foundation';
import type { EngineVersion, PackageRepository } from '../engines/index.ts';
import type { World } from '../observe/index.ts';
import type { Search, TargetName, Topology, WarnedTarget } from '../topology/index.ts';

export interface Target {
  readonly name: TargetName;
  readonly baseUrl: string;
  readonly token: Secret;
  /** Where search machines get the engine's package. */
  readonly repository: (search: Search) => PackageRepository;
  /** Whether the engine can be had here as the topology wants it. Errors: `lab-engine-unknown` when this cannot be determined. */
  readonly supplies: (search: SuppliedSearch) => Promise<Supply>;
  /** Builds a buildable engine, before any machine is created. Errors: `lab-engine-build`. */
  readonly prepare: (search: EngineVersion, reachedBy: PrepareOptions) => Promise<void>;
  /** How long after a machine's creation its first host key is trusted. */
  readonly firstContactMs: number;
  /** How long the balancer may take to act on a changed mode of a backend; it does not report when it has. */
  readonly balancerSettleMs: number;
  /** The authoritative name servers of the account's domains: names, or addresses with a port. */
  readonly nameServers: readonly string[];
  /** Whom to ask for names of the public DNS, an address with a port; undefined: whom this computer asks. */
  readonly resolver: string | undefined;
  /** The system may have real users: every change and every drill is confirmed, and drills require a snapshot of the index. */
  readonly production: boolean;
  /** Limits of this target, for warnings about values of the topology. */
  readonly fit: WarnedTarget;
  /** Cuts a machine's power; null where the topology does not allow it. */
  readonly power: (world: World, topology: Topology) => PowerControl | null;
  /** Stops a machine's disk from outside of it; null where there is no control below the machine. */
  readonly disk: DiskControl | null;
}

/** What of `search` a target may be unable to supply, or may refuse. */
export type SuppliedSearch = Pick<Search, 'engine' | 'version' | 'security'>;

/** Whether a target has an engine version: ready to install, buildable, or refused. */
export type Supply =
  | { readonly state: 'ready' }
  | { readonly state: 'buildable' }
  | {
      readonly state: 'refused';
      /** Which field of `search` is wrong. */
      readonly part: keyof SuppliedSearch;
      readonly allowed: string;
      readonly reason: string;
      readonly remedy: string;
    };

export interface PrepareOptions {
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

/** Cutting a machine's power. In the lab the simulated hardware does it; on Linode the machine powers itself off. */
export interface PowerControl {
  /** The machine stops at once: no process ends, no FIN or RST is sent. */
  cut(label: string): Promise<void>;
  /** The machine boots again. */
  restore(label: string): Promise<void>;
}

/** Stopping a machine's disk from outside of it. */
export interface DiskControl {
  /** Why this machine's disk must not be filled or frozen (it is shared with others), or null when it is its own. */
  refusal(label: string): Promise<string | null>;
  /** Every write of the machine blocks from here on. */
  freeze(label: string): Promise<void>;
  thaw(label: string): Promise<void>;
}
