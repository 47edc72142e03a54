// What the copies on each node take of its disk.
import { z } from 'zod';
import { expectBody } from './answer.ts';
import type { EngineTransport } from './transport.ts';

export interface DiskUse {
  readonly node: string;
  /** All copies on it, also those that are not of our index. */
  readonly copies: number;
  readonly copiesBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

const bytes = z.coerce.number().nullish();
const rows = z.array(
  z.object({
    node: z.string().nullish(),
    shards: z.coerce.number().int(),
    'disk.indices': bytes,
    'disk.used': bytes,
    'disk.avail': bytes,
    'disk.total': bytes,
  }),
);

/** Of every node whose disk the elected node has measured: one that has just joined is not among them. */
export async function diskUse(transport: EngineTransport): Promise<DiskUse[]> {
  const fields = 'node,shards,disk.indices,disk.used,disk.avail,disk.total';
  const answer = await transport.request('GET', `/_cat/allocation?format=json&bytes=b&h=${fields}`);
  return expectBody(answer, rows, 'report its disk use').flatMap((row) => {
    const { node, 'disk.used': used, 'disk.avail': free, 'disk.total': total } = row;
    if (typeof node !== 'string' || typeof free !== 'number' || typeof total !== 'number') return [];
    const usedBytes = used ?? total - free;
    return {
      node,
      copies: row.shards,
      copiesBytes: row['disk.indices'] ?? 0,
      usedBytes,
      freeBytes: free,
      totalBytes: total,
    };
  });
}
