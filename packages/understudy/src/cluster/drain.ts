// Drains a node: the engine moves every copy to other nodes. There is no time limit as long as there is progress.
import { z } from 'zod';
import { UnderstudyError } from '@understudy/foundation';
import { excludeFromAllocation } from './allocation.ts';
import { allocationSentence, explainAllocation } from './allocation-explanation.ts';
import { expectBody } from './answer.ts';
import type { RunningCluster } from './running-cluster.ts';
import { shards, type ShardCopy } from './shards.ts';
import type { EngineTransport } from './transport.ts';

/** No copy fewer and no byte more for this long. */
const stalledAfterMs = 300_000;

/** Copies that are on the node, or on their way to or from it. */
function copiesOn(copies: readonly ShardCopy[], node: string): ShardCopy[] {
  return copies.filter((copy) => copy.state !== 'UNASSIGNED' && (copy.node === node || copy.movesTo === node));
}

interface Drain {
  readonly node: string;
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Excludes the node from allocation and waits until nothing is on it any more. Idempotent. Error: `cluster-drain-stalled` after five
 * minutes without progress, with the engine's own explanation; the exclusion stays, so that a further call goes on.
 */
export async function drainNode(cluster: RunningCluster, drain: Drain): Promise<void> {
  const { transport, clock } = cluster;
  const { node, signal, onProgress = () => undefined } = drain;
  await excludeFromAllocation(transport, node);
  let before = '';
  let changedMs = clock.monotonicMs();
  let left: ShardCopy[] = [];
  for (;;) {
    signal?.throwIfAborted();
    const seen = await lookAt(transport, node).catch((error: unknown) => {
      if (error instanceof UnderstudyError) return error.message;
      throw error;
    });
    if (typeof seen !== 'string') {
      left = seen.left;
      if (left.length === 0) return;
      if (seen.progress !== before) {
        onProgress(seen.progress);
        changedMs = clock.monotonicMs();
      }
      before = seen.progress;
    }
    if (clock.monotonicMs() - changedMs > stalledAfterMs) {
      throw stalled(node, left, typeof seen === 'string' ? seen : await whyNotMoved(transport, node, left));
    }
    await clock.sleep(1000, signal);
  }
}

async function lookAt(transport: EngineTransport, node: string): Promise<{ left: ShardCopy[]; progress: string }> {
  const left = copiesOn(await shards(transport), node);
  if (left.length === 0) return { left, progress: '' };
  const { recovered, total } = await recoveries(transport);
  const bytes = left.reduce((sum, copy) => sum + (copy.bytes ?? 0), 0);
  const running = total === 0 ? '' : `; ${recovered} of ${total} bytes copied in what runs now`;
  return { left, progress: `${left.length} copies with ${bytes} bytes are still on ${node}${running}` };
}

const recoveryRows = z.array(
  z.object({
    bytes_recovered: z.coerce.number().default(0),
    bytes_total: z.coerce.number().default(0),
    translog_ops_recovered: z.coerce.number().default(0),
  }),
);

/** Of all copies that are being made now: one on the node may be made anew from another. Operations count as a byte each. */
async function recoveries(transport: EngineTransport): Promise<{ recovered: number; total: number }> {
  const fields = 'bytes_recovered,bytes_total,translog_ops_recovered';
  const answer = await transport.request('GET', `/_cat/recovery?active_only=true&format=json&bytes=b&h=${fields}`);
  const rows = expectBody(answer, recoveryRows, 'list its running recoveries');
  const sum = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((all, row) => all + of(row), 0);
  return {
    recovered: sum((row) => row.bytes_recovered + row.translog_ops_recovered),
    total: sum((row) => row.bytes_total),
  };
}

async function whyNotMoved(transport: EngineTransport, node: string, left: readonly ShardCopy[]): Promise<string> {
  const stuck = left.find(({ state }) => state === 'STARTED') ?? left[0];
  if (!stuck) return 'the copies on it were never seen';
  const { index, shard, primary } = stuck;
  const explained = await explainAllocation(transport, { index, shard, primary, ...(stuck.node === node && { node }) });
  return explained ? allocationSentence(explained) : `${index}[${shard}] is ${stuck.state}`;
}

function stalled(node: string, left: readonly ShardCopy[], why: string): UnderstudyError {
  return new UnderstudyError(
    'cluster-drain-stalled',
    `The copies on ${node} are not moved: ${left.length} were left, and nothing changed for ${stalledAfterMs / 1000} s. ${why}. ` +
      'Repair that and try again: copies that were moved stay on their new nodes.',
    { facts: { node, left: left.map(({ index, shard, primary }) => ({ index, shard, primary })) } },
  );
}
