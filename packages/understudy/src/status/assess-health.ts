// From an observation to one state of health with findings. Pure: the same observation gives the same text.
import { shown } from '@understudy/foundation';
import { engineUrl } from '../engines/index.ts';
import { currentRelease, gatewayUnit, partOf, releaseIdOf, servicePlace } from '../machines/index.ts';
import { machinePlans, type Topology } from '../topology/index.ts';
import { worstFirst, type Notice, type OperatorFiles, type View } from './finding.ts';
import { balancerFindings } from './findings/balancer.ts';
import { certificateFindings, certificateNotices } from './findings/certificates.ts';
import { clusterFindings } from './findings/cluster.ts';
import { upkeepNotices } from './findings/upkeep.ts';
import { authorityFindings, authorityNotices } from './findings/authority-certificate.ts';
import { machineCertificateFindings, machineCertificateNotices } from './findings/machine-certificates.ts';
import { exchangeNotices } from './findings/exchanges.ts';
import { foreignNotices } from './findings/foreign.ts';
import { ownIndexNotices } from './findings/own-index.ts';
import { gatewayFindings } from './findings/gateway.ts';
import { machineFindings, unitOf } from './findings/machines.ts';
import { shardLimitNotices } from './findings/shard-limit.ts';
import { instanceNamed, type Observation, type ObservedBalancer } from '../observe/index.ts';
import type { Status } from './status.ts';

export function assessHealth(observation: Observation, topology: Topology, own: OperatorFiles = {}): Status {
  const machines = machinesStatus(observation, topology);
  const balancer = balancerStatus(observation, topology);
  const view = { observation, topology, machines, own };
  const findings = worstFirst([
    ...clusterFindings(view),
    ...machineFindings(view),
    ...gatewayFindings(view),
    ...balancerFindings(balancer, view),
    ...certificateFindings(view),
    ...machineCertificateFindings(view),
    ...authorityFindings(view),
  ]);
  const cluster = shown(observation.cluster);
  const membership = cluster && shown(cluster.membership);
  return {
    schemaVersion: 2,
    name: topology.name,
    region: topology.region,
    at: observation.at,
    verdict: findings[0]?.verdict ?? 'healthy',
    reasons: findings.map(({ reason }) => reason),
    findings,
    ...noticesOf(view),
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

/** What does not change the state of health: what is due later, and what is foreign. */
function noticesOf(view: View): { readonly notices: Notice[]; readonly foreign: Notice[] } {
  const certificates = [
    ...certificateNotices(view),
    ...machineCertificateNotices(view),
    ...authorityNotices(view),
    ...upkeepNotices(view),
    ...exchangeNotices(view),
  ];
  const { cluster } = view.observation;
  if (cluster.state !== 'seen') return { notices: certificates, foreign: [] };
  const seen = { ...view, cluster: cluster.value, subject: `${view.topology.name}-cluster` };
  return {
    notices: [...certificates, ...ownIndexNotices(seen), ...shardLimitNotices(seen)],
    foreign: foreignNotices(seen),
  };
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
      engineUrl: plan.role === 'search' ? engineUrl(plan.vpcAddress, topology.search.security === 'on') : null,
      reachable: machine !== undefined,
      unit: (machine && shown(partOf(machine.units, unitOf(topology, plan.role))))?.active ?? null,
      release: releaseIdOf(machine && shown(partOf(machine.links, currentRelease)), servicePlace) ?? null,
      gateway: (machine && shown(partOf(machine.units, gatewayUnit)))?.active ?? null,
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
