// Settings that a person or an interrupted operation left, and that prevent copies from being allocated.
import { refused } from './answer.ts';
import { clusterSettings, putClusterSettings, type ClusterSettings } from './cluster-settings.ts';
import type { EngineTransport } from './transport.ts';

export interface Leftover {
  /** Such as `cluster.routing.allocation.exclude._name`. */
  readonly setting: string;
  readonly value: string;
  /** `file`: of the engine's own file, where no request removes it. */
  readonly origin: 'persistent' | 'transient' | 'file';
}

const names = /^cluster\.routing\.(allocation\.(enable$|(include|exclude|require)\.)|rebalance\.enable$)/;

/** `settings` with their defaults, for what the engine's file says. */
export function leftoversIn(settings: ClusterSettings): Leftover[] {
  const origins = [
    ['transient', settings.transient],
    ['persistent', settings.persistent],
    ['file', settings.defaults],
  ] as const;
  const known = new Map<string, Leftover>();
  for (const [origin, values] of origins) {
    for (const [setting, value] of Object.entries(values)) {
      if (names.test(setting) && !known.has(setting)) known.set(setting, { setting, value, origin });
    }
  }
  return [...known.values()].filter(({ value }) => value !== 'all' && value !== '');
}

/**
 * Removes these settings, so that the defaults hold again. A block of the whole cluster goes first and each by itself: while there
 * is one, the engine refuses every other change of its settings. Idempotent.
 */
export async function clearSettings(transport: EngineTransport, settings: readonly string[]): Promise<void> {
  const isBlock = (setting: string): boolean => setting.startsWith('cluster.blocks.');
  for (const block of settings.filter(isBlock)) {
    for (const scope of ['persistent', 'transient']) {
      const answer = await transport.request('PUT', '/_cluster/settings', { [scope]: { [block]: null } });
      if (answer.status >= 300) throw refused(answer, `remove the setting ${block}`);
    }
  }
  const others = settings.filter((setting) => !isBlock(setting));
  if (others.length === 0) return;
  const nothing = Object.fromEntries(others.map((setting) => [setting, null]));
  await putClusterSettings(transport, nothing, `remove the settings ${others.join(', ')}`);
}

/** Those of `leftoversIn`, read now. */
export async function leftovers(transport: EngineTransport): Promise<Leftover[]> {
  return leftoversIn(await clusterSettings(transport, { defaults: true }));
}
