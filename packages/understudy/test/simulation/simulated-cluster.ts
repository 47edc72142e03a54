// Search engines in memory, as far as the tool uses them: they form a cluster by the engine's own rules (initial masters,
// quorum, a permanent UUID, votes and voting exclusions), remove nodes that left, and allocate copies of shards.
import { parse } from 'yaml';
import { systemClock, type Clock } from '@understudy/foundation';
import { SimulatedAccounts } from './simulated-accounts.ts';
import { answerOf, type SimulatedRequest } from './simulated-answers.ts';
import { SimulatedCopies, type SimulatedIndex, type SimulatedNode, type Surroundings } from './simulated-copies.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

export class Identity {
  readonly uuid: string;
  /** The committed voting configuration. */
  voters: Set<SimulatedMachine>;
  /** Names of nodes that may not vote. */
  votingExclusions = new Set<string>();
  master: SimulatedMachine | undefined;
  settings: Record<string, string | null> = {};
  transient: Record<string, string | null> = {};
  readonly templates = new Map<string, unknown>();
  readonly copies = new SimulatedCopies();
  accounts: SimulatedAccounts | undefined;
  /** Members as the master counts them; when each was last seen running, by the simulation's clock. */
  readonly members = new Map<SimulatedMachine, { node: SimulatedNode; seenMs: number }>();

  constructor(uuid: string, voters: Set<SimulatedMachine>) {
    this.uuid = uuid;
    this.voters = voters;
  }

  get indices(): Map<string, SimulatedIndex> {
    return this.copies.indices;
  }

  /** What somebody set, transient before persistent. */
  setting(name: string): string | undefined {
    return this.transient[name] ?? this.settings[name] ?? undefined;
  }
}

interface RunningNode extends SimulatedNode {
  readonly initialMasters: readonly string[];
}

export interface SimulatedMachines {
  /** The running machines. */
  readonly running: () => Iterable<SimulatedMachine>;
  /** Whether the machine exists, on or off; without it, no machine is ever deleted. */
  readonly exists?: (machine: SimulatedMachine) => boolean;
  readonly clock?: Clock;
}

const floodBlock = 'index.blocks.read_only_allow_delete';

const parsed = new Map<string, Readonly<Record<string, unknown>>>();

/** Settings files are as long as the cluster is big, and are read at every request. */
function settingsIn(text: string): Readonly<Record<string, unknown>> {
  const known = parsed.get(text) ?? (parse(text) as Record<string, unknown>);
  parsed.set(text, known);
  return known;
}

export class SimulatedClusters {
  readonly identities = new Map<string, Identity>();
  /** How long a machine without power still counts as a member. The end of a process on a running machine is detected at once. */
  detectedAfterMs = 0;
  /** How long a copy takes to be made on another machine. */
  copyMs = 0;
  /** What a machine's disk holds besides, of `diskBytes`; above 95 % the engine blocks writes to what is there. */
  readonly diskUsedBytes = new Map<SimulatedMachine, number>();
  readonly diskBytes = 100e9;
  readonly #machines: SimulatedMachines;
  readonly #clock: Clock;

  constructor(machines: SimulatedMachines) {
    this.#machines = machines;
    this.#clock = machines.clock ?? systemClock;
  }

  /** Shards of all clusters that nothing can give back. */
  get lost(): string[] {
    return [...this.identities.values()].flatMap(({ copies }) => copies.lost);
  }

