// A run folder: which files it has, how they are read back. Reading is strict: a line that does not parse is an error, but
// for a last line cut short by a crash, which was never acknowledged as written and is dropped.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError } from '@understudy/foundation';
import { journalEntrySchema, type JournalEntry } from './journal-entry.ts';
import type * as records from './records.ts';
import { formatVersion } from './records.ts';

/** The raw record of a run. Verdict and reports are derived from these and nothing else. */
export const rawFiles = {
  plan: 'plan.json',
  journal: 'journal.jsonl',
  plannedWrites: 'intents.jsonl',
  outcomes: 'outcomes.jsonl',
  engine: 'engine.jsonl',
  balancer: 'balancer.jsonl',
  reads: 'reads.jsonl',
  machines: 'machines.json',
} as const;

export const derivedFiles = {
  manifest: 'manifest.json',
  verdict: 'verdict.json',
  report: 'report.json',
  junit: 'junit.xml',
  page: 'report.html',
} as const;

/** Everything the checker reads. */
export interface History {
  readonly plan: records.RunPlan;
  readonly journal: readonly JournalEntry[];
  readonly plannedWrites: readonly records.PlannedWrite[];
  readonly outcomes: readonly records.Outcome[];
  readonly engine: readonly records.EngineSample[];
  readonly balancer: readonly records.BalancerSample[];
  readonly reads: readonly records.FinalRead[];
  readonly machines: records.MachineComparison | null;
}

/** Reads a run folder. Errors: `drills-folder-unreadable`, `drills-folder-version`. */
export async function readHistory(directory: string): Promise<History> {
  const plan = (await readJson(directory, rawFiles.plan)) as records.RunPlan | null;
  if (plan === null)
    throw new UnderstudyError(
      'drills-folder-unreadable',
      `${directory} has no ${rawFiles.plan}: it is not a run folder. Give the folder that \`drill run\` printed.`,
    );
  if (plan.format !== formatVersion)
    throw new UnderstudyError(
      'drills-folder-version',
      `${directory} was written in format ${String(plan.format)}; this version reads ${formatVersion}. Verify it with the version that wrote it.`,
    );
  const [journal, plannedWrites, outcomes, engine, balancer, reads] = await Promise.all([
    readJournal(directory),
    readLines<records.PlannedWrite>(directory, rawFiles.plannedWrites),
    readLines<records.Outcome>(directory, rawFiles.outcomes),
    readLines<records.EngineSample>(directory, rawFiles.engine),
    readLines<records.BalancerSample>(directory, rawFiles.balancer),
    readLines<records.FinalRead>(directory, rawFiles.reads),
  ]);
  const machines = (await readJson(directory, rawFiles.machines)) as records.MachineComparison | null;
  return { plan, journal, plannedWrites: plannedWrites, outcomes, engine, balancer, reads, machines };
}

/** The journal alone; for undoing a run that was cut short. */
export async function readJournal(directory: string): Promise<JournalEntry[]> {
  const lines = await readLines<unknown>(directory, rawFiles.journal);
  return lines.map((line, at) => journalEntry(directory, line, at + 1));
}

/** Error: `drills-folder-unreadable` with the field that does not fit. */
function journalEntry(directory: string, value: unknown, line: number): JournalEntry {
  const parsed = journalEntrySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') || '(the whole line)';
  throw new UnderstudyError(
    'drills-folder-unreadable',
    `${join(directory, rawFiles.journal)}:${line} is no journal entry: ${field}: ${issue?.message ?? 'invalid'}. The run folder was damaged or changed; its result is not valid. Run the drill again.`,
    { facts: { file: rawFiles.journal, line, field } },
  );
}

async function readText(directory: string, file: string): Promise<string | null> {
  try {
    return await readFile(join(directory, file), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function readJson(directory: string, file: string): Promise<unknown> {
  const text = await readText(directory, file);
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw unreadable(directory, file, 1, cause);
  }
}

async function readLines<T>(directory: string, file: string): Promise<T[]> {
  const text = (await readText(directory, file)) ?? '';
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  return complete
    .split('\n')
    .slice(0, -1)
    .map((line, at) => {
      try {
        return JSON.parse(line) as T;
      } catch (cause) {
        throw unreadable(directory, file, at + 1, cause);
      }
    });
}

function unreadable(directory: string, file: string, line: number, cause: unknown): UnderstudyError {
  return new UnderstudyError(
    'drills-folder-unreadable',
    `${join(directory, file)}:${line} is not JSON. The run folder was damaged or changed; its result is not valid. Run the drill again.`,
    { cause, facts: { file, line } },
  );
}
