// From an observation to one verdict with findings. Pure: the same observation gives the same words.
import { shown, type Seen } from '../ground/index.ts';
import { currentRelease, engineLayouts, partOf, releasesDirectory, serviceUnit } from '../machines/index.ts';
import { balancerLabel, machinePlans, type Topology } from '../topology/index.ts';
import { applyMends, unread, worstFirst, type Finding } from './finding.ts';
import { instanceNamed, membershipOf } from './lookup.ts';
import type { Observation, ObservedBalancer, ObservedCluster } from './observation.ts';
import type { Status } from './status.ts';

export function judge(observation: Observation, topology: Topology): Status {
  const machines = machinesStatus(observation, topology);
  const balancer = balancerStatus(observation, topology);
  const findings = worstFirst([
    ...clusterFindings(observation, topology, machines),
    ...machineFindings(observation, topology, machines),
    ...balancerFindings(balancer, topology),
    ...certificateFindings(observation, topology),
  ]);
  const cluster = shown(observation.cluster);
  const membership = cluster && shown(cluster.membership);
  return {
    schemaVersion: 1,
    name: topology.name,
    region: topology.region,
    at: observation.at,
    verdict: findings[0]?.verdict ?? 'healthy',
    reasons: findings.map(({ reason }) => reason),
    findings,
    cluster: {
      answered: cluster !== undefined,
      health: (cluster && shown(cluster.health)) ?? null,
      master: membership?.master ?? null,
      nodes: membership?.nodes.map(({ name }) => name) ?? [],
      voting: [...(membership?.voting ?? [])],
      allocation: (cluster && shown(cluster.allocation)) ?? null,
    },
    machines,
    shards: ((cluster && shown(cluster.shards)) ?? []).map(({ index, shard, primary, state, node }) => ({
      index,
      shard,
      primary,
      state,
      node: node ?? null,
    })),
    balancer,
  };
}

function unitOf(topology: Topology, role: 'search' | 'service'): string {
  return role === 'search' ? engineLayouts[topology.search.engine].unit : serviceUnit;
}

