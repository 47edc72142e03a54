// One look at the search cluster: each part is read by itself, so that one that cannot be read hides no other.
import {
  allocation,
  clusterHealth,
  conditions,
  indexTemplate,
  membership,
  observeIndex,
  shards,
  type EngineTransport,
} from '../cluster/index.ts';
import { dialectOf } from '../engines/index.ts';
import { look, seen, type Seen } from '@understudy/foundation';
import type { Topology } from '../topology/index.ts';
import type { ObservedCluster } from './observation.ts';

/** Unknown: no engine answers at all. */
export async function observeCluster(transport: EngineTransport, topology: Topology): Promise<Seen<ObservedCluster>> {
  const answer = await look(transport.request('GET', '/', undefined, { timeoutMs: 5000 }));
  return answer.state === 'seen' ? seen(await readCluster(transport, topology)) : answer;
}

async function readCluster(transport: EngineTransport, topology: Topology): Promise<ObservedCluster> {
  const dialect = dialectOf(topology.search);
  const { name } = topology.search.index;
  const [health, members, copies, allowed, template, index, refusing] = await Promise.all([
    look(clusterHealth(transport, dialect)),
    look(membership(transport, dialect)),
    look(shards(transport)),
    look(allocation(transport)),
    look(indexTemplate(transport, name)),
    look(observeIndex(transport, name)),
    conditions({ transport, dialect }, name),
  ]);
  const { index: ownIndex, ...others } = refusing;
  // The engine lists no copies at all while any index refuses to tell of itself; those of ours are what matters.
  const shown = copies.state === 'unknown' && hidesCopies(others.blocks) ? await look(shards(transport, name)) : copies;
  return { ...others, ownIndex, health, membership: members, shards: shown, allocation: allowed, template, index };
}

/** Whether an index, ours or another, refuses reads of its metadata. */
export function hidesCopies(blocks: ObservedCluster['blocks']): boolean {
  return blocks.state === 'seen' && blocks.value.some(({ refuses }) => refuses.includes('metadata_read'));
}
