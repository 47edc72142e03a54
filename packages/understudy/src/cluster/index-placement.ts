// Where the copies of each index may be, of every index that there is: ours, foreign ones, hidden ones.
import { z } from 'zod';
import { filtersIn, type AllocationFilter } from './allocation-filters.ts';
import { expectBody } from './answer.ts';
import { flatSettings } from './cluster-settings.ts';
import type { EngineTransport } from './transport.ts';

export interface IndexPlacement {
  readonly name: string;
  readonly shards: number;
  readonly replicas: number;
  /** What the engine itself goes down to when nodes leave: less than `replicas` only with index.auto_expand_replicas. */
  readonly minReplicas: number;
  /** -1: no limit. */
  readonly totalShardsPerNode: number;
  readonly filters: readonly AllocationFilter[];
}

const schema = z.record(z.string(), z.object({ settings: flatSettings.default({}) }));

/** As few settings as are needed, of as many indices as there are. */
const asked = ['index.number_of_*', 'index.auto_expand_replicas', 'index.routing.allocation.*'].join(',');

export async function indexPlacements(transport: EngineTransport): Promise<IndexPlacement[]> {
  const path = `/_all/_settings/${asked}?flat_settings=true&expand_wildcards=all`;
  const answer = await transport.request('GET', path, undefined, { timeoutMs: 30_000 });
  const read = expectBody(answer, schema, 'show the settings of its indices');
  return Object.entries(read).map(([name, { settings }]) => {
    const replicas = Number(settings['index.number_of_replicas'] ?? 1);
    const least = /^(\d+)-/.exec(settings['index.auto_expand_replicas'] ?? '')?.[1];
    return {
      name,
      shards: Number(settings['index.number_of_shards'] ?? 1),
      replicas,
      minReplicas: least === undefined ? replicas : Math.min(replicas, Number(least)),
      totalShardsPerNode: Number(settings['index.routing.allocation.total_shards_per_node'] ?? -1),
      filters: filtersIn(settings, 'index.routing.allocation'),
    };
  });
}
