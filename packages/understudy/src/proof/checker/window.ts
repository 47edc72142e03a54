// The stretches of a run that are judged: steady state before the fault, and everything from the fault to the last request.
import type { History } from '../history/run-folder.ts';
import type { JournalEntry, JournalEntryOf, JournalEvent } from '../history/journal-entry.ts';
import type { Outcome } from '../history/records.ts';

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Windows {
  /** Steady state, or null when the run never came that far. */
  readonly steady: Stretch | null;
  /** From the first step of the injection to the last request that was due. Null without an injection. */
  readonly judged: Stretch | null;
  readonly effectiveMs: number | null;
  readonly undoBegunMs: number | null;
}

export function windowsOf(history: History): Windows {
  const lastDueMs = history.outcomes.reduce(
    (latest, outcome) => (outcome.outcome === 'unsent' ? latest : Math.max(latest, outcome.dueMs)),
    0,
  );
  const steadyBegun = timeOf(history.journal, 'steady-begun');
  const injectBegun = timeOf(history.journal, 'inject-begun');
  return {
    steady: steadyBegun === null ? null : { fromMs: steadyBegun, toMs: injectBegun ?? lastDueMs },
    judged: injectBegun === null ? null : { fromMs: injectBegun, toMs: Math.max(lastDueMs, injectBegun) },
    effectiveMs: timeOf(history.journal, 'effective'),
    undoBegunMs: timeOf(history.journal, 'undo-begun'),
  };
}

/** The first entry of an event; null when it did not happen. */
export function entryOf<E extends JournalEvent>(journal: readonly JournalEntry[], event: E): JournalEntryOf<E> | null {
  return journal.find((entry): entry is JournalEntryOf<E> => entry.event === event) ?? null;
}

export function timeOf(journal: readonly JournalEntry[], event: JournalEvent): number | null {
  return entryOf(journal, event)?.atMs ?? null;
}

/** Machines the fault was injected into, as resolved at injection. */
export function targetsOf(journal: readonly JournalEntry[]): readonly string[] {
  return entryOf(journal, 'targets-resolved')?.facts.machines ?? [];
}

export function succeeded(outcome: Outcome): boolean {
  return outcome.outcome === 'acknowledged' || outcome.outcome === 'answered';
}

/**
 * Requests that were really sent and due in the stretch, and those that were under way at its beginning and failed in it: what
 * was in flight when a fault came is the fault's.
 */
export function dueIn(outcomes: readonly Outcome[], { fromMs, toMs }: Stretch): Outcome[] {
  return outcomes.filter((outcome) => {
    if (outcome.outcome === 'unsent' || outcome.dueMs > toMs) return false;
    return outcome.dueMs >= fromMs || (!succeeded(outcome) && outcome.endMs > fromMs);
  });
}
