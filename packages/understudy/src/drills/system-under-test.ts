// The system under test, as ports. The cli builds it from a topology; tests build a small one.
import type { NodeRestart, Snapshot } from '../cluster/index.ts';
import type { Clock, Logger, Secret } from '@understudy/foundation';
import type { RemoteRunner } from '../machines/index.ts';
import type { Exchangeable } from '../operate/index.ts';
import type { DiskControl, PowerControl } from '../operation/index.ts';
import type { Topology } from '../topology/index.ts';
import type { BalancerNodeSample } from '../proof/index.ts';

export interface DrillMachine {
  /** Also the engine's node name, and the balancer's label of the backend. */
  readonly label: string;
  readonly role: 'search' | 'service';
  /** Where SSH reaches it. */
  readonly address: string;
  readonly vpcAddress: string;
}

/** What one search machine says of the cluster. */
export interface EngineView {
  readonly status: 'green' | 'yellow' | 'red';
  /** Label of the elected master; null without one. */
  readonly master: string | null;
  readonly nodes: number;
  readonly unassignedShards: number;
}

export interface ShardCopy {
  readonly shard: number;
  readonly primary: boolean;
  /** Label of the machine; null while unassigned. */
  readonly machine: string | null;
  /** Started; perhaps about to leave, but still there. */
  readonly readable: boolean;
}

export interface StoredDocument {
  readonly id: string;
  readonly source: unknown;
}

/** The engine, asked directly on a named machine. Errors are UnderstudyErrors of the transport. */
export interface EnginePort {
  /** Null when that machine does not answer within the bound. */
  view(machine: string, timeoutMs: number): Promise<EngineView | null>;
  shards(): Promise<readonly ShardCopy[]>;
  /** The shard that the engine itself would send `id` to. */
  routedShard(id: string): Promise<number>;
  refresh(): Promise<void>;
  /** Realtime gets answered by the copies on `machine`; an id that the copy lacks is missing from the result. */
  getFrom(machine: string, ids: readonly string[]): Promise<readonly StoredDocument[]>;
  /** Every hit of a search for these ids. */
  searchIds(ids: readonly string[]): Promise<readonly StoredDocument[]>;
  /** Every document whose content has the word. */
  searchWord(word: string): Promise<readonly StoredDocument[]>;
  /** Deletes documents by id; ids that are not there are fine. */
  remove(ids: readonly string[]): Promise<void>;
  /** The newest snapshot that has the whole index; undefined when there is none. */
  newestSnapshot(): Promise<Snapshot | undefined>;
  /** One machine's engine ended and started in the planned way; returns when the cluster is green with every machine. */
  restart(restart: NodeRestart): Promise<void>;
  /** Removes the settings of an interrupted planned restart. */
  releaseRestart(): Promise<void>;
}

export type BackendMode = 'accept' | 'reject' | 'drain' | 'backup';

export interface BalancerPort {
  /** Base URLs users come by, `http://host` or `https://host:port`, without a slash at the end. */
  readonly urls: readonly string[];
  nodes(): Promise<readonly BalancerNodeSample[]>;
  /** Sets the mode of a machine's backend on every listener. */
  setMode(machine: string, mode: BackendMode): Promise<void>;
}

/**
 * A process that outlives a killed tool and then undoes what its run left open. Started before a fault, dismissed after its undo.
 * The cli starts it as `drill guard DIRECTORY`, detached, with a pipe whose end tells it that the tool is gone.
 */
export interface Guard {
  /** All is undone: the guard ends without doing anything. */
  dismiss(): Promise<void>;
}

/** A credential that may be exchanged while it is used. */
export interface LiveCredential {
  now(): Promise<Secret | undefined>;
  /** `take` is called with each next one before the one before it is refused, and awaited. Returns what ends it. */
  watch(take: (next: Secret) => Promise<void>): () => void;
}

export interface SystemUnderTest {
  readonly topology: Topology;
  readonly machines: readonly DrillMachine[];
  readonly runner: Pick<RemoteRunner, 'run'>;
  readonly engine: EnginePort;
  readonly balancer: BalancerPort;
  /** What the load logs in to the service with; undefined where that needs none. */
  readonly credential?: LiveCredential | undefined;
  /** Null where nothing can cut the power. */
  readonly power: PowerControl | null;
  readonly disk: DiskControl | null;
  /** How old the newest snapshot may be; null where no snapshot is required: in the lab, or where the topology says so. */
  readonly snapshot: { readonly maxAgeHours: number } | null;
  readonly units: { readonly engine: string; readonly service: string };
  readonly engineDataDirectory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where run folders go; made when missing. */
  readonly runsDirectory: string;
  /** Null: only the timers on the targets undo after a kill -9. */
  readonly startGuard: ((directory: string) => Promise<Guard>) | null;
  /** What `secure rotate` does; resolves with what was exchanged, in words without a secret. Null where nobody has the keys. */
  readonly exchange: ((what: Exchangeable, signal: AbortSignal) => Promise<string>) | null;
  /** Argument array that runs this tool again with the same topology, for the drill that kills it; null where unknown. */
  readonly selfCommand: ((args: readonly string[]) => readonly string[]) | null;
}

export function searchMachines(system: SystemUnderTest): readonly DrillMachine[] {
  return system.machines.filter((machine) => machine.role === 'search');
}

export function serviceMachines(system: SystemUnderTest): readonly DrillMachine[] {
  return system.machines.filter((machine) => machine.role === 'service');
}

/** The same system on another clock. Getters stay live: an operation under test changes which machines belong to it. */
export function onClock(system: SystemUnderTest, clock: Clock): SystemUnderTest {
  return Object.create(system, { clock: { value: clock, enumerable: true } }) as SystemUnderTest;
}
