// Findings about the members of the cluster: who is missing, who is not expected, who is silent, and which version each runs.
import { upgradeProblem } from '../../engines/index.ts';
import { shown } from '@understudy/foundation';
import { applyCommand, type ClusterView, type Finding } from '../finding.ts';
import { instanceNamed, membershipOf } from '../../observe/index.ts';

export function memberFindings(view: ClusterView): Finding[] {
  return [...missing(view), ...unexpected(view), ...silent(view), ...versionFindings(view)];
}

function missing({ observation, machines }: ClusterView): Finding[] {
  return machines
    .filter(({ role, name }) => role === 'search' && membershipOf(observation, name) === 'missing')
    .map(({ name }) => ({
      id: 'machine-not-member',
      verdict: 'degraded',
      subject: name,
      reason: `${name} is not a member of the search cluster.`,
      effect: 'Nothing yet: the others serve, with one machine fewer to lose.',
      repair: applyCommand,
    }));
}

function unexpected({ cluster, observation, machines }: ClusterView): Finding[] {
  const asked = new Set(machines.filter(({ role }) => role === 'search').map(({ name }) => name));
  return (shown(cluster.membership)?.nodes ?? [])
    .filter(({ name }) => !asked.has(name))
    .map(({ name, transportAddress }) => ({
      id: 'member-unexpected',
      verdict: 'degraded',
      subject: name,
      reason: `${name} (${transportAddress}) is a member of the search cluster and not in the topology.`,
      effect: 'Nothing yet; it may hold copies and votes, and be missed when it goes.',
      repair: instanceNamed(observation.objects, name)
        ? applyCommand
        : `It is no machine of this system: stop the engine at ${transportAddress}.`,
    }));
}

/** The elected node goes on counting a node that hangs; asked for itself it does not answer. */
function silent({ cluster, subject }: ClusterView): Finding[] {
  const versions = shown(cluster.versions);
  const members = shown(cluster.membership);
  if (!versions || !members) return [];
  const names = members.nodes.map(({ name }) => name).filter((name) => versions[name] === undefined);
  if (names.length === 0) return [];
  return [
    {
      id: 'member-silent',
      verdict: 'degraded',
      subject: names.length === 1 ? (names[0] ?? subject) : subject,
      reason: `${names.join(', ')} counts as a member, but its engine does not answer for itself.`,
      effect: 'Requests that need its copies wait until it is missed.',
      repair: 'Run status again; if it stays so, the engine hangs: understudy plan says what can be done.',
    },
  ];
}

function versionFindings({ cluster, topology, subject }: ClusterView): Finding[] {
  const { engine, version } = topology.search;
  const versions = Object.entries(shown(cluster.versions) ?? {});
  const others = versions.filter(([, running]) => running !== version);
  if (others.length === 0) return [];
  const kinds = [...new Set(versions.map(([, running]) => running))];
  const problem = others.map(([, running]) => upgradeProblem(engine, running, version)).find((one) => one);
  const list = versions.map(([name, running]) => `${name} ${running}`).join(', ');
  const mixed = kinds.length > 1;
  return [
    {
      id: mixed ? 'versions-mixed' : 'version-differs',
      verdict: 'degraded',
      subject,
      reason: `The topology asks for ${engine} ${version}; what runs: ${list}.`,
      effect: mixed ? 'Nothing yet; a replica whose primary is on a newer node has fewer places.' : 'Nothing.',
      repair: problem ? problem.sentence : applyCommand,
    },
  ];
}
