// Rolling the service: a release that is sent, one that lies on the machines already, or a restart of what runs. What is rolled is
// decided here from a complete view; how each machine is changed while users are served is reconcile's.
import { UnderstudyError } from '@understudy/foundation';
import type { Release } from '../../machines/index.ts';
import type { World } from '../../observe/index.ts';
import type { Intent } from '../../operation/index.ts';
import { clearRejected, recordRejected, rollService } from '../../reconcile/index.ts';
import type { ReleaseList, ReleaseRow } from './list-releases.ts';

/** What becomes current: a release of this computer, which is sent where it is missing, or one that lies on every machine. */
export type RolledRelease = Release | { readonly id: string; readonly directory: null };

export interface RollRequest {
  /** Null: every machine keeps its release, and the service there is restarted. */
  readonly release: RolledRelease | null;
  /** A sentence for progress and records. */
  readonly reason: string;
  /** The release is rolled although a machine rejected it; its records are removed first. */
  readonly again: boolean;
  /** Recorded as rejected on every service machine when the roll has ended, so that the next apply does not bring them back. */
  readonly reject: readonly string[];
}

/** The release of the intent while it is rolled: of one that lies on the machines the id alone is known, and a restart has none. */
export function releaseToResolve({ release }: RollRequest): Release {
  return { id: release?.id ?? '', directory: release?.directory ?? '' };
}

/**
 * Changes one machine after the other while the others serve. The intent has the release of the request (`releaseToResolve`). May run again after it was interrupted. Errors: those of `rollService`;
 * machines that are done stay done.
 */
export async function carryOutRoll(
  world: World,
  intent: Intent,
  { release, reason, again, reject }: RollRequest,
  signal: AbortSignal,
): Promise<void> {
  if (again && release) await clearRejected(world, intent, release.id);
  if (release === null) await rollService(world, intent, { reason, signal });
  else if (release.directory === null)
    await rollService(world, intent, { reason, signal, release: { id: release.id }, proven: true });
  // A release may have another start command, so the unit is written with it.
  else await rollService(world, intent, { reason, signal, release: 'intended', settings: true });
  for (const id of reject) await recordRejected(world, intent, { id, reason });
}

/** Whether it was rejected with the present settings is seen by `rollService`, before anything is changed. */
export function deployRequest(release: Release, again: boolean): RollRequest {
  return { release, reason: `The release ${release.id} is deployed.`, again, reject: [] };
}

/**
 * Back to the release that was current before, or to the one that is named. Errors: `operate-no-release` when there is none to go back to,
 * when the named one is unknown, or when it is not on every machine.
 */
export function rollbackRequest(list: ReleaseList, to: string | undefined): RollRequest {
  const wanted = to === undefined ? previousOf(list) : releaseNamed(list, to);
  const missing = list.machines.filter((machine) => !wanted.machines.includes(machine));
  if (missing.length > 0) {
    throw noRelease(list, `The release ${wanted.id} is not on ${missing.join(', ')}.`);
  }
  const left = list.releases.filter(({ id, currentOn }) => id !== wanted.id && currentOn.length > 0);
  return {
    release: { id: wanted.id, directory: null },
    reason: `Rolled back to ${wanted.id} by the operator.`,
    // Going back to it on purpose is a decision for it.
    again: wanted.rejected.length > 0,
    reject: left.map(({ id }) => id),
  };
}

/** The last used of those that are current nowhere and were not rejected. */
function previousOf(list: ReleaseList): ReleaseRow {
  const found = list.releases.find(
    ({ currentOn, rejected, machines }) =>
      currentOn.length === 0 && rejected.length === 0 && machines.length === list.machines.length,
  );
  if (found) return found;
  throw noRelease(list, 'There is no earlier release on every service machine that was not rejected.');
}

function releaseNamed(list: ReleaseList, to: string): ReleaseRow {
  const matches = list.releases.filter(({ id }) => id.startsWith(to));
  const [match, other] = matches;
  if (match !== undefined && other === undefined && to.length >= 4) return match;
  throw noRelease(
    list,
    `--to: saw ${to}; allowed: an id below, or its first four digits or more when they are one release's.`,
  );
}

function noRelease(list: ReleaseList, why: string): UnderstudyError {
  const ids = list.releases.map(({ id, currentOn }) => `  - ${id}${currentOn.length > 0 ? ' (current)' : ''}`);
  return new UnderstudyError(
    'operate-no-release',
    `${why} Nothing was changed. On the machines are:\n${ids.join('\n') || '  none'}\nunderstudy release list shows where.`,
    { facts: { releases: list.releases.map(({ id }) => id) } },
  );
}

export const restartRequest: RollRequest = {
  release: null,
  reason: 'The operator asked for a restart.',
  again: false,
  reject: [],
};
