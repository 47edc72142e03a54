// Whether shards may be placed: held back while a node is restarted on purpose, so that nothing is copied in vain.
import { z } from 'zod';
import { expectBody, refused } from './answer.ts';
import type { EngineTransport } from './transport.ts';

const key = 'cluster.routing.allocation.enable';

const settings = z.object({
  persistent: z.record(z.string(), z.unknown()),
  transient: z.record(z.string(), z.unknown()),
});

/** `all` unless somebody changed it. */
export async function allocation(transport: EngineTransport): Promise<string> {
  const answer = await transport.request('GET', '/_cluster/settings?flat_settings=true');
  const { persistent, transient } = expectBody(answer, settings, 'show its settings');
  const value = transient[key] ?? persistent[key];
  return typeof value === 'string' ? value : 'all';
}

/** `primaries` holds replicas back; `all` is the default and removes the setting. */
export async function setAllocation(transport: EngineTransport, allowed: 'all' | 'primaries'): Promise<void> {
  const value = allowed === 'all' ? null : allowed;
  const body = { persistent: { [key]: value }, transient: { [key]: null } };
  const answer = await transport.request('PUT', '/_cluster/settings', body, { timeoutMs: 35_000 });
  if (answer.status >= 300) throw refused(answer, 'change where shards may be placed');
}

/** Writes what is in memory to disk, so that a restarted node recovers from its own files. Best effort by nature. */
export async function flush(transport: EngineTransport): Promise<void> {
  const answer = await transport.request('POST', '/_flush', undefined, { timeoutMs: 65_000 });
  if (answer.status >= 300 && answer.status !== 409) throw refused(answer, 'flush');
}
