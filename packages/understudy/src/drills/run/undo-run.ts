// Undoing what a run that was cut short left open: by the guard when the tool was killed, or by hand. It reads the folder, asks
// the fault to undo itself on the targets that were written down, and proves it. Safe to repeat.
import { UnderstudyError } from '@understudy/foundation';
import { shellLine } from '../../machines/index.ts';
import type { Drill } from '../drill.ts';
import { readHistory, readJournal, targetsOf, seededRandom } from '../../proof/index.ts';
import { catalogue } from '../catalogue.ts';
import type { SystemUnderTest } from '../system-under-test.ts';
import { FaultSession, faultContext } from './fault-session.ts';
import { isOpen, Journal } from './journal.ts';

/**
 * Resolves with whether something was open and is undone now. Errors: `drills-unknown` when the folder's drill does not exist
 * any more, `drills-not-undone` when the undo could not be proven, those of reading the folder.
 */
export async function undoRun(
  system: SystemUnderTest,
  directory: string,
  drills: readonly Drill[] = catalogue,
): Promise<boolean> {
  const { plan, journal: before } = await readHistory(directory);
  if (!isOpen(before)) return false;
  const drill = drills.find((candidate) => candidate.name === plan.drill);
  if (!drill)
    throw new UnderstudyError(
      'drills-unknown',
      `${directory} left ${plan.drill} open, a drill that this version does not have. Undo it with the version that ran it.`,
    );
  const labels = targetsOf(before);
  const targets = system.machines.filter(({ label }) => labels.includes(label));
  const journal = await Journal.open(directory, system.clock);
  try {
    const context = faultContext(system, targets, seededRandom(plan.seed), new AbortController().signal);
    if (await new FaultSession(drill.fault, context, journal).undo()) return true;
  } finally {
    await journal.close();
  }
  throw new UnderstudyError(
    'drills-not-undone',
    `${plan.drill} on ${labels.join(', ')} could not be undone; ${directory} says what was seen. Look at \`understudy status\`.`,
    { facts: { directory, labels } },
  );
}

/**
 * Removes the documents of a run that was cut short; resolves with how many it had written. One that came to its end has removed
 * them itself, or was told to keep them.
 */
export async function removeDocuments(system: SystemUnderTest, directory: string): Promise<number> {
  const { journal: before, plannedWrites } = await readHistory(directory);
  if (before.some(({ event }) => event === 'documents-removed' || event === 'finished')) return 0;
  const ids = [...new Set(plannedWrites.map(({ id }) => id))];
  await system.engine.remove(ids);
  const journal = await Journal.open(directory, system.clock);
  await journal.note('documents-removed');
  await journal.close();
  return ids.length;
}

/** The command line that undoes a run by hand, whole. */
export function undoCommand({ selfCommand }: SystemUnderTest, directory: string): string {
  return shellLine(selfCommand?.(['drill', 'undo', directory]) ?? ['understudy', 'drill', 'undo', directory]);
}

export interface GuardOptions {
  /** Resolves when the tool is gone, killed or ended. */
  readonly toolGone: Promise<unknown>;
  /** How long the targets' own timers are given first. */
  readonly afterMs: number;
}

/** The guard's whole life: wait for the tool to go, then undo what it left open. Resolves with whether there was anything. */
export async function guardRun(system: SystemUnderTest, directory: string, options: GuardOptions): Promise<boolean> {
  await options.toolGone;
  if (!isOpen(await readJournal(directory))) return false;
  await system.clock.sleep(options.afterMs);
  return undoRun(system, directory);
}
