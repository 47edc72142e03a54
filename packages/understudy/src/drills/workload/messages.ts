// What the conductor and the workload's process say to each other.
import type { LiveStats } from './live-state.ts';

export interface ToWorker {
  readonly kind: 'stop';
}

export type FromWorker = { readonly kind: 'stats'; readonly stats: LiveStats } | { readonly kind: 'ended' };
