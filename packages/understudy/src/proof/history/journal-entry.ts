// The journal of a run: one entry for each thing that the tool did, with the facts of that event. A line is accepted only when it
// fits the schema of its event; the checker relies on these facts.
import { z } from 'zod';

const atMs = z.number();
const text = z.string();
/** What was looked at and what it said. */
const evidence = { seen: text };

function event<E extends string>(name: E) {
  return z.strictObject({ atMs, event: z.literal(name) });
}

function eventWith<E extends string, F extends z.ZodRawShape>(name: E, facts: F) {
  return z.strictObject({ atMs, event: z.literal(name), facts: z.strictObject(facts) });
}

const workloadEnd = z.strictObject({
  firstDueMs: z.number(),
  stoppedMs: z.number(),
  endedMs: z.number(),
  longestPauseMs: z.number(),
});

/** One line of the journal. */
export const journalEntrySchema = z.discriminatedUnion('event', [
  eventWith('started', { drill: text, fault: text }),
  event('preconditions-met'),
  eventWith('unsupported', { reason: text }),
  eventWith('workload-started', { pid: z.number() }),
  event('steady-begun'),
  eventWith('steady-held', evidence),
  eventWith('steady-never-held', evidence),
  eventWith('targets-resolved', { role: text, machines: z.array(text), because: text }),
  eventWith('dead-man-armed', { machines: z.array(text), afterMs: z.number() }),
  eventWith('inject-begun', { fault: text }),
  eventWith('effective', { ...evidence, seenAtMs: z.number() }),
  eventWith('not-effective', evidence),
  event('undo-begun'),
  eventWith('undone', evidence),
  eventWith('undo-failed', evidence),
  event('recovery-begun'),
  eventWith('recovered', evidence),
  eventWith('recovery-timed-out', evidence),
  eventWith('generator-silent', evidence),
  /** `generator` is null when the load generator did not end in order. */
  eventWith('workload-stopped', { generator: workloadEnd.nullable() }),
  eventWith('tool-watched', { longestPauseMs: z.number(), clockStepMs: z.number(), longestNoteMs: z.number() }),
  eventWith('reads-collected', { reads: z.number() }),
  event('documents-removed'),
  event('machines-compared'),
  eventWith('aborted', { reason: text }),
  event('finished'),
]);

export type JournalEntry = z.infer<typeof journalEntrySchema>;
export type JournalEvent = JournalEntry['event'];
export type JournalEntryOf<E extends JournalEvent> = Extract<JournalEntry, { readonly event: E }>;
/** The facts of an event; `undefined` for an event without facts. */
export type JournalFacts<E extends JournalEvent> =
  JournalEntryOf<E> extends { readonly facts: infer F } ? Readonly<F> : undefined;
