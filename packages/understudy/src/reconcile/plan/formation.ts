// Whether a search cluster exists already, must be formed for the first time, or cannot be told. A wrong answer here would
// make a second cluster beside the first and lose its data, so everything doubtful is `unclear`.
import { absent, shown } from '@understudy/foundation';
import { engineLayouts } from '../../engines/index.ts';
import { partOf } from '../../machines/index.ts';
import type { MachinePlan } from '../../topology/index.ts';
import { instanceNamed, type Observation } from '../../observe/index.ts';
import { engineConfigHash, machinesFor, type Intent } from '../../operation/index.ts';

/**
 * formed: a cluster exists, answering or not, so machines join it, and none may bootstrap. unformed: every search machine was seen to
 * hold nothing, or is yet to be made, so the first formation may begin or go on.
 */
type Decision =
  | { readonly state: 'formed' }
  | { readonly state: 'unformed' }
  | { readonly state: 'unclear'; readonly unseen: readonly string[] };

export type Formation = Decision & {
  /** Machines whose engine made a one-node cluster of its own before its settings came. */
  readonly strays: ReadonlySet<string>;
};

type Hold = 'nothing' | 'unfinished-bootstrap' | 'data' | 'unseen';

export function formationOf(intent: Intent, observation: Observation): Formation {
  const strays = straysIn(intent, observation);
  if (clusterUuidOf(observation) !== undefined) return { state: 'formed', strays };
  const holds = machinesFor(intent, 'search').map((machine) => ({
    label: machine.label,
    hold: strays.has(machine.label) ? 'nothing' : holdOf(intent, observation, machine),
  }));
  if (holds.some(({ hold }) => hold === 'data')) return { state: 'formed', strays };
  const unseen = holds.filter(({ hold }) => hold === 'unseen').map(({ label }) => label);
  return unseen.length > 0 ? { state: 'unclear', unseen, strays } : { state: 'unformed', strays };
}

/** Of a cluster that answers and has formed. */
function clusterUuidOf({ cluster }: Observation): string | undefined {
  const uuid = cluster.state === 'seen' ? shown(cluster.value.membership)?.clusterUuid : undefined;
  return uuid === '_na_' ? undefined : uuid;
}

/**
 * A state without any index, beside settings that are not ours, of a cluster to which no other machine belongs. An engine with such
 * settings cannot have joined ours; where one of the machines is unseen, none is called so.
 */
function straysIn(intent: Intent, observation: Observation): ReadonlySet<string> {
  const layout = engineLayouts[intent.topology.search.engine];
  const found = machinesFor(intent, 'search').map((machine) => {
    const sight = observation.machines[machine.label] ?? absent;
    if (sight.state === 'absent') return { label: machine.label, state: 'absent' } as const;
    if (sight.state === 'unknown') return { label: machine.label, state: 'unknown' } as const;
    const data = partOf(sight.value.directories, layout.dataDirectory);
    const config = partOf(sight.value.files, layout.configFile);
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
 * Data beside a settings file that is exactly our bootstrap form comes from a formation of ours that was cut short. Going on
 * with the same initial masters is what the engine expects, and it ignores them where the cluster had formed after all.
 */
function holdOf(intent: Intent, observation: Observation, machine: MachinePlan): Hold {
  if (!instanceNamed(observation.objects, machine.label)) return 'nothing';
  const sight = observation.machines[machine.label] ?? absent;
  if (sight.state !== 'seen') return 'unseen';
  const layout = engineLayouts[intent.topology.search.engine];
  const data = partOf(sight.value.directories, layout.dataDirectory);
  if (data.state === 'unknown') return 'unseen';
  if (data.state === 'absent' || data.value.holds !== 'cluster') return 'nothing';
  const config = partOf(sight.value.files, layout.configFile);
  if (config.state === 'unknown') return 'data';
  const hash = shown(config)?.hash;
  return hash === engineConfigHash(intent, machine, 'bootstrap') ? 'unfinished-bootstrap' : 'data';
}
