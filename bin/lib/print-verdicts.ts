// Prints the verdict table of `drill run --json`, and where each report is.
//   print-verdicts.ts FILE
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderTable, verdictTable, type Verdict } from '../../packages/understudy/src/proof/index.ts';

const verdicts = JSON.parse(readFileSync(process.argv[2] ?? 0, 'utf8')) as (Verdict & { directory: string })[];
console.log(`\n${renderTable(verdictTable(verdicts))}\n`);
for (const { directory } of verdicts) console.log(`report: ${join(directory, 'report.html')}`);
