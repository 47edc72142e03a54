// A verdict on disk: written once when the run is over, and derived again to verify it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError } from '@understudy/foundation';
import { checkManifest } from '../history/manifest.ts';
import { derivedFiles, readHistory } from '../history/run-folder.ts';
import { check } from './check.ts';
import type { Verdict } from './verdict.ts';

/** The exact bytes of verdict.json. */
function renderVerdict(verdict: Verdict): string {
  return `${JSON.stringify(verdict, null, 2)}\n`;
}

/** Derives the verdict and writes it beside the history. */
export async function writeVerdict(directory: string): Promise<Verdict> {
  const verdict = check(await readHistory(directory));
  await writeFile(join(directory, derivedFiles.verdict), renderVerdict(verdict));
  return verdict;
}

/**
 * Checks the seals of a run folder and derives its verdict again; resolves with it when it is byte for byte the saved one.
 * Errors: `drills-folder-unsealed`, `drills-folder-tampered`, `drills-folder-unreadable`, `drills-folder-version`.
 */
export async function verify(directory: string): Promise<Verdict> {
  await checkManifest(directory);
  const verdict = check(await readHistory(directory));
  const saved = await readFile(join(directory, derivedFiles.verdict), 'utf8').catch(() => null);
  if (saved !== renderVerdict(verdict))
    throw new UnderstudyError(
      'drills-folder-tampered',
      `${join(directory, derivedFiles.verdict)} ${saved === null ? 'is missing' : 'differs from what the history gives'}; the history says ${verdict.result}. Trust the history, or run the drill again.`,
      { facts: { derived: verdict.result } },
    );
  return verdict;
}
