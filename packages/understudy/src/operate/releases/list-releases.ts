// The releases on the service machines, as one list. A machine that cannot be read is named; what it has is not known.
import { parseReleases, releasesScript, type ReleasesOnMachine } from '../../machines/index.ts';
import type { World } from '../../observe/index.ts';
import type { Topology } from '../../topology/index.ts';
import { machinesByName } from '../machine-names.ts';
import { partialView, reachOf, reasonOf, type UnreachableMachine } from '../reach.ts';

export interface ReleaseRow {
  readonly id: string;
  /** Labels of the machines on which it lies. */
  readonly machines: readonly string[];
  /** Those on which it is current. */
  readonly currentOn: readonly string[];
  /** The first time that a machine has for it, RFC 3339, UTC; null when none has. */
  readonly unpackedAt: string | null;
  readonly usedAt: string;
  /** Where it was rejected, and why. */
  readonly rejected: readonly { readonly machine: string; readonly reason: string }[];
}

export interface ReleaseList {
  /** The last used first. */
  readonly releases: readonly ReleaseRow[];
  /** Every machine that was read. */
  readonly machines: readonly string[];
  readonly unreachable: readonly UnreachableMachine[];
}

/** Errors: those of the Linode client. */
export async function listReleases(world: Pick<World, 'linode' | 'runner'>, topology: Topology): Promise<ReleaseList> {
  const { running, unreachable } = await reachOf(world, topology, machinesByName(topology, 'service'));
  const lost: UnreachableMachine[] = [];
  const read = await Promise.all(
    running.map(async ({ machine, target }) => {
      try {
        const { code, stdout, stderr } = await world.runner.run(target, ['sh', '-s'], { stdin: releasesScript });
        if (code === 0) return [{ machine: machine.label, found: parseReleases(stdout) }];
        lost.push({ machine: machine.label, reason: stderr.trim() });
      } catch (error) {
        lost.push({ machine: machine.label, reason: reasonOf(error) });
      }
      return [];
    }),
  );
  const seen = read.flat();
  return {
    releases: rowsOf(seen),
    machines: seen.map(({ machine }) => machine),
    unreachable: [...unreachable, ...lost],
  };
}

interface OnMachine {
  readonly machine: string;
  readonly found: ReleasesOnMachine;
}

function rowsOf(seen: readonly OnMachine[]): ReleaseRow[] {
  const all = seen.flatMap(({ machine, found }) => found.releases.map((release) => ({ machine, release })));
  const rows = [...Map.groupBy(all, ({ release }) => release.id)].map(([id, holders]) => ({
    id,
    machines: holders.map(({ machine }) => machine),
    currentOn: seen.filter(({ found }) => found.current === id).map(({ machine }) => machine),
    unpackedAt: holders.flatMap(({ release }) => release.unpackedAt ?? []).sort()[0] ?? null,
    usedAt:
      holders
        .map(({ release }) => release.usedAt)
        .sort()
        .at(-1) ?? '',
    rejected: seen.flatMap(({ machine, found }) =>
      found.rejected.filter((one) => one.id === id).map(({ reason }) => ({ machine, reason })),
    ),
  }));
  return rows.sort((a, b) => (a.usedAt < b.usedAt ? 1 : a.usedAt > b.usedAt ? -1 : 0));
}

/** The list, when every service machine was read. Error: `operate-partial-view` with those that were not. */
export function complete(list: ReleaseList): ReleaseList {
  if (list.unreachable.length === 0) return list;
  throw partialView('Not every service machine could be read, so nothing was changed', list.unreachable);
}
