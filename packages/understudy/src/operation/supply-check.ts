// Checks before anything is created that the target can supply the engine of the topology.
import { problemAt, TopologyError, type Topology } from '../topology/index.ts';
import type { Supply, Target } from './target.ts';

/** Resolves when it can, now or after a build. Error: `topology-invalid`, naming `search.engine` or `search.version`. */
export async function checkSupply(
  target: Pick<Target, 'supplies'>,
  topology: Topology,
  path: string,
): Promise<Exclude<Supply, { state: 'refused' }>> {
  const supply = await target.supplies(topology.search);
  if (supply.state !== 'refused') return supply;
  const { part, allowed, reason, remedy } = supply;
  throw new TopologyError(path, [
    problemAt(topology, ['search', part], { saw: topology.search[part], allowed, message: reason, remedy }),
  ]);
}

/** Notices for the operator before machines are created. */
export function supplyNotices({ state }: Supply, { search }: Topology): string[] {
  if (state !== 'buildable') return [];
  return [
    `${search.engine} ${search.version} is not built here yet; apply builds its package first, in about a minute.`,
  ];
}
