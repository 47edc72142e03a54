// Copies that are on no node, each with the engine's reason.
import { allocationSentence, explainAllocation, waitsForNewerNode } from './allocation-explanation.ts';
import { refused } from './answer.ts';
import type { ShardCopy } from './shards.ts';
import type { EngineTransport } from './transport.ts';

export interface UnassignedCopy {
  readonly index: string;
  readonly shard: number;
  readonly primary: boolean;
  /** Why it became so, such as NODE_LEFT, INDEX_CREATED, ALLOCATION_FAILED. */
  readonly reason: string | undefined;
  /** The engine tries no more until it is told to: `retryFailedAllocation`. */
  readonly givenUp: boolean;
  /** Comes by itself with the next node that is upgraded. */
  readonly waitsForNewerNode: boolean;
  /** Why no node takes it now; undefined for those beyond the first few, which the engine was not asked about. */
  readonly sentence: string | undefined;
}

/** Each explanation is work for the elected node, and a lost machine has one reason for all its copies. */
const maxExplained = 10;

/** `copies`: of all indices. */
export async function unassignedCopies(
  transport: EngineTransport,
  copies: Promise<readonly ShardCopy[]>,
): Promise<UnassignedCopy[]> {
  const unassigned = (await copies).filter(({ state }) => state === 'UNASSIGNED');
  // A primary that is missing is worse than a replica.
  const worst = unassigned.sort((a, b) => Number(b.primary) - Number(a.primary));
  const found: UnassignedCopy[] = [];
  for (const copy of worst) found.push(await explained(transport, copy, found.length < maxExplained));
  return found;
}

async function explained(transport: EngineTransport, copy: ShardCopy, ask: boolean): Promise<UnassignedCopy> {
  const { index, shard, primary, unassignedReason: reason } = copy;
  const answer = ask ? await explainAllocation(transport, { index, shard, primary }) : undefined;
  return {
    index,
    shard,
    primary,
    reason,
    givenUp: answer?.refusals.some(({ deciders }) => deciders.some(({ decider }) => decider === 'max_retry')) ?? false,
    waitsForNewerNode: answer !== undefined && waitsForNewerNode(answer),
    sentence: answer && allocationSentence(answer),
  };
}

/** Copies that were given up after failures are tried again. Idempotent. */
export async function retryFailedAllocation(transport: EngineTransport): Promise<void> {
  const answer = await transport.request('POST', '/_cluster/reroute?retry_failed=true&metric=none', undefined, {
    timeoutMs: 35_000,
  });
  if (answer.status >= 300) throw refused(answer, 'try failed allocations again');
}
