// Writes the three reports of a run beside its history. All of them can be made again from the folder.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '../checker/check.ts';
import { derivedFiles, readHistory } from '../history/run-folder.ts';
import { junitOf } from './junit.ts';
import { pageOf } from './page.ts';
import { reportOf, type Report } from './report.ts';

export async function writeReports(directory: string): Promise<Report> {
  const history = await readHistory(directory);
  const verdict = check(history);
  const report = reportOf(history, verdict);
  await Promise.all([
    writeFile(join(directory, derivedFiles.report), `${JSON.stringify(report)}\n`),
    writeFile(join(directory, derivedFiles.junit), junitOf(verdict)),
    writeFile(join(directory, derivedFiles.page), await pageOf(report)),
  ]);
  return report;
}
