// Which version can follow which in a running cluster, node by node, as the vendors say.
import type { EngineVersion } from './dialect.ts';

export interface UpgradeProblem {
  readonly code: 'version-unreadable' | 'downgrade' | 'version-between-missing';
  readonly sentence: string;
}

/**
 * The release from which a new major can be reached by a rolling upgrade: nothing older than it. Which release of one minor was
 * published before which of another is not known here: Elastic also refuses a higher version that is the older release.
 * Elasticsearch: 'Major upgrades must be performed from the latest minor version of the previous major'
 * https://www.elastic.co/docs/deploy-manage/upgrade#upgrade-paths (9.0 was released beside 8.18 and before 8.19);
 * 7.17 for 8: https://www.elastic.co/guide/en/elastic-stack/8.18/upgrading-elastic-stack.html
 * OpenSearch: 'The minimum required cluster version for upgrades to 3.x.x is 2.19.0', and only adjacent majors
 * https://docs.opensearch.org/latest/migrate-or-upgrade/rolling-upgrade/
 */
function stepBefore(engine: EngineVersion['engine'], [major, minor]: Numbers): [number, number] | undefined {
  if (engine === 'opensearch') return major === 3 ? [2, 19] : major === 2 ? [1, 0] : undefined;
  if (major === 9) return minor === 0 ? [8, 18] : [8, 19];
  return major === 8 ? [7, 17] : undefined;
}

type Numbers = readonly [major: number, minor: number, patch: number];

function numbersIn(version: string): Numbers | undefined {
  const read = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  return read ? [Number(read[1]), Number(read[2]), Number(read[3])] : undefined;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** Why a running cluster cannot go from one version to the other, node by node; undefined when it can, or need not. */
export function upgradeProblem(engine: EngineVersion['engine'], from: string, to: string): UpgradeProblem | undefined {
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
  const step = stepBefore(engine, after);
  const adjacent = after[0] === before[0] + 1;
  const tooNew = engine === 'elasticsearch' && after[0] === 9 && after[1] === 0 && before[1] > 18;
  if (adjacent && step && compare(before, step) >= 0 && !tooNew) return undefined;
  if (adjacent && tooNew) {
    const sentence = `${engine} ${to} is older than ${from}, whatever its number: go to 9.1 or later.`;
    return { code: 'downgrade', sentence };
  }
  const through = step
    ? `${engine} ${to} is reached from ${step.join('.')} alone`
    : `${engine} ${to} cannot be reached from ${from}`;
  const sentence = `${through}; the cluster runs ${from}. Upgrade to the newest release of ${step ? step.join('.') : `${after[0] - 1}.x`} first.`;
  return { code: 'version-between-missing', sentence };
}
