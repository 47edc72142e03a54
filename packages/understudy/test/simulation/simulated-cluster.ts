// Search engines in memory, as far as the tool speaks with them: they form a cluster by the engine's own rules (initial masters,
// quorum, one identity for ever), and answer health, membership, settings, templates and indices.
import { parse } from 'yaml';
import type { SimulatedMachine } from './simulated-machine.ts';

interface Identity {
  readonly uuid: string;
  voters: Set<SimulatedMachine>;
  settings: Record<string, unknown>;
  readonly templates: Map<string, unknown>;
  readonly indices: Map<string, { shards: number; replicas: number; durability: string }>;
}

interface Node {
  readonly name: string;
  readonly address: string;
  readonly machine: SimulatedMachine;
  readonly initialMasters: readonly string[];
}

const parsed = new Map<string, Readonly<Record<string, unknown>>>();

/** Settings files are as long as the cluster is big, and are read at every request. */
function settingsIn(text: string): Readonly<Record<string, unknown>> {
  const known = parsed.get(text) ?? (parse(text) as Record<string, unknown>);
  parsed.set(text, known);
  return known;
}

export class SimulatedClusters {
  readonly identities = new Map<string, Identity>();
  readonly #machines: () => Iterable<SimulatedMachine>;

  /** `machines`: those that run. */
  constructor(machines: () => Iterable<SimulatedMachine>) {
    this.#machines = machines;
  }

  #nodes(): Node[] {
    return [...this.#machines()].flatMap((machine) => {
      const engine = machine.engineUnit()?.replace('.service', '');
      const settings = engine && machine.files.get(`/etc/${engine}/${engine}.yml`)?.content;
      if (!settings) return [];
      const read = settingsIn(settings);
      const initial = read['cluster.initial_master_nodes'] ?? read['cluster.initial_cluster_manager_nodes'] ?? [];
      return {
        name: String(read['node.name']),
        address: String(read['network.publish_host']),
        machine,
        initialMasters: initial as string[],
      };
    });
  }

  /** Lets nodes form or join, then says who is in the cluster of this node, and whether that has a quorum. */
  #settle(): void {
    const nodes = this.#nodes();
    const fresh = nodes.filter(({ machine }) => machine.data === 'started');
    const alive = [...this.identities.values()].find((identity) => this.#quorum(identity, nodes));
    if (alive) {
      for (const { machine } of fresh) machine.data = alive.uuid;
      const members = nodes.filter(({ machine }) => machine.data === alive.uuid).map(({ machine }) => machine);
      if (members.length > alive.voters.size / 2) alive.voters = new Set([...members]);
      return;
    }
    for (const { initialMasters } of fresh) {
      const peers = fresh.filter(({ name }) => initialMasters.includes(name));
      if (initialMasters.length === 0 || peers.length <= initialMasters.length / 2) continue;
      const uuid = `cluster-${this.identities.size + 1}`;
      const voters = new Set(peers.map(({ machine }) => machine));
      this.identities.set(uuid, { uuid, voters, settings: {}, templates: new Map(), indices: new Map() });
      for (const { machine } of peers) machine.data = uuid;
      return;
    }
  }

  #quorum(identity: Identity, nodes: readonly Node[]): boolean {
    const present = nodes.filter(({ machine }) => identity.voters.has(machine)).length;
    return present > identity.voters.size / 2;
  }

  /** Undefined: nothing listens there. */
  request(
    machine: SimulatedMachine,
    method: string,
    path: string,
    body: string | undefined,
  ): [number, unknown] | undefined {
    this.#settle();
    const nodes = this.#nodes();
    const self = nodes.find((node) => node.machine === machine);
    if (!self) return undefined;
    if (path === '/') return [200, { name: self.name }];
    const identity = this.identities.get(machine.data ?? '');
    if (!identity || !this.#quorum(identity, nodes))
      return [503, { error: { type: 'master_not_discovered_exception' } }];
    const members = nodes.filter((node) => node.machine.data === identity.uuid);
    return answer(
      identity,
      members,
      method,
      path,
      body === undefined ? {} : (JSON.parse(body) as Record<string, unknown>),
    );
  }
}

function answer(
  identity: Identity,
  members: readonly Node[],
  method: string,
  path: string,
  body: Record<string, unknown>,
): [number, unknown] {
  const [route = ''] = path.split('?');
  const name = route.split('/').at(-1) ?? '';
  if (route === '/_cluster/health') return health(identity, members, path);
  if (route === '/_cluster/state/blocks') return [200, { cluster_uuid: identity.uuid, blocks: {} }];
  if (route === '/_nodes/process') return [200, nodes(members)];
  if (route === '/_cat/allocation') return [200, diskRows(members)];
  if (route.startsWith('/_cluster/state/')) return [200, state(identity, members, route)];
  if (route === '/_cluster/settings') {
    if (method === 'PUT') identity.settings = { ...identity.settings, ...(body['persistent'] as object) };
    const set = Object.entries(identity.settings).filter(([, value]) => value !== null);
    return [200, { persistent: Object.fromEntries(set), transient: {} }];
  }
  if (route === '/_flush' || route.startsWith('/_cluster/voting_config_exclusions')) return [200, {}];
  if (route.startsWith('/_cat/shards')) return [200, shardRows(identity, members)];
  if (route.startsWith('/_index_template/')) {
    if (method === 'PUT') identity.templates.set(name, body);
    const template = identity.templates.get(name);
    return template === undefined
      ? [404, { error: { type: 'resource_not_found_exception' } }]
      : [200, { index_templates: [{ name, index_template: template }] }];
  }
  return indexAnswer(identity, method, route, body);
}

