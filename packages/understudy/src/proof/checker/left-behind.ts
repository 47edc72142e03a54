// What a run left behind: a fault whose undo failed, and machines that are not as they were before.
import { failedUnitsFact } from '../history/records.ts';
import type { History } from '../history/run-folder.ts';
import type { Reason } from './verdict.ts';
import { entryOf } from './window.ts';

export function leftBehind(history: History): Reason[] {
  const reasons: Reason[] = [];
  const failed = entryOf(history.journal, 'undo-failed');
  if (failed) reasons.push({ code: 'not-undone', text: `the fault was not undone: ${failed.facts.seen}` });
  const after = new Map(history.machines?.after.map((state) => [state.machine, state.facts]));
  for (const before of history.machines?.before ?? []) {
    const now = after.get(before.machine);
    for (const [fact, value] of Object.entries(before.facts)) {
      if (now?.[fact] === value || onlyRecovered(fact, value, now?.[fact])) continue;
      const text = `${before.machine} is not as it was: ${fact} was ${quote(value)}, now ${quote(now?.[fact])}`;
      reasons.push({ code: 'left-behind', text });
    }
  }
  return reasons;
}

/** A unit that had failed before the run and no longer does was not left behind by it. */
function onlyRecovered(fact: string, before: string, now: string | undefined): boolean {
  if (fact !== failedUnitsFact || now === undefined) return false;
  const had = new Set(before.split(' '));
  return now === '' || now.split(' ').every((unit) => had.has(unit));
}

function quote(value: string | undefined): string {
  return value === undefined ? 'unknown' : `"${value}"`;
}
