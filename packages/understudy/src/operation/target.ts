// Where an operation acts, as one port: the differences between lab and Linode are in lab-target.ts and linode-target.ts, and no
// other file asks which of the two it is.
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
  /** Whether search machines here can install the engine. Errors: `lab-engine-unknown` when that cannot be told. */
  readonly supplies: (search: EngineVersion) => Promise<Supply>;
  /** Makes a buildable engine ready, before any machine is made. Errors: `lab-engine-build`. */
  readonly prepare: (search: EngineVersion, reachedBy: PrepareOptions) => Promise<void>;
  /** How long after a machine's creation its first host key is trusted. */
  readonly firstContactMs: number;
  /** People may depend on a system here: every change and every drill is confirmed, and drills want a snapshot of the index. */
  readonly production: boolean;
  /** What values of a topology are judged by that may not fit here. */
  readonly fit: WarnedTarget;
  /** Cuts a machine's power; null where the topology does not allow it. */
  readonly power: (world: World, topology: Topology) => PowerControl | null;
  /** Stops a machine's disk from outside of it; null where there is no control below the machine. */
  readonly disk: DiskControl | null;
}

/** What a target says of an engine at a version: machines can install it, it must be built first, or it cannot be had. */
export type Supply =
  | { readonly state: 'ready' }
  | { readonly state: 'buildable' }
  | {
      readonly state: 'refused';
      /** Which field of `search` is wrong. */
      readonly part: 'engine' | 'version';
      readonly allowed: string;
      readonly reason: string;
      readonly wayOut: string;
    };

export interface PrepareOptions {
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

/** Cutting a machine's power. In the lab the hardware does it; on Linode a machine does it to itself. */
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
