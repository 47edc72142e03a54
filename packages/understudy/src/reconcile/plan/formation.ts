// Decides whether a search cluster exists, must be formed for the first time, or whether that is unclear. A wrong decision would
// form a second cluster and lose data, so every uncertain case is `unclear`.
import { absent, shown } from '@understudy/foundation';
import { engineLayouts } from '../../engines/index.ts';
import { partOf } from '../../machines/index.ts';
import type { MachinePlan } from '../../topology/index.ts';
import { instanceNamed, type Observation } from '../../observe/index.ts';
import { engineConfigHash, machinesFor, type Intent } from '../../operation/index.ts';

/**
 * formed: a cluster exists, whether it answers or not, so machines join it and none may bootstrap. unformed: every search machine
 * was observed without data, or does not exist yet, so the first formation may start or continue.
 */
type Decision =
  | { readonly state: 'formed' }
  | { readonly state: 'unformed' }
  | { readonly state: 'unclear'; readonly unseen: readonly string[] };

export type Formation = Decision & {
  /** Machines whose engine formed a one-node cluster before its settings were written. */
  readonly separate: ReadonlySet<string>;
};

type Contents = 'nothing' | 'unfinished-bootstrap' | 'data' | 'unseen';

export function formationOf(intent: Intent, observation: Observation): Formation {
  const separate = separateClustersIn(intent, observation);
  if (clusterUuidOf(observation) !== undefined) return { state: 'formed', separate };
  const contents = machinesFor(intent, 'search').map((machine) => ({
    label: machine.label,
    content: separate.has(machine.label) ? 'nothing' : contentsOf(intent, observation, machine),
  }));
  if (contents.some(({ content }) => content === 'data')) return { state: 'formed', separate };
  const unseen = contents.filter(({ content }) => content === 'unseen').map(({ label }) => label);
  return unseen.length > 0 ? { state: 'unclear', unseen, separate } : { state: 'unformed', separate };
}

/** The UUID, if the cluster answers and has formed. */
function clusterUuidOf({ cluster }: Observation): string | undefined {
  const uuid = cluster.state === 'seen' ? shown(cluster.value.membership)?.clusterUuid : undefined;
  return uuid === '_na_' ? undefined : uuid;
}

/**
 * Machines with the state of a cluster that has no index and no other machine, and with settings that this tool did not write. With
 * such settings an engine cannot have joined our cluster. If one of the machines could not be read, the result is empty.
 */
function separateClustersIn(intent: Intent, observation: Observation): ReadonlySet<string> {
  const layout = engineLayouts[intent.topology.search.engine];
  const found = machinesFor(intent, 'search').map((machine) => {
    const observed = observation.machines[machine.label] ?? absent;
    if (observed.state === 'absent') return { label: machine.label, state: 'absent' } as const;
    if (observed.state === 'unknown') return { label: machine.label, state: 'unknown' } as const;
    const data = partOf(observed.value.directories, layout.dataDirectory);
    const config = partOf(observed.value.files, layout.configFile);
    if (data.state === 'unknown' || config.state === 'unknown')
      return { label: machine.label, state: 'unknown' } as const;
    const hash = shown(config)?.hash;
    const own = (['formed', 'bootstrap'] as const).some((form) => hash === engineConfigHash(intent, machine, form));
    return { label: machine.label, state: 'seen', data: shown(data), own } as const;
  });
  if (found.some(({ state }) => state === 'unknown')) return new Set();
  const members = new Set([clusterUuidOf(observation)]);
  const alone = found.filter((one) => {
    if (one.state !== 'seen' || one.own || one.data?.holds !== 'cluster' || one.data.indices) return false;
    const { clusterUuid } = one.data;
    const shared =
      found.filter((other) => other.state === 'seen' && other.data?.clusterUuid === clusterUuid).length > 1;
    return clusterUuid !== undefined && !members.has(clusterUuid) && !shared;
  });
  return new Set(alone.map(({ label }) => label));
}

/**
 * Data with a settings file that is exactly our bootstrap form comes from an interrupted first formation. The formation may continue
 * with the same initial masters; the engine ignores them if the cluster had already formed.
 */
function contentsOf(intent: Intent, observation: Observation, machine: MachinePlan): Contents {
  if (!instanceNamed(observation.objects, machine.label)) return 'nothing';
  const observed = observation.machines[machine.label] ?? absent;
  if (observed.state !== 'seen') return 'unseen';
  const layout = engineLayouts[intent.topology.search.engine];
  const data = partOf(observed.value.directories, layout.dataDirectory);
  if (data.state === 'unknown') return 'unseen';
  if (data.state === 'absent' || data.value.holds !== 'cluster') return 'nothing';
  const config = partOf(observed.value.files, layout.configFile);
  if (config.state === 'unknown') return 'data';
  const hash = shown(config)?.hash;
  return hash === engineConfigHash(intent, machine, 'bootstrap') ? 'unfinished-bootstrap' : 'data';
}
