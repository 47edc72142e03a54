// Runs over time: every sealed run folder with its verdict, oldest first, and how each drill's figures moved.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verdictFormat, type GoalId, type Verdict } from '../checker/verdict.ts';
import { derivedFiles } from '../history/run-folder.ts';

export interface RunHistory {
  /** Oldest first; a folder's name begins with its start. */
  readonly runs: readonly { readonly directory: string; readonly verdict: Verdict }[];
  readonly trends: readonly Trend[];
}

/** The last run of a drill against the median of those before it. */
export interface Trend {
  readonly drill: string;
  readonly runs: number;
  readonly figures: readonly {
    readonly id: GoalId;
    /** What people read. */
    readonly goal: string;
    readonly unit: string;
    readonly last: number | null;
    readonly medianBefore: number | null;
  }[];
}

/** Reads saved verdicts; `drills` empty means all. Folders without a verdict (a run that was killed), or with one of another format, are left out. */
export async function runHistory(runsDirectory: string, drills: readonly string[] = []): Promise<RunHistory> {
  const names = await foldersIn(runsDirectory);
  const read = await Promise.all(names.sort().map((name) => readRun(join(runsDirectory, name))));
  const runs = read
    .filter((run) => run !== null)
    .filter(({ verdict }) => drills.length === 0 || drills.includes(verdict.drill));
  const byDrill = Map.groupBy(runs, ({ verdict }) => verdict.drill);
  return {
    runs,
    trends: [...byDrill].map(([drill, own]) =>
      trendOf(
        drill,
        own.map(({ verdict }) => verdict),
      ),
    ),
  };
}

/** No folder yet means no runs yet. */
async function foldersIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function readRun(directory: string): Promise<RunHistory['runs'][number] | null> {
  try {
    const verdict = JSON.parse(await readFile(join(directory, derivedFiles.verdict), 'utf8')) as Verdict;
    // A saved file may be of an older version, whatever the type says.
    return (verdict.format as number) === verdictFormat ? { directory, verdict } : null;
  } catch {
    return null;
  }
}

function trendOf(drill: string, verdicts: readonly Verdict[]): Trend {
  const last = verdicts.at(-1);
  const figures = (last?.goals ?? []).map(({ id, goal, unit, seen }) => {
    const before = verdicts.slice(0, -1).map((verdict) => verdict.goals.find((check) => check.id === id)?.seen);
    return { id, goal, unit, last: seen, medianBefore: median(before.filter((value) => typeof value === 'number')) };
  });
  return { drill, runs: verdicts.length, figures };
}

/** The lower of the two middle values when there is an even number: always one that was really seen. */
export function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? null;
}