interface IndexSettings {
  readonly number_of_shards?: number;
  readonly number_of_replicas?: number;
  readonly translog?: { readonly durability?: string };
}

function indexAnswer(
  identity: Identity,
  method: string,
  route: string,
  body: Record<string, unknown>,
): [number, unknown] {
  const [, name = '', part] = route.split('/');
  const index = identity.indices.get(name);
  if (part === undefined && method === 'PUT') {
    if (index) return [400, { error: { type: 'resource_already_exists_exception' } }];
    const template = identity.templates.get(name) as { template: { settings: { index: IndexSettings } } } | undefined;
    const settings = template?.template.settings.index;
    identity.indices.set(name, {
      shards: settings?.number_of_shards ?? 1,
      replicas: settings?.number_of_replicas ?? 1,
      durability: settings?.translog?.durability ?? 'request',
    });
    return [200, {}];
  }
  if (!index) return [404, { error: { type: 'index_not_found_exception' } }];
  if (method === 'PUT') {
    const given = body['index'] as IndexSettings;
    index.replicas = given.number_of_replicas ?? index.replicas;
    index.durability = given.translog?.durability ?? index.durability;
  }
  const settings = {
    'index.number_of_shards': String(index.shards),
    'index.number_of_replicas': String(index.replicas),
    'index.translog.durability': index.durability,
  };
  return [200, { [name]: { settings } }];
}

function shardRows(identity: Identity, members: readonly Node[]): object[] {
  return [...identity.indices].flatMap(([index, { shards, replicas }]) =>
    Array.from({ length: shards }, (_, shard) =>
      Array.from({ length: replicas + 1 }, (_copy, copy) => {
        const node = copy < members.length ? members[(shard + copy) % members.length]?.name : undefined;
        const prirep = copy === 0 ? 'p' : 'r';
        return { index, shard: String(shard), prirep, state: node ? 'STARTED' : 'UNASSIGNED', node: node ?? null };
      }),
    ).flat(),
  );
}

function health(identity: Identity, members: readonly Node[], path: string): [number, unknown] {
  const copies = shardRows(identity, members) as { index: string; state: string; prirep: string }[];
  const started = copies.filter((copy) => copy.state === 'STARTED');
  const status = started.length === copies.length ? 'green' : 'yellow';
  const wanted = /wait_for_status=(\w+)/.exec(path)?.[1];
  const fewest = Number(/wait_for_nodes=>=(\d+)/.exec(path)?.[1] ?? 0);
  const reached = (wanted !== 'green' || status === 'green') && members.length >= fewest;
  const indices = [...identity.indices].map(([name, { shards, replicas }]) => {
    const missing = copies.filter(({ index, state: of }) => index === name && of !== 'STARTED').length;
    const counts = { number_of_shards: shards, number_of_replicas: replicas, unassigned_shards: missing };
    return [name, { status: missing === 0 ? 'green' : 'yellow', ...counts }];
  });
  return [
    reached ? 200 : 408,
    {
      cluster_name: 'simulated',
      status,
      timed_out: !reached,
      number_of_nodes: members.length,
      number_of_data_nodes: members.length,
      active_primary_shards: started.filter((copy) => copy.prirep === 'p').length,
      active_shards: started.length,
      relocating_shards: 0,
      initializing_shards: 0,
      unassigned_shards: copies.length - started.length,
      delayed_unassigned_shards: 0,
      number_of_pending_tasks: 0,
      number_of_in_flight_fetch: 0,
      task_max_waiting_in_queue_millis: 0,
      active_shards_percent_as_number: copies.length === 0 ? 100 : (100 * started.length) / copies.length,
      ...(path.includes('level=indices') && { indices: Object.fromEntries(indices) as object }),
    },
  ];
}

function nodes(members: readonly Node[]): object {
  const described = members.map(({ name, address: ip, machine }) => {
    const [version = ''] = machine.packages.values();
    return [`id-${name}`, { name, version: version.replace(/-.*$/, ''), ip, roles: ['data', 'master'] }];
  });
  return { nodes: Object.fromEntries(described) as object };
}

function diskRows(members: readonly Node[]): object[] {
  const disk = { 'disk.indices': '1000', 'disk.used': '10000', 'disk.avail': '90000', 'disk.total': '100000' };
  return members.map(({ name: node }) => ({ node, shards: '1', ...disk }));
}

function state(identity: Identity, members: readonly Node[], route: string): object {
  const field = route.includes('cluster_manager_node') ? 'cluster_manager_node' : 'master_node';
  const ids = members.map(({ name }) => `id-${name}`);
  return {
    cluster_uuid: identity.uuid,
    [field]: ids[0],
    nodes: Object.fromEntries(
      members.map(({ name, address }) => [`id-${name}`, { name, transport_address: `${address}:9300` }]),
    ),
    metadata: { cluster_coordination: { last_committed_config: ids, voting_config_exclusions: [] } },
  };
}
