// Where the copies of shards are in a simulated cluster. A copy is lost with its machine: when every machine
// that held a complete copy of a shard is deleted, that shard is lost and stays red.
import type { SimulatedMachine } from './simulated-machine.ts';

export interface SimulatedIndex {
  shards: number;
  replicas: number;
  durability: string;
  /** Further settings, by their full names. */
  settings?: Record<string, string>;
  closed?: boolean;
  aliases?: Record<string, object>;
  mapping?: Record<string, unknown>;
}

/** A member of the cluster, as far as placement asks. */
export interface SimulatedNode {
  readonly name: string;
  readonly address: string;
  readonly machine: SimulatedMachine;
  readonly version: string;
}

export interface Copy {
  readonly index: string;
  readonly shard: number;
  primary: boolean;
  state: 'STARTED' | 'INITIALIZING' | 'RELOCATING' | 'UNASSIGNED';
  machine: SimulatedMachine | undefined;
  /** Where it goes, or comes to be. */
  target: SimulatedMachine | undefined;
  readyAtMs: number;
  reason: string | undefined;
}

interface Shard {
  readonly copies: Copy[];
  /** Machines whose files are complete: from any of them the shard can begin again. */
  complete: Set<SimulatedMachine>;
  lost: boolean;
}

/** Why a node does not take a copy, as the engine names its rules. */
export interface Refusal {
  readonly decider: string;
  readonly explanation: string;
}

export interface Surroundings {
  readonly nowMs: number;
  /** Members, including stopped ones that are not removed yet. */
  readonly members: readonly SimulatedNode[];
  readonly alive: (machine: SimulatedMachine) => boolean;
  /** Whether the machine is there, on or off, with this cluster's data on it. */
  readonly holdsData: (machine: SimulatedMachine) => boolean;
  readonly setting: (name: string) => string | undefined;
  /** How long a copy takes to be made on another machine. */
  readonly copyMs: number;
}

export class SimulatedCopies {
  readonly indices = new Map<string, SimulatedIndex>();
  /** Shards that nothing can give back, as `index[shard]`, in the order of their loss. */
  readonly lost: string[] = [];
  readonly #shards = new Map<string, Shard>();

