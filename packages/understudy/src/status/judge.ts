// From an observation to one verdict with reasons. Pure: the same sight gives the same words.
import { shown } from '../ground/index.ts';
import { engineLayouts, partOf, serviceUnit, currentRelease, releasesDirectory } from '../machines/index.ts';
import { machinePlans, type Topology } from '../topology/index.ts';
import { instanceNamed, isMember } from './lookup.ts';
import type { Observation, ObservedBalancer } from './observation.ts';
import type { Status, Verdict } from './status.ts';

interface Finding {
  readonly verdict: Exclude<Verdict, 'healthy'>;
  readonly reason: string;
}

/** Worst first. `unknown` stands between: what is not seen may be down, but a proven outage says more. */
const severity: readonly Verdict[] = ['down', 'unknown', 'degraded', 'healthy'];

export function judge(observation: Observation, topology: Topology): Status {
  const machines = machinesStatus(observation, topology);
  const balancer = balancerStatus(observation, topology);
  const findings = [
    ...clusterFindings(observation, topology, machines),
    ...machineFindings(machines),
    ...balancerFindings(balancer, topology),
  ].sort((a, b) => severity.indexOf(a.verdict) - severity.indexOf(b.verdict));
  const sight = observation.cluster.answered ? observation.cluster.cluster : undefined;
  return {
    schemaVersion: 1,
    name: topology.name,
    region: topology.region,
    at: observation.at,
    verdict: findings[0]?.verdict ?? 'healthy',
    reasons: findings.map(({ reason }) => reason),
    cluster: {
      answered: sight !== undefined,
      health: sight?.health ?? null,
      master: sight?.membership?.master ?? null,
      nodes: sight?.membership?.nodes.map(({ name }) => name) ?? [],
      voting: [...(sight?.membership?.voting ?? [])],
      allocation: sight?.allocation ?? null,
    },
    machines,
    shards: (sight?.shards ?? []).map(({ index, shard, primary, state, node }) => ({
      index,
      shard,
      primary,
      state,
      node: node ?? null,
    })),
    balancer,
  };
}

function machinesStatus(observation: Observation, topology: Topology): Status['machines'] {
  const layout = engineLayouts[topology.search.engine];
  return machinePlans(topology).map((plan) => {
    const instance = instanceNamed(observation.objects, plan.label);
    const sight = observation.machines[plan.label];
    const machine = sight?.reached ? sight.machine : undefined;
    const unit = plan.role === 'search' ? layout.unit : serviceUnit;
    return {
      name: plan.label,
      role: plan.role,
      status: instance?.status ?? 'missing',
      addresses: { public: instance?.ipv4[0] ?? null, vpc: plan.vpcAddress },
      reachable: machine !== undefined,
      unit: (machine && shown(partOf(machine.units, unit)))?.active ?? null,
      release: (machine && shown(partOf(machine.links, currentRelease)))?.slice(releasesDirectory.length + 1) ?? null,
    };
  });
}

function balancerStatus(observation: Observation, topology: Topology): Status['balancer'] {
  const seen: ObservedBalancer | undefined = observation.objects.balancers[0];
  if (!seen) return { urls: [], nodes: [] };
  const usual: Readonly<Record<string, number>> = { http: 80, https: 443 };
  return {
    urls: topology.balancer.listeners
      .filter(({ port }) => seen.configs.some(({ config }) => config.port === port))
      .map(({ port, protocol }) => {
        const suffix = usual[protocol] === port ? '' : `:${port}`;
        return `${protocol}://${seen.balancer.ipv4}${suffix}`;
      }),
    nodes: seen.configs.flatMap(({ config, nodes }) =>
      nodes.map((node) => ({
        name: node.label,
        address: node.address,
        listener: config.port,
        status: node.status,
        mode: node.mode,
      })),
    ),
  };
}

function clusterFindings(observation: Observation, topology: Topology, machines: Status['machines']): Finding[] {
  const { cluster } = observation;
  if (!cluster.answered) {
    const asked = machines.some(({ role, reachable }) => role === 'search' && reachable);
    const gone = machines.every(({ role, status }) => role !== 'search' || status !== 'running');
    return [
      asked || gone
        ? { verdict: 'down', reason: `The search cluster does not answer: ${cluster.reason}` }
        : { verdict: 'unknown', reason: `The search cluster could not be asked: ${cluster.reason}` },
    ];
  }
  const { health, index, allocation, membership } = cluster.cluster;
  if (!health) return [{ verdict: 'down', reason: 'The search cluster has no elected master, so it takes no writes.' }];
  const findings: Finding[] = [];
  if (health.status === 'red') {
    findings.push({
      verdict: 'down',
      reason: `The cluster is red: ${health.unassigned_shards} shards are unassigned, primaries among them.`,
    });
  }
  if (health.status === 'yellow') {
    findings.push({
      verdict: 'degraded',
      reason: `The cluster is yellow: ${health.unassigned_shards + health.initializing_shards} copies of shards are not in place, so another loss could lose data.`,
    });
  }
  for (const { name, role } of machines) {
    if (role === 'search' && membership && !isMember(cluster, name)) {
      findings.push({ verdict: 'degraded', reason: `${name} is not a member of the search cluster.` });
    }
  }
  if (!index) {
    findings.push({ verdict: 'degraded', reason: `The index ${topology.search.index.name} does not exist.` });
  }
  if (allocation !== 'all') {
    findings.push({
      verdict: 'degraded',
      reason: `Shard allocation is limited to '${allocation}', so lost copies are not made again.`,
    });
  }
  return findings;
}

function machineFindings(machines: Status['machines']): Finding[] {
  return machines.flatMap(({ name, status, reachable, unit }): Finding[] => {
    if (status === 'missing') return [{ verdict: 'degraded', reason: `${name} does not exist.` }];
    if (status !== 'running') return [{ verdict: 'degraded', reason: `${name} is ${status}, not running.` }];
    if (!reachable) return [{ verdict: 'degraded', reason: `${name} runs, but does not answer over SSH.` }];
    if (unit !== 'active') {
      return [{ verdict: 'degraded', reason: `The unit on ${name} is ${unit ?? 'not known'}, not active.` }];
    }
    return [];
  });
}

function balancerFindings(balancer: Status['balancer'], topology: Topology): Finding[] {
  if (balancer.urls.length === 0) return [{ verdict: 'down', reason: 'There is no balancer, so nobody is served.' }];
  const findings: Finding[] = topology.balancer.listeners
    .filter(({ port }) => !balancer.nodes.some((node) => node.listener === port && isServing(node)))
    .map(({ port }) => ({
      verdict: 'down',
      reason: `The balancer has no service machine that is UP and accepts on port ${port}.`,
    }));
  for (const node of balancer.nodes.filter((candidate) => !isServing(candidate))) {
    findings.push({
      verdict: 'degraded',
      reason: `The balancer sees ${node.name} as ${node.status} in mode ${node.mode} on port ${node.listener}.`,
    });
  }
  return findings;
}

function isServing(node: Status['balancer']['nodes'][number]): boolean {
  return node.status === 'UP' && node.mode === 'accept';
}
