// When each request is due. Open loop: the schedule knows nothing of answers, so a slow system cannot slow its own measure.
import type { Operation, WorkloadPlan } from '../history/records.ts';
import { protocolOf } from './protocol.ts';

export interface Lane {
  /** `index/shard-0`, `get/shard-1`, `search`; with more than one URL the URL's place is added: `search/url-2`. */
  readonly name: string;
  readonly operation: Operation;
  /** Null when the lane covers every shard. */
  readonly shard: number | null;
  readonly url: string;
  readonly ratePerS: number;
  /** 0 to 1: where in its own period the lane begins, so that lanes do not send at the same moment. */
  readonly phase: number;
}

/** The lanes of a plan: writes and gets per primary shard, searches across all; each through every URL. */
export function lanesOf(plan: WorkloadPlan): Lane[] {
  const operations = protocolOf(plan).operations.filter((operation) => plan.ratePerS[operation] > 0);
  const bare = operations.flatMap((operation) => {
    const perShard = operation !== 'search' && plan.routing !== null;
    const shards = perShard ? Array.from({ length: plan.shards }, (_, shard) => shard) : [null];
    const paths = shards.length * plan.urls.length;
    return shards.flatMap((shard) =>
      plan.urls.map((url, at) => ({
        name: [operation, shard === null ? '' : `shard-${shard}`, plan.urls.length > 1 ? `url-${at + 1}` : '']
          .filter((part) => part !== '')
          .join('/'),
        operation,
        shard,
        url,
        ratePerS: plan.ratePerS[operation] / paths,
      })),
    );
  });
  return bare.map((lane, at) => ({ ...lane, phase: at / bare.length }));
}

/** When request number `count` (0-based) of a lane is due. */
export function dueMs(lane: Lane, startMs: number, count: number): number {
  return startMs + ((count + lane.phase) / lane.ratePerS) * 1_000;
}
