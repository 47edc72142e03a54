// Which machines a word of the operator means: a label in full or without the system's name, a role, or all.
import { UnderstudyError } from '@understudy/foundation';
import { machinePlans, type MachinePlan, type Topology } from '../topology/index.ts';

/** Labels without the system's name: `service-1`, `search-2`. */
export function shortNames(topology: Topology): string[] {
  return machinePlans(topology).map(({ role, ordinal }) => `${role}-${ordinal}`);
}

/** One machine by `demo-search-2` or `search-2`. Error: `operate-unknown-machine` with the allowed names. */
export function machineByName(topology: Topology, word: string): MachinePlan {
  const found = named(topology, word);
  if (found === undefined) throw unknownMachine(topology, word, []);
  return found;
}

/** Words that stand for several machines. */
export const groupNames = ['service', 'search', 'all'] as const;

/** One machine, those of a role, or `all`. Error: `operate-unknown-machine` with the allowed names. */
export function machinesByName(topology: Topology, word: string): readonly MachinePlan[] {
  const all = machinePlans(topology);
  const found = word === 'all' ? all : all.filter(({ role }) => role === word);
  if (found.length > 0) return found;
  const one = named(topology, word);
  if (one === undefined) throw unknownMachine(topology, word, groupNames);
  return [one];
}

function named(topology: Topology, word: string): MachinePlan | undefined {
  return machinePlans(topology).find(({ label, role, ordinal }) => label === word || `${role}-${ordinal}` === word);
}

function unknownMachine(topology: Topology, word: string, groups: readonly string[]): UnderstudyError {
  const allowed = [...groups, ...shortNames(topology)];
  return new UnderstudyError(
    'operate-unknown-machine',
    `${topology.name} has no machine called '${word}'; allowed: ${allowed.join(', ')}, or the label in full, such as ` +
      `${topology.name}-search-1.`,
    { facts: { saw: word, allowed } },
  );
}
