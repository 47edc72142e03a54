// One look at the search cluster: each part is read by itself, so that one that cannot be read hides no other.
import {
  allocation,
  clusterHealth,
  conditions,
  indexAliases,
  indexTemplate,
  mappingMark,
  membership,
  observeIndex,
  shards,
  storedAccounts,
  type EngineTransport,
} from '../cluster/index.ts';
import { dialectOf, engineNamed } from '../engines/index.ts';
import { absent, look, seen, type Seen } from '@understudy/foundation';
import type { Index, Topology } from '../topology/index.ts';
import type { ObservedCluster, OwnIndex } from './observation.ts';

/** Unknown: no engine answers at all. */
export async function observeCluster(transport: EngineTransport, topology: Topology): Promise<Seen<ObservedCluster>> {
  const answer = await look(transport.request('GET', '/', undefined, { timeoutMs: 5000 }));
  return answer.state === 'seen' ? seen(await readCluster(transport, topology)) : answer;
}

async function readCluster(transport: EngineTransport, topology: Topology): Promise<ObservedCluster> {
  const dialect = dialectOf(topology.search);
  const { indices } = topology.search;
  const names = indices.map(({ name }) => name);
  const api = topology.search.security === 'on' ? engineNamed(topology.search.engine).security.accountsApi : undefined;
  const [health, members, copies, allowed, accounts, ownParts, others] = await Promise.all([
    look(clusterHealth(transport, dialect)),
    look(membership(transport, dialect)),
    look(shards(transport)),
    look(allocation(transport)),
    api ? look(storedAccounts(transport, api)) : absent,
    Promise.all(indices.map((index) => readIndex(transport, index))),
    conditions({ transport, dialect }, names),
  ]);
  // The engine lists no copies at all while any index refuses to tell of itself; those of ours are what matters.
  const made = ownParts.filter(({ settings }) => settings.state !== 'absent').map(({ name }) => name);
  const asksOwn = copies.state === 'unknown' && hidesCopies(others.blocks) && made.length > 0;
  const shown = asksOwn ? await look(shards(transport, made.join(','))) : copies;
  const own = ownParts.map((index) => ({ ...index, condition: conditionOf(index, others.indices) }));
  return { ...others, own, health, membership: members, shards: shown, allocation: allowed, accounts };
}

async function readIndex(
  transport: EngineTransport,
  { name, aliases, template: { from } }: Index,
): Promise<Omit<OwnIndex, 'condition'>> {
  const [template, settings, known, mapping] = await Promise.all([
    look(indexTemplate(transport, name)),
    look(observeIndex(transport, name)),
    aliases.length === 0 && from !== 'file' ? absent : look(indexAliases(transport, name)),
    from === 'file' ? look(mappingMark(transport, name)) : absent,
  ]);
  return { name, template, settings, aliases: known, mapping };
}

/** Of an alias, the health of the first index that it stands for. */
function conditionOf(
  { name, settings }: Pick<OwnIndex, 'name' | 'settings'>,
  indices: ObservedCluster['indices'],
): OwnIndex['condition'] {
  if (indices.state !== 'seen') return indices;
  const behind = settings.state === 'seen' ? settings.value.names : [];
  const found = [name, ...behind].flatMap((wanted) => indices.value.find((index) => index.name === wanted) ?? []);
  return found[0] === undefined ? absent : seen(found[0]);
}

/** Whether an index, ours or another, refuses reads of its metadata. */
export function hidesCopies(blocks: ObservedCluster['blocks']): boolean {
  return blocks.state === 'seen' && blocks.value.some(({ refuses }) => refuses.includes('metadata_read'));
}
