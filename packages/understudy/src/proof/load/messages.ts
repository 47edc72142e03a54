// Messages between the tool and the workload's process.
import type { LiveStats } from './live-state.ts';

export interface ToWorker {
  readonly kind: 'stop';
}

export type FromWorker =
  { readonly kind: 'stats'; readonly stats: LiveStats } | { readonly kind: 'ended'; readonly end: WorkloadEnd };

/** What the generator says of itself when everything is on the disk. Without it nobody knows what it last did. */
export interface WorkloadEnd {
  readonly firstDueMs: number;
  /** When it took the order to stop: what was due before and not sent is lag. */
  readonly stoppedMs: number;
  readonly endedMs: number;
  /** The longest time that it did not run, from the first due request to the end. */
  readonly longestPauseMs: number;
}
