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
  /** Name of the node that a relocating copy goes to. */
  readonly movesTo: string | undefined;
  /** On disk; undefined when the engine does not say. */
  readonly bytes: number | undefined;
  /** Why it is unassigned, such as NODE_LEFT. */
  readonly unassignedReason: string | undefined;
}

/** Whether it is being copied to a node. */
export function isUnderway({ state }: Pick<ShardCopy, 'state'>): boolean {
  return state === 'INITIALIZING' || state === 'RELOCATING';
}

const rows = z.array(
  z.object({
    index: z.string(),
    shard: z.coerce.number().int(),
    prirep: z.string(),
    state: z.string(),
    node: z.string().nullish(),
    store: z.coerce.number().nullish(),
    'unassigned.reason': z.string().nullish(),
  }),
);

/** Copies of one index, or of all of them. */
export async function shards(transport: EngineTransport, index?: string): Promise<ShardCopy[]> {
  const path = `/_cat/shards${index === undefined ? '' : `/${index}`}`;
  const query = 'format=json&bytes=b&h=index,shard,prirep,state,node,store,unassigned.reason&s=index,shard,prirep';
  const answer = await transport.request('GET', `${path}?${query}`);
  return expectBody(answer, rows, 'list its shards').map((row) => ({
    index: row.index,
    shard: row.shard,
    primary: row.prirep === 'p',
    state: row.state,
    // A relocating copy reads `from -> ip id to`: it is still served by the first.
    node: row.node?.split(' ')[0] ?? undefined,
    movesTo: row.state === 'RELOCATING' ? row.node?.split(' ').at(-1) : undefined,
    bytes: row.store ?? undefined,
    unassignedReason: row['unassigned.reason'] ?? undefined,
  }));
}