  #nodes(): RunningNode[] {
    return [...this.#machines.running()].flatMap((machine) => {
      const engine = machine.engineUnit()?.replace('.service', '');
      const settings = engine && machine.files.get(`/etc/${engine}/${engine}.yml`)?.content;
      if (!settings) return [];
      const read = settingsIn(settings);
      const initial = read['cluster.initial_master_nodes'] ?? read['cluster.initial_cluster_manager_nodes'] ?? [];
      return {
        name: String(read['node.name']),
        address: String(read['network.publish_host']),
        version: machine.engineVersion ?? '0.0.0',
        machine,
        initialMasters: initial as string[],
      };
    });
  }

  /** Applies everything that happens without a request: called at every read, and by tests that let time pass. */
  settle(): void {
    const nodes = this.#nodes();
    const fresh = nodes.filter(({ machine }) => machine.data === 'started');
    for (const identity of this.identities.values()) {
      if (hasQuorum(identity, nodes)) for (const { machine } of fresh) machine.data = identity.uuid;
    }
    if (![...this.identities.values()].some((identity) => hasQuorum(identity, nodes))) this.#form(fresh);
    for (const identity of this.identities.values()) {
      if (hasQuorum(identity, nodes)) this.#follow(identity, nodes);
      identity.copies.settle(this.surroundings(identity, nodes));
      this.#flood(identity);
    }
  }

  /** As the engine does it: an index with a copy on a disk above the flood watermark takes no writes until that is below the high one. */
  #flood({ copies, indices }: Identity): void {
    const share = (machine: SimulatedMachine | undefined): number =>
      ((machine && this.diskUsedBytes.get(machine)) ?? 0) / this.diskBytes;
    for (const [name, index] of indices) {
      const fullest = Math.max(
        0,
        ...copies.all().flatMap((copy) => (copy.index === name ? [share(copy.machine)] : [])),
      );
      const { [floodBlock]: blocked, ...others } = index.settings ?? {};
      if (fullest > 0.95) index.settings = { ...others, [floodBlock]: 'true' };
      else if (blocked !== undefined && fullest < 0.9) index.settings = others;
    }
  }

  #form(fresh: readonly RunningNode[]): void {
    for (const { initialMasters } of fresh) {
      const peers = fresh.filter(({ name }) => initialMasters.includes(name));
      if (initialMasters.length === 0 || peers.length <= initialMasters.length / 2) continue;
      const uuid = `cluster-${this.identities.size + 1}`;
      const identity = new Identity(uuid, new Set(peers.map(({ machine }) => machine)));
      identity.accounts = new SimulatedAccounts(peers[0]!.machine);
      this.identities.set(uuid, identity);
      for (const { machine } of peers) machine.data = uuid;
      return;
    }
  }

  /** Updates members, the elected master and the voters. */
  #follow(identity: Identity, nodes: readonly RunningNode[]): void {
    const nowMs = this.#clock.monotonicMs();
    const powered = new Set(this.#machines.running());
    for (const node of nodes) {
      if (node.machine.data === identity.uuid) identity.members.set(node.machine, { node, seenMs: nowMs });
    }
    const running = nodes.filter(({ machine }) => machine.data === identity.uuid);
    const isRunning = new Set(running.map(({ machine }) => machine));
    for (const [machine, { seenMs }] of identity.members) {
      // A closed connection is detected at once, a power cut is not.
      const undetected = !powered.has(machine) && nowMs - seenMs < this.detectedAfterMs;
      if (!isRunning.has(machine) && !undetected) identity.members.delete(machine);
    }
    const excluded = (node: SimulatedNode): boolean => identity.votingExclusions.has(node.name);
    const electable = running.filter((node) => identity.voters.has(node.machine));
    const master = electable.find(({ machine }) => machine === identity.master);
    if (!master || excluded(master)) {
      identity.master = (electable.find((node) => !excluded(node)) ?? master ?? electable[0])?.machine;
    }
    identity.voters = votersOf(identity, running, excluded);
  }

  surroundings(identity: Identity, nodes: readonly RunningNode[] = this.#nodes()): Surroundings {
    const alive = new Set(nodes.map(({ machine }) => machine));
    const { exists = () => true } = this.#machines;
    return {
      nowMs: this.#clock.monotonicMs(),
      members: [...identity.members.values()].map(({ node }) => node).sort((a, b) => a.name.localeCompare(b.name)),
      alive: (machine) => alive.has(machine),
      holdsData: (machine) => exists(machine) && machine.data === identity.uuid,
      setting: (name) => identity.setting(name),
      copyMs: this.copyMs,
    };
  }

  /** Undefined: nothing listens there. */
  request(
    machine: SimulatedMachine,
    method: string,
    path: string,
    body: string | undefined,
  ): [number, unknown] | undefined {
    this.settle();
    const nodes = this.#nodes();
    const self = nodes.find((node) => node.machine === machine);
    if (!self) return undefined;
    if (path === '/') return [200, { name: self.name }];
    const identity = this.identities.get(machine.data ?? '');
    if (!identity || !hasQuorum(identity, nodes)) return [503, { error: { type: 'master_not_discovered_exception' } }];
    const asked: SimulatedRequest = {
      method,
      path,
      route: path.split('?')[0] ?? '',
      body: body === undefined ? {} : (JSON.parse(body) as Record<string, unknown>),
    };
    const answer = answerOf(this, identity, this.surroundings(identity, nodes), asked);
    if (method !== 'GET') this.settle();
    return answer;
  }
}

function hasQuorum(identity: Identity, nodes: readonly SimulatedNode[]): boolean {
  const present = nodes.filter(({ machine }) => identity.voters.has(machine) && machine.data === identity.uuid).length;
  return present > identity.voters.size / 2;
}

const odd = (count: number): number => (count % 2 === 0 ? count - 1 : count);

/**
 * The engine's rule with automatic shrinking: an odd number of those that may vote, the master first, then those that vote already;
 * not below three while three do that may.
 */
function votersOf(
  identity: Identity,
  running: readonly SimulatedNode[],
  excluded: (node: SimulatedNode) => boolean,
): Set<SimulatedMachine> {
  const known = [...identity.members.values()].map(({ node }) => node);
  const retired = new Set(known.filter(excluded).map(({ machine }) => machine));
  const live = running.filter((node) => !excluded(node)).map(({ machine }) => machine);
  const kept = [...identity.voters].filter((machine) => !retired.has(machine));
  const size = Math.max(odd(live.length), kept.length >= 3 ? 3 : 1);
  const order = [
    ...live.filter((machine) => machine === identity.master),
    ...kept.filter((machine) => live.includes(machine)),
    ...live,
    ...kept,
  ];
  return new Set([...new Set(order)].slice(0, size));
}
