// Which topology a command line names: a word of it or `-t`, the same in every command. Reads no file.
import { resolve } from 'node:path';
import { UnderstudyError } from '@understudy/foundation';

/** The topology of a command when none is named. */
export const defaultTopologyPath = 'topology.yaml';

/** The other words of a command: a fixed number in order, or any number of names. */
export type OtherWords = 'names' | number;

export interface SplitWords {
  /** Undefined when none is named. */
  readonly topologyPath: string | undefined;
  readonly others: readonly string[];
}

/** Whether the word is certainly a file name. */
function isFileName(word: string): boolean {
  return /\.(?:ya?ml|json)$/i.test(word);
}

/**
 * Splits the words of a command line. The topology is a word that ends in `.yaml`, `.yml` or `.json`; among names also one with a
 * slash; after a number of other words the one that follows them. Error: `cli-usage` when two that differ are named, or when other
 * words are missing.
 */
export function splitWords(words: readonly string[], option: string | undefined, expected: OtherWords): SplitWords {
  const named = words.filter(isFileName);
  const rest = words.filter((word) => !isFileName(word));
  const others = expected === 'names' ? rest.filter((word) => !word.includes('/')) : rest.slice(0, expected);
  const further = expected === 'names' ? rest.filter((word) => word.includes('/')) : rest.slice(expected);
  const [first, ...more] = [...named, ...further, ...(option === undefined ? [] : [option])];
  const other = first === undefined ? undefined : more.find((path) => resolve(path) !== resolve(first));
  if (other !== undefined) {
    throw new UnderstudyError(
      'cli-usage',
      `two topologies are named, ${first ?? ''} and ${other}. Name one: as a word or with -t, --topology.`,
    );
  }
  if (expected !== 'names' && others.length < expected) {
    const saw = words.join(' ') || 'none';
    throw new UnderstudyError('cli-usage', `further words are missing: saw ${saw}; --help shows them.`);
  }
  return { topologyPath: first, others };
}
