// Where each copy of each shard is.
import { z } from 'zod';
import { expectBody } from './answer.ts';
import type { EngineTransport } from './transport.ts';

export interface ShardCopy {
  readonly index: string;
  readonly shard: number;
  readonly primary: boolean;
  /** STARTED, INITIALIZING, RELOCATING or UNASSIGNED. */
  readonly state: string;
  /** Name of the node; undefined when unassigned. */
  readonly node: string | undefined;
  /** Why it is unassigned, such as NODE_LEFT. */
  readonly unassignedReason: string | undefined;
}

const rows = z.array(
  z.object({
    index: z.string(),
    shard: z.coerce.number().int(),
    prirep: z.string(),
    state: z.string(),
    node: z.string().nullish(),
    'unassigned.reason': z.string().nullish(),
  }),
);

/** Copies of one index, or of all of them. */
export async function shards(transport: EngineTransport, index?: string): Promise<ShardCopy[]> {
  const path = `/_cat/shards${index === undefined ? '' : `/${index}`}`;
  const query = 'format=json&h=index,shard,prirep,state,node,unassigned.reason&s=index,shard,prirep';
  const answer = await transport.request('GET', `${path}?${query}`);
  return expectBody(answer, rows, 'list its shards').map((row) => ({
    index: row.index,
    shard: row.shard,
    primary: row.prirep === 'p',
    state: row.state,
    // A relocating copy reads `from -> ip id to`: it is still served by the first.
    node: row.node?.split(' ')[0] ?? undefined,
    unassignedReason: row['unassigned.reason'] ?? undefined,
  }));
}
