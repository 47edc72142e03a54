// The observation of one machine, for planning: read, still starting, not readable, being deleted.
import { absent, shown } from '@understudy/foundation';
import type { Instance } from '../../linode/index.ts';
import type { ObservedMachine } from '../../machines/index.ts';
import { instanceNamed, type Observation } from '../../observe/index.ts';

/** An instance that is unreachable this long after its creation does not count as starting any more. */
const startsWithinMs = 300_000;

/** The machine as it was read over SSH; undefined if it does not exist yet or could not be read. */
export function observedMachine(observation: Observation, label: string): ObservedMachine | undefined {
  return shown(observation.machines[label] ?? absent);
}

/** True while an instance is so new that it may not answer yet. */
export function isStarting({ at }: Pick<Observation, 'at'>, { created }: Pick<Instance, 'created'>): boolean {
  return Date.parse(at) - Date.parse(`${created}Z`) < startsWithinMs;
}

/** True for a machine that exists and could not be read: its steps are planned after it can be read. */
export function isUnreadable(observation: Observation, label: string): boolean {
  const exists = instanceNamed(observation.objects, label) !== undefined;
  return exists && observedMachine(observation, label) === undefined;
}

/** Instances that Linode is deleting count as absent; only their labels are still in use. */
export function withoutDeleting(observation: Observation): Observation {
  const instances = observation.objects.instances.filter(({ status }) => status !== 'deleting');
  return { ...observation, objects: { ...observation.objects, instances } };
}
