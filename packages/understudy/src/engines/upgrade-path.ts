// Which version can follow which in a running cluster, node by node, as the vendors say.
import type { VersionNumbers } from './engine.ts';
import { engineNamed, type Engine } from './engines.ts';

export interface UpgradeProblem {
  readonly code: 'version-unreadable' | 'downgrade' | 'version-between-missing';
  readonly sentence: string;
}

function numbersIn(version: string): VersionNumbers | undefined {
  const read = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  return read ? [Number(read[1]), Number(read[2]), Number(read[3])] : undefined;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** Why a running cluster cannot go from one version to the other, node by node; undefined when it can, or need not. */
export function upgradeProblem(engine: Engine, from: string, to: string): UpgradeProblem | undefined {
  const [before, after] = [numbersIn(from), numbersIn(to)];
  if (!before || !after) {
    const sentence = `'${before ? to : from}' is not a version such as 9.5.3, so whether ${engine} can go from ${from} to ${to} is unknown.`;
    return { code: 'version-unreadable', sentence };
  }
  if (compare(after, before) < 0) {
    const sentence =
      `${engine} ${from} cannot become ${to}: no engine reads the data of a newer one. ` +
      `Keep ${from}, or make a new cluster of ${to} and restore a snapshot that it can read.`;
    return { code: 'downgrade', sentence };
  }
  if (before[0] === after[0]) return undefined;
  const { stepBefore, olderThanItsNumber } = engineNamed(engine).upgrades;
  const step = stepBefore(after);
  const adjacent = after[0] === before[0] + 1;
  const instead = olderThanItsNumber(before, after);
  if (instead !== undefined) {
    const sentence = `${engine} ${to} is older than ${from} although its number is higher: upgrade to ${instead}.`;
    return { code: 'downgrade', sentence };
  }
  if (adjacent && step && compare(before, step) >= 0) return undefined;
  const through = step
    ? `${engine} ${to} can be reached only from ${step.join('.')}`
    : `${engine} ${to} cannot be reached from ${from}`;
  const sentence = `${through}; the cluster runs ${from}. Upgrade to the newest release of ${step ? step.join('.') : `${after[0] - 1}.x`} first.`;
  return { code: 'version-between-missing', sentence };
}
