// The HTTP answers of a simulated cluster, in the shapes of the real one.
import { isStarted, type Copy, type SimulatedNode, type Surroundings } from './simulated-copies.ts';
import type { Identity, SimulatedClusters } from './simulated-cluster.ts';
import { indexAnswer, indexSettings } from './simulated-indices.ts';

export interface SimulatedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly route: string;
  readonly body: Record<string, unknown>;
}

type Answer = [number, unknown];

export function answerOf(
  clusters: SimulatedClusters,
  identity: Identity,
  now: Surroundings,
  asked: SimulatedRequest,
): Answer {
  const { method, path, route } = asked;
  if (route === '/_cluster/health') return health(identity, now, path);
  if (route === '/_cluster/state/blocks') return [200, { cluster_uuid: identity.uuid, blocks: blocks(identity) }];
  if (route.startsWith('/_cluster/state/')) return [200, state(identity, now, route)];
  if (route === '/_cluster/settings') return settings(identity, asked);
  if (route === '/_cluster/voting_config_exclusions') return votingExclusions(identity, asked);
  if (route === '/_cluster/allocation/explain') return explanation(identity, now, asked.body);
  if (route === '/_nodes/process') return [200, nodes(now)];
  if (route === '/_cat/allocation') return [200, allocationRows(clusters, identity, now)];
  if (route === '/_cat/recovery') return [200, []];
  if (route === '/_recovery') return [200, recoveries(identity, now)];
  if (route === '/_flush' || route === '/_cluster/reroute') return [200, {}];
  if (route.startsWith('/_cat/shards')) return [200, shardRows(identity, now, route.split('/')[3])];
  if (route === '/_snapshot/_all') return [200, {}];
  if (route.startsWith('/_all/_settings')) {
    return [
      200,
      Object.fromEntries([...identity.indices].map(([name, index]) => [name, { settings: indexSettings(index) }])),
    ];
  }
  if (route.startsWith('/_index_template/')) {
    const name = route.split('/').at(-1) ?? '';
    if (method === 'PUT') identity.templates.set(name, asked.body);
    const template = identity.templates.get(name);
    if (template === undefined) return [404, { error: { type: 'resource_not_found_exception' } }];
    return [200, { index_templates: [{ name, index_template: template }] }];
  }
  return identity.accounts?.answer(asked) ?? indexAnswer(identity, asked);
}

const nameOf = (now: Surroundings, machine: unknown): string | undefined =>
  now.members.find((node) => node.machine === machine)?.name;

function shardRows(identity: Identity, now: Surroundings, index?: string): object[] {
  const wanted = identity.copies.all().filter((copy) => index === undefined || copy.index === index);
  return wanted.map((copy) => {
    const at = nameOf(now, copy.state === 'INITIALIZING' ? copy.target : copy.machine);
    const to = copy.state === 'RELOCATING' ? nameOf(now, copy.target) : undefined;
    return {
      index: copy.index,
      shard: String(copy.shard),
      prirep: copy.primary ? 'p' : 'r',
      state: copy.state,
      node: at === undefined ? null : to === undefined ? at : `${at} -> 10.0.0.1 id-${to} ${to}`,
      store: isStarted(copy) ? '1000' : null,
      'unassigned.reason': copy.reason ?? null,
    };
  });
}

/** Of copies that are on their way: all of them are being sent. */
function recoveries(identity: Identity, now: Surroundings): object {
  const underway = identity.copies.all().filter(({ state }) => state === 'INITIALIZING' || state === 'RELOCATING');
  const rows = underway.map((copy) => ({
    index: copy.index,
    id: copy.shard,
    stage: 'INDEX',
    total_time_in_millis: 1_000,
    source: copy.state === 'RELOCATING' ? { name: nameOf(now, copy.machine) } : {},
    target: { name: nameOf(now, copy.target) ?? '' },
  }));
  const shardsOf = (own: typeof rows) => ({ shards: own });
  return Object.fromEntries([...Map.groupBy(rows, ({ index }) => index)].map(([name, own]) => [name, shardsOf(own)]));
}

