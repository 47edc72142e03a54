// Whether shards may be allocated: limited while a node is restarted on purpose, so that nothing is copied needlessly; and where they
// may not be allocated: on a node that is to leave.
import { refused } from './answer.ts';
import { clusterSettings, partsOf, putClusterSettings, settingIn } from './cluster-settings.ts';
import type { EngineTransport } from './transport.ts';

const enableKey = 'cluster.routing.allocation.enable';
const excludeKey = 'cluster.routing.allocation.exclude._name';

/** `all` unless it was changed. */
export async function allocation(transport: EngineTransport): Promise<string> {
  return settingIn(await clusterSettings(transport), enableKey) ?? 'all';
}

/** `primaries` holds replicas back; `all` is the default and removes the setting. */
export async function setAllocation(transport: EngineTransport, allowed: 'all' | 'primaries'): Promise<void> {
  const value = allowed === 'all' ? null : allowed;
  await putClusterSettings(transport, { [enableKey]: value }, 'change the setting that allows shard allocation');
}

/** Nodes on which no shard may stay, by name. */
async function excludedFromAllocation(transport: EngineTransport): Promise<string[]> {
  return partsOf(settingIn(await clusterSettings(transport), excludeKey));
}

/** The engine moves every copy off this node; names that are in the list already stay. Idempotent. */
export async function excludeFromAllocation(transport: EngineTransport, node: string): Promise<void> {
  const excluded = await excludedFromAllocation(transport);
  if (excluded.includes(node)) return;
  const value = [...excluded, node].join(',');
  await putClusterSettings(transport, { [excludeKey]: value }, `move the shards of ${node} to other nodes`);
}

/** Shards may be placed on this node again, or on one of its name; other names stay in the list. Idempotent. */
export async function includeInAllocation(transport: EngineTransport, node: string): Promise<void> {
  const excluded = await excludedFromAllocation(transport);
  if (!excluded.includes(node)) return;
  const others = excluded.filter((name) => name !== node).join(',');
  await putClusterSettings(transport, { [excludeKey]: others === '' ? null : others }, `allow shards on ${node} again`);
}

/** Writes what is in memory to disk, so that a restarted node recovers from its own files. Best effort by nature. */
export async function flush(transport: EngineTransport): Promise<void> {
  const answer = await transport.request('POST', '/_flush', undefined, { timeoutMs: 65_000 });
  if (answer.status >= 300 && answer.status !== 409) throw refused(answer, 'flush');
}
