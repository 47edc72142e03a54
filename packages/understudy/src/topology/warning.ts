// A warning about a value of the topology: its stable ids, and what is said of it.
import type { Problem } from './problem.ts';

export type WarningId =
  | 'admin-network-example'
  | 'admin-network-lab-only'
  | 'admin-network-misses-lab'
  | 'admin-network-private'
  | 'certificate-self-signed'
  | 'durability-async'
  | 'goals-of-the-lab'
  | 'heap-above-host'
  | 'heap-small-for-machine'
  | 'passive-check-off'
  | 'service-public'
  | 'version-untried';

/** A stable name, the field, what was seen there, why it does not fit, and what to write instead. */
export interface Warning extends Pick<Problem, 'field' | 'line' | 'column' | 'saw' | 'message' | 'remedy'> {
  readonly id: WarningId;
}

/** A warning before its place in the file is looked up. */
export interface Found extends Pick<Warning, 'id' | 'saw' | 'message' | 'remedy'> {
  readonly path: readonly (string | number)[];
}