function colour(copies: readonly Copy[]): 'green' | 'yellow' | 'red' {
  if (copies.some((copy) => copy.primary && !isStarted(copy))) return 'red';
  return copies.every(isStarted) ? 'green' : 'yellow';
}

function health(identity: Identity, now: Surroundings, path: string): Answer {
  const copies = identity.copies.all();
  const started = copies.filter(isStarted);
  const count = (state: Copy['state']): number => copies.filter((copy) => copy.state === state).length;
  const status = colour(copies);
  const wanted = /wait_for_status=(\w+)/.exec(path)?.[1];
  const fewest = Number(/wait_for_nodes=>=(\d+)/.exec(path)?.[1] ?? 0);
  const still = path.includes('wait_for_no_relocating_shards=true');
  const reached =
    (wanted === undefined || status === 'green' || (wanted === 'yellow' && status === 'yellow')) &&
    now.members.length >= fewest &&
    !(still && count('RELOCATING') > 0);
  const indices = [...identity.indices].map(([name, { shards, replicas }]) => {
    const own = copies.filter(({ index }) => index === name);
    const unassigned = own.filter(({ state: of }) => of === 'UNASSIGNED').length;
    return [
      name,
      { status: colour(own), number_of_shards: shards, number_of_replicas: replicas, unassigned_shards: unassigned },
    ];
  });
  const body = {
    cluster_name: 'simulated',
    status,
    timed_out: !reached,
    number_of_nodes: now.members.length,
    number_of_data_nodes: now.members.length,
    active_primary_shards: started.filter((copy) => copy.primary).length,
    active_shards: started.length,
    relocating_shards: count('RELOCATING'),
    initializing_shards: count('INITIALIZING'),
    unassigned_shards: count('UNASSIGNED'),
    delayed_unassigned_shards: 0,
    number_of_pending_tasks: 0,
    number_of_in_flight_fetch: 0,
    task_max_waiting_in_queue_millis: 0,
    active_shards_percent_as_number: copies.length === 0 ? 100 : (100 * started.length) / copies.length,
    ...(path.includes('level=indices') && { indices: Object.fromEntries(indices) as object }),
  };
  return [reached ? 200 : 408, body];
}

const idOf = ({ name }: SimulatedNode): string => `id-${name}`;

function state(identity: Identity, now: Surroundings, route: string): object {
  const field = route.includes('cluster_manager_node') ? 'cluster_manager_node' : 'master_node';
  const master = now.members.find(({ machine }) => machine === identity.master);
  const voters = [...identity.voters].map((machine) => nameOf(now, machine) ?? 'gone');
  return {
    cluster_uuid: identity.uuid,
    [field]: master ? idOf(master) : null,
    nodes: Object.fromEntries(
      now.members.map((node) => [idOf(node), { name: node.name, transport_address: `${node.address}:9300` }]),
    ),
    metadata: {
      cluster_coordination: {
        last_committed_config: voters.map((name) => `id-${name}`),
        voting_config_exclusions: [...identity.votingExclusions].map((name) => ({
          node_id: `id-${name}`,
          node_name: name,
        })),
      },
    },
  };
}

const defaults = {
  'cluster.routing.allocation.enable': 'all',
  'cluster.routing.rebalance.enable': 'all',
  'cluster.routing.allocation.disk.threshold_enabled': 'true',
  'cluster.routing.allocation.disk.watermark.low': '85%',
  'cluster.routing.allocation.disk.watermark.high': '90%',
  'cluster.routing.allocation.disk.watermark.flood_stage': '95%',
  'cluster.routing.allocation.total_shards_per_node': '-1',
  'cluster.max_shards_per_node': '1000',
};

function settings(identity: Identity, { method, path, body }: SimulatedRequest): Answer {
  if (method === 'PUT') {
    identity.settings = { ...identity.settings, ...(body['persistent'] as typeof identity.settings | undefined) };
    identity.transient = { ...identity.transient, ...(body['transient'] as typeof identity.settings | undefined) };
  }
  const set = (values: Record<string, unknown>): object =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  const known = path.includes('include_defaults=true') ? { defaults } : {};
  return [200, { persistent: set(identity.settings), transient: set(identity.transient), ...known }];
}

