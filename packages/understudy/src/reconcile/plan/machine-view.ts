// What an observation says of one machine, for planning: looked into, still starting, unseen, being deleted.
import { absent, shown } from '@understudy/foundation';
import type { Instance } from '../../linode/index.ts';
import type { ObservedMachine } from '../../machines/index.ts';
import { instanceNamed, type Observation } from '../../observe/index.ts';

/** An instance that is still unreachable this long after it was made is not merely starting. */
const startsWithinMs = 300_000;

/** What was seen of a machine that was looked into; undefined for one that is yet to be made, and for one that is unseen. */
export function lookedInto(observation: Observation, label: string): ObservedMachine | undefined {
  return shown(observation.machines[label] ?? absent);
}

/** True while an instance is so young that it need not answer yet. */
export function isStarting({ at }: Pick<Observation, 'at'>, { created }: Pick<Instance, 'created'>): boolean {
  return Date.parse(at) - Date.parse(`${created}Z`) < startsWithinMs;
}

/** True for a machine that exists and could not be looked into: what it needs is known only when it can be. */
export function isUnseen(observation: Observation, label: string): boolean {
  const exists = instanceNamed(observation.objects, label) !== undefined;
  return exists && lookedInto(observation, label) === undefined;
}

/** Instances that Linode is deleting count as gone; only their labels are still taken. */
export function withoutDeleting(observation: Observation): Observation {
  const instances = observation.objects.instances.filter(({ status }) => status !== 'deleting');
  return { ...observation, objects: { ...observation.objects, instances } };
}
