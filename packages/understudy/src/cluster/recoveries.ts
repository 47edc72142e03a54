// Recoveries that have not begun: the node that should send a shard's data does not.
import { z } from 'zod';
import { expectBody } from './answer.ts';
import { isUnderway, shards, type ShardCopy } from './shards.ts';
import type { EngineTransport } from './transport.ts';

export interface WaitingRecovery {
  readonly index: string;
  readonly shard: number;
  /** Name of the node that gets the copy. */
  readonly target: string;
  /** Name of the node that has the data. */
  readonly source: string;
  /** Since the target asked for it. */
  readonly waitsMs: number;
}

/** https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-recovery; OpenSearch answers the same. */
const recoveriesSchema = z.record(
  z.string(),
  z.object({
    shards: z.array(
      z.object({
        id: z.number().int(),
        stage: z.string(),
        total_time_in_millis: z.number(),
        // A copy that comes from a snapshot has no node as its source, and one that is new has none at all.
        source: z.object({ name: z.string().optional() }),
        target: z.object({ name: z.string() }),
      }),
    ),
  }),
);

/**
 * Copies that wait in the first stage of their recovery from another node. An engine without copies on their way is not asked. `copies`: of
 * all indices, for who has read them.
 */
export async function waitingRecoveries(
  transport: EngineTransport,
  copies: Promise<readonly ShardCopy[]> = shards(transport),
): Promise<WaitingRecovery[]> {
  if (!(await copies).some(isUnderway)) return [];
  const answer = await transport.request('GET', '/_recovery?active_only=true', undefined, { timeoutMs: 5000 });
  const recoveries = expectBody(answer, recoveriesSchema, 'list its recoveries');
  return Object.entries(recoveries).flatMap(([index, { shards: recovering }]) =>
    recovering.flatMap(({ id, stage, total_time_in_millis: waitsMs, source, target }) =>
      stage === 'INIT' && source.name !== undefined
        ? [{ index, shard: id, source: source.name, target: target.name, waitsMs }]
        : [],
    ),
  );
}