function votingExclusions(identity: Identity, { method, path }: SimulatedRequest): Answer {
  if (method === 'DELETE') identity.votingExclusions.clear();
  const names = /node_names=([^&]*)/.exec(path)?.[1]?.split(',') ?? [];
  for (const name of names) identity.votingExclusions.add(decodeURIComponent(name));
  return [200, {}];
}

/** Each node answers for itself: a stopped node that is still a member does not answer. */
function nodes({ members, alive }: Surroundings): object {
  const answering = members.filter(({ machine }) => alive(machine));
  const described = answering.map((node) => {
    const { name, version, address: ip } = node;
    return [idOf(node), { name, version, ip, host: ip, roles: ['data', 'ingest', 'master'] }];
  });
  return { nodes: Object.fromEntries(described) as object };
}

function allocationRows(clusters: SimulatedClusters, identity: Identity, now: Surroundings): object[] {
  return now.members.map(({ name, machine }) => {
    const copies = identity.copies.all().filter((copy) => isStarted(copy) && copy.machine === machine).length;
    const used = (clusters.diskUsedBytes.get(machine) ?? 10e9) + copies * 1000;
    return {
      node: name,
      shards: String(copies),
      'disk.indices': String(copies * 1000),
      'disk.used': String(used),
      'disk.avail': String(clusters.diskBytes - used),
      'disk.total': String(clusters.diskBytes),
    };
  });
}

function explanation(identity: Identity, now: Surroundings, body: Record<string, unknown>): Answer {
  const node = body['current_node'];
  const copy = identity.copies.all().find((candidate) => {
    const same =
      candidate.index === body['index'] && candidate.shard === body['shard'] && candidate.primary === body['primary'];
    return same && (node === undefined ? candidate.state === 'UNASSIGNED' : nameOf(now, candidate.machine) === node);
  });
  if (!copy) return [400, { error: { type: 'illegal_argument_exception', reason: 'No shard was found' } }];
  const decisions = now.members.map((member) => {
    const refusals = identity.copies.refusals(copy, member, now);
    const deciders = refusals.map((refusal) => ({ ...refusal, decision: 'NO' }));
    return { node_name: member.name, node_decision: deciders.length > 0 ? 'no' : 'yes', deciders };
  });
  const verdict = decisions.every(({ node_decision: decision }) => decision === 'no') ? 'no' : 'yes';
  const unassigned = copy.state === 'UNASSIGNED';
  const of = { index: copy.index, shard: copy.shard, primary: copy.primary, current_state: copy.state.toLowerCase() };
  const asked = unassigned
    ? {
        can_allocate: verdict,
        unassigned_info: { reason: copy.reason ?? 'INDEX_CREATED', last_allocation_status: 'no_attempt' },
      }
    : { can_remain_on_current_node: 'no', can_move_to_other_node: verdict };
  return [200, { ...of, ...asked, node_allocation_decisions: decisions }];
}

const blockIds: Readonly<Record<string, [id: string, levels: string[]]>> = {
  'index.blocks.read_only': ['5', ['write', 'metadata_write']],
  'index.blocks.write': ['8', ['write']],
  'index.blocks.read_only_allow_delete': ['12', ['write']],
  'cluster.blocks.read_only': ['6', ['write', 'metadata_write']],
  'cluster.blocks.read_only_allow_delete': ['13', ['write', 'metadata_write']],
};

function blocks(identity: Identity): object {
  const of = (values: Readonly<Record<string, unknown>>): [string, object][] =>
    Object.entries(blockIds).flatMap(([name, [id, levels]]) =>
      ['true', true].includes(values[name] as string)
        ? [[id, { description: `${name} (api)`, retryable: false, levels }]]
        : [],
    );
  const indices = [...identity.indices].flatMap(([name, { closed, settings: set = {} }]) => {
    const found = of(set);
    if (closed) found.push(['4', { description: 'index closed', retryable: false, levels: ['read', 'write'] }]);
    return found.length === 0 ? [] : [[name, Object.fromEntries(found)]];
  });
  const whole = of({ ...identity.settings, ...identity.transient });
  return { global: Object.fromEntries(whole) as object, indices: Object.fromEntries(indices) as object };
}
