// Messages between the tool and the workload's process.
import type { LiveStats } from './live-state.ts';

/** The credential comes this way, and is in no file, argument or environment. */
export type ToWorker =
  | { readonly kind: 'start'; readonly credential: string | null }
  /** From now on it logs in with this one. */
  | { readonly kind: 'credential'; readonly credential: string }
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'stats'; readonly stats: LiveStats }
  /** Everything that was sent with the one before has ended. */
  | { readonly kind: 'credential-taken' }
  | { readonly kind: 'ended'; readonly end: WorkloadEnd };

/** The generator's last message, when everything is on the disk. Without it its last actions are unknown. */
export interface WorkloadEnd {
  readonly firstDueMs: number;
  /** When it took the order to stop: what was due before and not sent is lag. */
  readonly stoppedMs: number;
  readonly endedMs: number;
  /** The longest time that it did not run, from the first due request to the end. */
  readonly longestPauseMs: number;
}
