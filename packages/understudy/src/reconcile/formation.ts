// Whether a search cluster exists already, must be formed for the first time, or cannot be told. A wrong answer here would
// make a second cluster beside the first and lose its data, so everything doubtful is `unclear`.
import { absent, shown } from '../ground/index.ts';
import { engineLayouts, partOf } from '../machines/index.ts';
import type { MachinePlan } from '../topology/index.ts';
import { instanceNamed, type Observation } from '../status/index.ts';
import { engineConfigHash, machinesFor, type Intent } from './intent.ts';

export type Formation =
  /** A cluster exists, answering or not: machines join it, and none may bootstrap. */
  | { readonly state: 'formed' }
  /** Every search machine was seen to hold nothing, or is yet to be made: the first formation may begin or go on. */
  | { readonly state: 'unformed' }
  | { readonly state: 'unclear'; readonly unseen: readonly string[] };

type Hold = 'nothing' | 'unfinished-bootstrap' | 'data' | 'unseen';

export function formationOf(intent: Intent, observation: Observation): Formation {
  const { cluster } = observation;
  if (cluster.state === 'seen' && cluster.value.membership.state === 'seen') {
    if (cluster.value.membership.value.clusterUuid !== '_na_') return { state: 'formed' };
  }
  const holds = machinesFor(intent, 'search').map((machine) => ({
    label: machine.label,
    hold: holdOf(intent, observation, machine),
  }));
  if (holds.some(({ hold }) => hold === 'data')) return { state: 'formed' };
  const unseen = holds.filter(({ hold }) => hold === 'unseen').map(({ label }) => label);
  return unseen.length > 0 ? { state: 'unclear', unseen } : { state: 'unformed' };
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
