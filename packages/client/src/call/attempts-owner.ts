// A call, as its attempts and retries see it: it has the alarm and the deadline, and ends exactly once.
import type { WireAnswer } from '../nodes/wire.ts';
import type { Attempt } from './attempt.ts';
import type { Ending } from './endings.ts';

/** What a call does when its alarm fires. */
export type Wake = 'none' | 'retry' | 'hedge' | 'give-up' | 'node-lost';

export interface AttemptsOwner {
  readonly ended: boolean;
  /** What the alarm is set for. */
  readonly wake: Wake;
  setAlarm(wake: Wake, atMs: number): void;
  /** No node can be used: retries when one is back. */
  waitForNode(): void;
  finish(attempt: Attempt, answer: WireAnswer, nowMs: number): void;
  fail(ending: Ending): void;
  /** Ends the call because its deadline passed. */
  expire(): void;
  cancel(): void;
}