function machinesStatus(observation: Observation, topology: Topology): Status['machines'] {
  return machinePlans(topology).map((plan) => {
    const instance = instanceNamed(observation.objects, plan.label);
    const machine = shown(observation.machines[plan.label] ?? { state: 'absent' });
    return {
      name: plan.label,
      role: plan.role,
      status: instance?.status ?? 'missing',
      addresses: { public: instance?.ipv4[0] ?? null, vpc: plan.vpcAddress },
      reachable: machine !== undefined,
      unit: (machine && shown(partOf(machine.units, unitOf(topology, plan.role))))?.active ?? null,
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
  const subject = `${topology.name}-cluster`;
  const nobody = { effect: 'Nothing can be indexed or found.', subject };
  if (cluster.state === 'absent') {
    return [
      { ...nobody, id: 'cluster-absent', verdict: 'down', reason: 'There is no search machine.', mend: applyMends },
    ];
  }
  if (cluster.state === 'unknown') {
    const asked = machines.some(({ role, reachable }) => role === 'search' && reachable);
    const gone = machines.every(({ role, status }) => role !== 'search' || status !== 'running');
    if (asked || gone) {
      const reason = `The search cluster does not answer: ${cluster.reason}`;
      return [{ ...nobody, id: 'cluster-silent', verdict: 'down', reason, mend: applyMends }];
    }
    const unseen = unread('cluster-unseen', subject, 'The state of the search cluster', cluster);
    return [{ ...unseen, reason: `The search cluster could not be asked: ${cluster.reason}` }];
  }
  const { health } = cluster.value;
  if (health.state === 'unknown' && health.code === 'cluster-no-master') {
    const reason = 'The search cluster has no elected master, so it takes no writes.';
    const mend = 'Bring back enough search machines for a quorum: understudy apply boots those that are off.';
    return [{ ...nobody, id: 'cluster-no-master', verdict: 'down', reason, mend }];
  }
  return [
    ...healthFindings(cluster.value, subject),
    ...memberFindings(observation, machines, cluster.value, subject),
    ...indexFindings(cluster.value, topology, subject),
    ...allocationFindings(cluster.value, subject),
  ];
}

function healthFindings({ health, shards }: ObservedCluster, subject: string): Finding[] {
  const findings: Finding[] = [];
  if (health.state !== 'seen')
    findings.push(unread('cluster-health-unread', subject, 'The health of the cluster', reasonOf(health)));
  else if (health.value.status === 'red') {
    findings.push({
      id: 'cluster-red',
      verdict: 'down',
      subject,
      reason: `The cluster is red: ${health.value.unassigned_shards} shards are unassigned, primaries among them.`,
      effect: 'Documents of these shards are neither found nor taken.',
      mend: 'Bring back the machines that hold copies: understudy apply boots those that are off.',
    });
  } else if (health.value.status === 'yellow') {
    const missing = health.value.unassigned_shards + health.value.initializing_shards;
    findings.push({
      id: 'cluster-yellow',
      verdict: 'degraded',
      subject,
      reason: `The cluster is yellow: ${missing} copies of shards are not in place, so another loss could lose data.`,
      effect: 'Nothing yet.',
      mend: 'The cluster makes copies by itself when every search machine is there: understudy apply.',
    });
  }
  if (shards.state !== 'seen')
    findings.push(unread('cluster-shards-unread', subject, 'Where the shards are', reasonOf(shards)));
  return findings;
}

/** Parts of a cluster that answers are never simply absent; one that is says nothing. */
function reasonOf(part: Exclude<Seen<unknown>, { state: 'seen' }>): { state: 'unknown'; reason: string; code: string } {
  return part.state === 'unknown' ? part : { state: 'unknown', reason: 'the answer was empty', code: 'status-empty' };
}

function memberFindings(
  observation: Observation,
  machines: Status['machines'],
  { membership }: ObservedCluster,
  subject: string,
): Finding[] {
  if (membership.state !== 'seen') {
    return [unread('cluster-members-unread', subject, 'Who belongs to the cluster', reasonOf(membership))];
  }
  return machines
    .filter(({ role, name }) => role === 'search' && membershipOf(observation, name) === 'missing')
    .map(({ name }) => ({
      id: 'machine-not-member',
      verdict: 'degraded',
      subject: name,
      reason: `${name} is not a member of the search cluster.`,
      effect: 'Nothing yet: the others serve, with one machine fewer to lose.',
      mend: applyMends,
    }));
}

function indexFindings({ index, template }: ObservedCluster, topology: Topology, subject: string): Finding[] {
  const { name } = topology.search.index;
  const findings: Finding[] = [];
  if (index.state === 'unknown') findings.push(unread('index-unread', name, `The index ${name}`, index));
  if (index.state === 'absent') {
    findings.push({
      id: 'index-missing',
      verdict: 'degraded',
      subject: name,
      reason: `The index ${name} does not exist.`,
      effect: 'Searches find nothing.',
      mend: applyMends,
    });
  }
  if (template.state === 'unknown')
    findings.push(unread('template-unread', subject, `The index template ${name}`, template));
  return findings;
}

function allocationFindings({ allocation }: ObservedCluster, subject: string): Finding[] {
  if (allocation.state !== 'seen') {
    return [unread('allocation-unread', subject, 'Whether shards may be placed', reasonOf(allocation))];
  }
  if (allocation.value === 'all') return [];
  return [
    {
      id: 'allocation-limited',
      verdict: 'degraded',
      subject,
      reason: `Shard allocation is limited to '${allocation.value}', so lost copies are not made again.`,
      effect: 'Nothing yet; the next machine that is lost may take the last copy.',
      mend: applyMends,
    },
  ];
}

function machineFindings(observation: Observation, topology: Topology, machines: Status['machines']): Finding[] {
  return machines.flatMap(({ name, role, status, reachable, unit }): Finding[] => {
    const found = (id: string, reason: string, mend = applyMends): Finding[] => [
      { id, verdict: 'degraded', subject: name, reason, effect: 'Nothing while the others serve.', mend },
    ];
    if (status === 'missing') return found('machine-missing', `${name} does not exist.`);
    if (status !== 'running') return found('machine-off', `${name} is ${status}, not running.`);
    const sight = observation.machines[name];
    if (!reachable) {
      const mend = 'understudy plan says what can be done; see docs/status.md.';
      return found('machine-unreachable', `${name} runs, but does not answer over SSH.`, mend);
    }
    const state = sight?.state === 'seen' ? partOf(sight.value.units, unitOf(topology, role)) : undefined;
    if (state?.state === 'unknown') return [unread('unit-unread', name, `The unit on ${name}`, state)];
    if (unit === 'active') return [];
    return found('unit-not-active', `The unit on ${name} is ${unit ?? 'not installed'}, not active.`);
  });
}

function balancerFindings(balancer: Status['balancer'], topology: Topology): Finding[] {
  const subject = balancerLabel(topology.name);
  const down = { verdict: 'down', subject, effect: 'Users are not served.', mend: applyMends } as const;
  if (balancer.urls.length === 0) {
    return [{ ...down, id: 'balancer-missing', reason: 'There is no balancer, so nobody is served.' }];
  }
  const findings: Finding[] = topology.balancer.listeners
    .filter(({ port }) => !balancer.nodes.some((node) => node.listener === port && isServing(node)))
    .map(({ port }) => ({
      ...down,
      id: 'balancer-empty',
      reason: `The balancer has no service machine that is UP and accepts on port ${port}.`,
    }));
  for (const node of balancer.nodes.filter((candidate) => !isServing(candidate))) {
    findings.push({
      id: 'backend-not-serving',
      verdict: 'degraded',
      subject: node.name,
      reason: `The balancer sees ${node.name} as ${node.status} in mode ${node.mode} on port ${node.listener}.`,
      effect: 'Nothing while the others serve.',
      mend: applyMends,
    });
  }
  return findings;
}

function isServing(node: Status['balancer']['nodes'][number]): boolean {
  return node.status === 'UP' && node.mode === 'accept';
}

/** A listener whose certificate is not shown may serve nobody. */
function certificateFindings({ certificates }: Observation, topology: Topology): Finding[] {
  return Object.entries(certificates).flatMap(([port, certificate]) =>
    certificate.state === 'unknown'
      ? [unread('certificate-unread', balancerLabel(topology.name), `The certificate on port ${port}`, certificate)]
      : [],
  );
}
