// Blocks of the whole cluster and of single indices: they refuse requests while health may be green. Also how they are removed.
// https://www.elastic.co/docs/reference/elasticsearch/index-settings/index-block
import { z } from 'zod';
import { expectBody, refused } from './answer.ts';
import type { EngineTransport } from './transport.ts';

export interface Block {
  /** Undefined: it holds for the whole cluster. */
  readonly index: string | undefined;
  /** The setting that makes it, such as `index.blocks.write`; undefined for what no setting makes, such as an index that is closed. */
  readonly setting: string | undefined;
  /** The engine's words, such as `index write (api)`. */
  readonly description: string;
  /** What is refused: `read`, `write`, `metadata_read`, `metadata_write`, `create_index`. */
  readonly refuses: readonly string[];
  readonly closed: boolean;
}

/** By the number that the engine gives them; both engines agree on these. */
const settings: Readonly<Record<string, string>> = {
  5: 'index.blocks.read_only',
  6: 'cluster.blocks.read_only',
  7: 'index.blocks.read',
  8: 'index.blocks.write',
  9: 'index.blocks.metadata',
  10: 'cluster.blocks.create_index',
  12: 'index.blocks.read_only_allow_delete',
  13: 'cluster.blocks.read_only_allow_delete',
};
const closedId = '4';

const blocksById = z.record(z.string(), z.object({ description: z.string(), levels: z.array(z.string()).default([]) }));
/** An engine without blocks omits them; other fields prove that the answer is a cluster state. */
const schema = z.object({
  cluster_uuid: z.string(),
  blocks: z
    .object({ global: blocksById.default({}), indices: z.record(z.string(), blocksById).default({}) })
    .default({ global: {}, indices: {} }),
});

/** Of every index, ours and others. */
export async function blocks(transport: EngineTransport): Promise<Block[]> {
  const answer = await transport.request('GET', '/_cluster/state/blocks?filter_path=cluster_uuid,blocks');
  const read = expectBody(answer, schema, 'list its blocks').blocks;
  const of = (index: string | undefined, byId: z.infer<typeof blocksById>): Block[] =>
    Object.entries(byId).map(([id, { description, levels }]) => ({
      index,
      setting: settings[id],
      description,
      refuses: levels,
      closed: id === closedId,
    }));
  return [...of(undefined, read.global), ...Object.entries(read.indices).flatMap(([index, byId]) => of(index, byId))];
}

/**
 * Removes a block of one index. The engine itself removes `index.blocks.read_only_allow_delete` away once its disks are free again:
 * done before, it comes back within a minute. Idempotent.
 */
export async function removeIndexBlock(transport: EngineTransport, index: string, setting: string): Promise<void> {
  const answer = await transport.request('PUT', `/${index}/_settings`, { [setting]: null }, { timeoutMs: 35_000 });
  if (answer.status >= 300) throw refused(answer, `remove ${setting} from the index ${index}`);
}

/** Idempotent. */
export async function openIndex(transport: EngineTransport, index: string): Promise<void> {
  const answer = await transport.request('POST', `/${index}/_open`, undefined, { timeoutMs: 65_000 });
  if (answer.status >= 300) throw refused(answer, `open the index ${index}`);
}