  all(): Copy[] {
    return [...this.#shards.values()].flatMap(({ copies }) => copies);
  }

  /** One round of what the elected node does: remove lost copies, promote, allocate, move. */
  settle(now: Surroundings): void {
    this.#followIndices();
    for (const [name, shard] of this.#shards) {
      finishMoves(shard, now);
      dropGone(shard, now);
      this.#revive(name, shard, now);
      place(shard, now, this.#indexOf(shard));
    }
    for (const shard of this.#shards.values()) move(shard, now, this.#indexOf(shard));
  }

  refusals(copy: Copy, node: SimulatedNode, now: Surroundings): Refusal[] {
    const shard = this.#shards.get(`${copy.index}[${copy.shard}]`);
    return shard ? refusalsOf(copy, shard, node, now, this.#indexOf(shard)) : [];
  }

  #indexOf({ copies }: Shard): SimulatedIndex | undefined {
    return this.indices.get(copies[0]?.index ?? '');
  }

  /** As many copies of each shard as the index asks for now. */
  #followIndices(): void {
    for (const [name, shard] of this.#shards) {
      const [first] = shard.copies;
      const index = this.indices.get(first?.index ?? '');
      if (!index || (first?.shard ?? 0) >= index.shards) this.#shards.delete(name);
    }
    for (const [index, { shards, replicas }] of this.indices) {
      for (let number = 0; number < shards; number += 1) {
        const key = `${index}[${number}]`;
        const shard = this.#shards.get(key) ?? { copies: [], complete: new Set(), lost: false };
        this.#shards.set(key, shard);
        while (shard.copies.length < replicas + 1) {
          shard.copies.push(unassigned(index, number, shard.copies.length === 0, 'INDEX_CREATED'));
        }
        while (shard.copies.length > replicas + 1) removeOne(shard);
      }
    }
  }

  /** A shard without a primary begins again from a complete copy that is there; when none can ever come back, it is lost. */
  #revive(name: string, shard: Shard, { members, alive, holdsData, nowMs }: Surroundings): void {
    const primary = shard.copies.find((copy) => copy.primary);
    if (!primary || primary.state !== 'UNASSIGNED' || shard.lost || shard.complete.size === 0) return;
    const back = members.find(({ machine }) => shard.complete.has(machine) && alive(machine));
    if (back) return start(primary, back.machine, nowMs);
    shard.complete = new Set([...shard.complete].filter(holdsData));
    if (shard.complete.size > 0) return;
    shard.lost = true;
    this.lost.push(name);
  }
}

function unassigned(index: string, shard: number, primary: boolean, reason: string): Copy {
  const nowhere = { machine: undefined, target: undefined, readyAtMs: 0 };
  return { index, shard, primary, state: 'UNASSIGNED', reason, ...nowhere };
}

function start(copy: Copy, machine: SimulatedMachine, nowMs: number): void {
  Object.assign(copy, { state: 'STARTED', machine, target: undefined, readyAtMs: nowMs, reason: undefined });
}

function removeOne(shard: Shard): void {
  const replicas = shard.copies.filter(({ primary }) => !primary);
  const least = replicas.find(({ state }) => state === 'UNASSIGNED') ?? replicas.at(-1);
  if (least?.machine) shard.complete.delete(least.machine);
  shard.copies.splice(shard.copies.indexOf(least as Copy), 1);
}

function finishMoves(shard: Shard, { nowMs, alive, members }: Surroundings): void {
  for (const copy of shard.copies) {
    const { target, machine, state } = copy;
    if (!target || nowMs < copy.readyAtMs) continue;
    // A copy is made from another one: it is not made while one of the two machines is stopped, and the stopped one is removed later.
    const source =
      state === 'RELOCATING' && copy.primary ? machine : shard.copies.find(({ primary }) => primary)?.machine;
    if (!alive(target) || !source || !alive(source)) {
      if (!members.some((node) => node.machine === target)) copy.target = undefined;
      continue;
    }
    start(copy, target, nowMs);
    shard.complete.add(target);
    if (state === 'RELOCATING' && machine) shard.complete.delete(machine);
  }
}

/** Copies on machines that are no longer members; a replica takes the place of a primary, the one on the newest engine first. */
function dropGone(shard: Shard, { members }: Surroundings): void {
  const member = (machine: SimulatedMachine | undefined): SimulatedNode | undefined =>
    members.find((node) => node.machine === machine);
  for (const copy of shard.copies) {
    if (copy.state === 'RELOCATING' && !member(copy.target))
      Object.assign(copy, { state: 'STARTED', target: undefined });
    const at = copy.state === 'INITIALIZING' ? copy.target : copy.machine;
    if (copy.state === 'UNASSIGNED' || member(at)) continue;
    const others = shard.copies.filter((other) => other !== copy && isStarted(other) && member(other.machine));
    // While another copy is active, the copy on a stopped machine becomes stale; the last copy stays valid.
    if (others.length > 0 && copy.machine) shard.complete.delete(copy.machine);
    Object.assign(copy, unassigned(copy.index, copy.shard, copy.primary, 'NODE_LEFT'));
    const [heir] = others.sort((a, b) => newer(member(b.machine), member(a.machine)));
    if (!copy.primary || !heir) continue;
    copy.primary = false;
    heir.primary = true;
  }
}

function newer(a: SimulatedNode | undefined, b: SimulatedNode | undefined): number {
  return (a?.version ?? '').localeCompare(b?.version ?? '', 'en', { numeric: true });
}

export function isStarted({ state }: Copy): boolean {
  return state === 'STARTED' || state === 'RELOCATING';
}

function place(shard: Shard, now: Surroundings, index: SimulatedIndex | undefined): void {
  for (const copy of shard.copies.filter(({ state }) => state === 'UNASSIGNED')) {
    if (shard.lost || (copy.primary && shard.complete.size > 0)) continue;
    const node = bestNode(copy, shard, now, index);
    if (!node) continue;
    if (copy.primary) {
      start(copy, node.machine, now.nowMs);
      shard.complete.add(node.machine);
    } else if (shard.copies.some((other) => other.primary && isStarted(other))) {
      Object.assign(copy, { state: 'INITIALIZING', target: node.machine, readyAtMs: now.nowMs + now.copyMs });
      if (now.copyMs === 0) finishMoves(shard, now);
    }
  }
}

/** Moves copies off a node on which they may not stay. */
function move(shard: Shard, now: Surroundings, index: SimulatedIndex | undefined): void {
  for (const copy of shard.copies.filter(({ state }) => state === 'STARTED')) {
    const node = now.members.find(({ machine }) => machine === copy.machine);
    if (!node || filterRefusals(node, now, index).length === 0) continue;
    const to = bestNode(copy, shard, now, index);
    if (!to) continue;
    Object.assign(copy, { state: 'RELOCATING', target: to.machine, readyAtMs: now.nowMs + now.copyMs });
  }
}

/** A node that accepts the copy; the shard's number distributes the copies. */
function bestNode(
  copy: Copy,
  shard: Shard,
  now: Surroundings,
  index: SimulatedIndex | undefined,
): SimulatedNode | undefined {
  const open = now.members.filter((node) => refusalsOf(copy, shard, node, now, index).length === 0);
  // A replica is sent to whoever counts as a member; a primary that cannot start is unassigned.
  const free = copy.primary && copy.state === 'UNASSIGNED' ? open.filter(({ machine }) => now.alive(machine)) : open;
  const offset = copy.shard % Math.max(1, free.length);
  return free[offset];
}

function refusalsOf(
  copy: Copy,
  shard: Shard,
  node: SimulatedNode,
  now: Surroundings,
  index: SimulatedIndex | undefined,
): Refusal[] {
  const found: Refusal[] = [];
  if (shard.copies.some(({ machine, target }) => machine === node.machine || target === node.machine)) {
    found.push({ decider: 'same_shard', explanation: 'a copy of this shard is already allocated to this node' });
  }
  const enabled = now.setting('cluster.routing.allocation.enable') ?? 'all';
  if (enabled === 'none' || (enabled !== 'all' && !copy.primary)) {
    const explanation = `no allocations are allowed due to cluster setting [cluster.routing.allocation.enable=${enabled}]`;
    found.push({ decider: 'enable', explanation });
  }
  const source = now.members.find(({ machine }) => machine === shard.copies.find(({ primary }) => primary)?.machine);
  if (source && newer(source, node) > 0) {
    const explanation = `cannot allocate replica shard to a node with version [${node.version}] since this is older than the primary version [${source.version}]`;
    found.push({ decider: 'node_version', explanation });
  }
  return [...found, ...filterRefusals(node, now, index)];
}

function filterRefusals(node: SimulatedNode, { setting }: Surroundings, index: SimulatedIndex | undefined): Refusal[] {
  const lists = [
    [
      'cluster setting',
      setting('cluster.routing.allocation.exclude._name'),
      setting('cluster.routing.allocation.require._name'),
    ],
    [
      'index setting',
      index?.settings?.['index.routing.allocation.exclude._name'],
      index?.settings?.['index.routing.allocation.require._name'],
    ],
  ] as const;
  return lists.flatMap(([what, exclude, require]) => {
    const names = (list: string | undefined): string[] => (list ?? '').split(',').filter((name) => name !== '');
    const refused =
      names(exclude).includes(node.name) || (names(require).length > 0 && !names(require).includes(node.name));
    return refused ? [{ decider: 'filter', explanation: `node does not match ${what} filters` }] : [];
  });
}
