// The lab's store: every object by id; a change is on disk before its request is answered.
import type {
  AccountSettings,
  Balancer,
  BalancerConfig,
  BalancerNode,
  BalancerVpc,
  Firewall,
  FirewallSettings,
  Job,
  LabEvent,
  Machine,
  PlacementGroup,
  Removal,
  SshKey,
  Subnet,
  Vpc,
} from './model.ts';
import type { Domain, DomainRecord } from './domain-model.ts';
import { UnderstudyError } from '@understudy/foundation';

/** Where the serialised state is kept. `save` resolves only when the text is on the disk, so that a power cut does not lose it. */
export interface StateStore {
  /** False where nothing outlives the process; the state is then never serialised. */
  readonly durable: boolean;
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
}

/** Keeps nothing: for the region in memory. */
export const memoryStateStore: StateStore = {
  durable: false,
  load: () => Promise.resolve(undefined),
  save: () => Promise.resolve(),
};

/** Older events are dropped beyond this many; Linode keeps 90 days of them. */
const maximumEvents = 20_000;

const formatVersion = 1;

export class LabStore {
  readonly machines = new Map<number, Machine>();
  readonly vpcs = new Map<number, Vpc>();
  readonly subnets = new Map<number, Subnet>();
  readonly firewalls = new Map<number, Firewall>();
  readonly placementGroups = new Map<number, PlacementGroup>();
  readonly balancers = new Map<number, Balancer>();
  readonly balancerVpcs = new Map<number, BalancerVpc>();
  readonly balancerConfigs = new Map<number, BalancerConfig>();
  readonly balancerNodes = new Map<number, BalancerNode>();
  readonly domains = new Map<number, Domain>();
  readonly domainRecords = new Map<number, DomainRecord>();
  readonly sshKeys = new Map<number, SshKey>();
  readonly events = new Map<number, LabEvent>();
  readonly jobs = new Map<number, Job>();
  removals: Removal[] = [];
  /** Tags made by themselves, without an object. */
  tags: string[] = [];
  settings: AccountSettings = {
    interfaces_for_new_linodes: 'legacy_config_default_but_linode_allowed',
    network_helper: true,
    backups_enabled: false,
  };
  firewallSettings: FirewallSettings = {
    linode: null,
    nodebalancer: null,
    public_interface: null,
    vpc_interface: null,
  };

  readonly #backing: StateStore;
  #nextId = 1001;
  #changes = 0;
  #saved = 0;
  #saving: Promise<void> | undefined;

  constructor(backing: StateStore) {
    this.#backing = backing;
  }

  /** A number never used before in this lab, for whatever object. */
  newId(): number {
    return this.#nextId++;
  }

  /** Says that something changed; `persist` will write it. */
  touch(): void {
    this.#changes += 1;
    while (this.events.size > maximumEvents) {
      const oldest = this.events.keys().next().value;
      if (oldest === undefined) break;
      this.events.delete(oldest);
    }
  }

  /** Resolves when every change made so far is stored. Concurrent callers share one write. */
  async persist(): Promise<void> {
    if (!this.#backing.durable) return;
    const wanted = this.#changes;
    while (this.#saved < wanted) {
      this.#saving ??= this.#save().finally(() => {
        this.#saving = undefined;
      });
      await this.#saving;
    }
  }

  async #save(): Promise<void> {
    const upTo = this.#changes;
    await this.#backing.save(this.serialise());
    this.#saved = upTo;
  }

  #collections(): Record<string, Map<number, { id: number }>> {
    return {
      machines: this.machines,
      vpcs: this.vpcs,
      subnets: this.subnets,
      firewalls: this.firewalls,
      placementGroups: this.placementGroups,
      balancers: this.balancers,
      balancerVpcs: this.balancerVpcs,
      balancerConfigs: this.balancerConfigs,
      balancerNodes: this.balancerNodes,
      domains: this.domains,
      domainRecords: this.domainRecords,
      sshKeys: this.sshKeys,
      events: this.events,
      jobs: this.jobs,
    };
  }

  serialise(): string {
    const objects = Object.fromEntries(
      Object.entries(this.#collections()).map(([name, items]) => [name, [...items.values()]]),
    );
    const { removals, tags, settings, firewallSettings } = this;
    return JSON.stringify({
      version: formatVersion,
      nextId: this.#nextId,
      removals,
      tags,
      settings,
      firewallSettings,
      ...objects,
    });
  }

  /** Reads the stored state into this empty store. Errors: `lab-state-unreadable`. */
  async restore(): Promise<void> {
    const text = await this.#backing.load();
    if (text === undefined) return;
    let stored: Record<string, unknown>;
    try {
      stored = JSON.parse(text) as Record<string, unknown>;
    } catch (cause) {
      throw new UnderstudyError(
        'lab-state-unreadable',
        'The state of the lab is not valid JSON, so the lab cannot know its machines. Run `understudy lab down` to remove them, then `understudy lab up`.',
        { cause },
      );
    }
    if (stored['version'] !== formatVersion) {
      throw new UnderstudyError(
        'lab-state-unreadable',
        `The state of the lab has format ${JSON.stringify(stored['version'])}, this version reads ${formatVersion}. Run \`understudy lab down\`, then \`understudy lab up\`.`,
      );
    }
    for (const [name, items] of Object.entries(this.#collections())) {
      for (const item of (stored[name] ?? []) as { id: number }[]) items.set(item.id, item);
    }
    this.#nextId = stored['nextId'] as number;
    this.removals = stored['removals'] as Removal[];
    this.tags = stored['tags'] as string[];
    this.settings = stored['settings'] as AccountSettings;
    this.firewallSettings = stored['firewallSettings'] as FirewallSettings;
  }
}
