// The health of every index, ours and others: the cluster's own is that of the worst of them.
import { z } from 'zod';
import { expectBody } from './answer.ts';
import type { Dialect } from '../engines/index.ts';
import type { EngineTransport } from './transport.ts';

export interface IndexHealth {
  readonly name: string;
  readonly status: 'green' | 'yellow' | 'red';
  readonly shards: number;
  readonly replicas: number;
  readonly unassigned: number;
}

const schema = z.object({
  indices: z
    .record(
      z.string(),
      z.object({
        status: z.enum(['green', 'yellow', 'red']),
        number_of_shards: z.number().int(),
        number_of_replicas: z.number().int(),
        unassigned_shards: z.number().int(),
      }),
    )
    .default({}),
});

export async function indexHealth(transport: EngineTransport, dialect: Dialect): Promise<IndexHealth[]> {
  const path = `/_cluster/health?level=indices&expand_wildcards=all&${dialect.masterTimeout}=3s`;
  const { indices } = expectBody(await transport.request('GET', path), schema, 'report the health of its indices');
  return Object.entries(indices)
    .map(([name, of]) => ({
      name,
      status: of.status,
      shards: of.number_of_shards,
      replicas: of.number_of_replicas,
      unassigned: of.unassigned_shards,
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
