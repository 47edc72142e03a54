// What may follow on a command line: from the commands themselves, and from what `Sources` knows. Prints nothing, changes nothing.
import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What the program's own text does not know. Each answers within a moment, and with nothing when it cannot. */
export interface Sources {
  /** Topology files and directories that begin so. */
  readonly files: (prefix: string) => readonly string[];
  /** Short names of the machines of the topology that the line names, or of the default one. */
  readonly machines: (topology: string | undefined) => readonly string[];
  /** Labels in full. */
  readonly labels: (topology: string | undefined) => readonly string[];
  readonly groups: () => readonly string[];
  readonly drills: () => readonly string[];
  readonly drillGroups: () => readonly string[];
  readonly runs: () => readonly string[];
  readonly targets: () => readonly string[];
}

interface Place {
  readonly command: Command;
  /** Words before the last that are neither options nor their values nor commands. */
  readonly positionals: readonly string[];
  /** The option whose value the last word is. */
  readonly option: Option | undefined;
  readonly topology: string | undefined;
  /** After `--` nothing is an option. */
  readonly literal: boolean;
}

/** `words` are those after the program's name; the last one is being written, and may be empty. */
export function candidates(program: Command, words: readonly string[], sources: Sources): Candidate[] {
  const joined = joinAssignments(words);
  const current = joined.at(-1) ?? '';
  const place = placeOf(program, joined.slice(0, -1));
  return allAt(place, current, sources).filter(({ value }) => value.startsWith(current));
}

/** Bash cuts `--unit=engine` into three words. */
function joinAssignments(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [at, word] of words.entries()) {
    const last = joined.at(-1) ?? '';
    const continues = (word === '=' && last.startsWith('--')) || (words[at - 1] === '=' && last.endsWith('='));
    if (continues) joined.splice(-1, 1, last + word);
    else joined.push(word);
  }
  return joined;
}

function placeOf(program: Command, words: readonly string[]): Place {
  let command = program;
  let positionals: string[] = [];
  let option: Option | undefined;
  let topology: string | undefined;
  let literal = false;
  for (const word of words) {
    if (option !== undefined) {
      if (option.long === '--topology') topology = word;
      option = undefined;
    } else if (literal) positionals.push(word);
    else if (word === '--') literal = true;
    else if (word.startsWith('-')) {
      const [name = '', value] = word.split('=');
      const found = optionNamed(command, name);
      if (value === undefined && found?.required === true) option = found;
      if (value !== undefined && found?.long === '--topology') topology = value;
    } else {
      const child = positionals.length === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (child) [command, positionals] = [child, []];
      else {
        positionals.push(word);
        if (/\.(?:ya?ml|json)$/i.test(word)) topology = word;
      }
    }
  }
  return { command, positionals, option, topology, literal };
}

function optionNamed(command: Command, name: string): Option | undefined {
  return command.options.find(({ long, short }) => long === name || short === name);
}

function allAt(place: Place, current: string, sources: Sources): Candidate[] {
  const { command, option, literal } = place;
  if (option) return valuesOf(option, current, sources);
  if (!literal && current.startsWith('-')) {
    const [name = '', begun] = current.split('=');
    const assigned = begun === undefined ? undefined : optionNamed(command, name);
    if (assigned)
      return valuesOf(assigned, begun ?? '', sources).map(({ value, description }) => ({
        value: `${name}=${value}`,
        description,
      }));
    return optionsOf(command);
  }
  const commands = command
    .createHelp()
    .visibleCommands(command)
    .map((child) => ({ value: child.name(), description: child.description() }));
  return command.commands.length > 0 ? commands : wordsOf(place, current, sources);
}

function optionsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (typeof long === 'string' ? [{ value: long, description }] : []));
}

function plain(values: readonly string[]): Candidate[] {
  return values.map((value) => ({ value, description: '' }));
}

function valuesOf({ long, argChoices }: Option, current: string, sources: Sources): Candidate[] {
  if (argChoices) return plain(argChoices);
  if (long === '--topology') return plain(sources.files(current));
  if (long === '--target') return plain(sources.targets());
  return long === '--group' ? plain(sources.drillGroups()) : [];
}

/** Words of the argument that is next; a topology may stand among them wherever the command takes it as a word. */
function wordsOf(place: Place, current: string, sources: Sources): Candidate[] {
  const { command, positionals } = place;
  const known = command.registeredArguments;
  const next = known[positionals.length] ?? (known.at(-1)?.variadic === true ? known.at(-1) : undefined);
  const files = known.some((one) => one.name() === 'topology') ? sources.files(current) : [];
  return plain([...new Set([...(next ? argumentWords(next, place, current, sources) : []), ...files])]);
}

function argumentWords(argument: Argument, place: Place, current: string, sources: Sources): readonly string[] {
  if (argument.argChoices) return argument.argChoices;
  const { command, topology } = place;
  switch (argument.name()) {
    case 'machine':
      return command.parent?.name() === 'lab' ? sources.labels(topology) : sources.machines(topology);
    case 'machines':
      return [...sources.groups(), ...sources.machines(topology)];
    case 'name':
    case 'drill':
      return [...sources.drills(), ...(argument.name() === 'name' ? sources.files(current) : [])];
    case 'run':
      return sources.runs();
    case 'file':
      return sources.files(current);
    default:
      return [];
  }
}
