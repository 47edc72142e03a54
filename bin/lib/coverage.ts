// docs/coverage.md: how much of the source the fast tests run, by package and room. A report, not a gate.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { EventData } from 'node:test';

type Summary = EventData.TestCoverage['summary'];

interface Sums {
  files: number;
  lines: number;
  coveredLines: number;
  branches: number;
  coveredBranches: number;
}

/** `packages/understudy/src/drills/run/x.ts` -> `understudy/drills`. */
function roomOf(path: string): string {
  const [, name = '', , ...rest] = path.split('/');
  return rest.length > 1 ? `${name}/${rest[0] ?? ''}` : name;
}

const share = (covered: number, all: number): string => (all === 0 ? '-' : `${((covered / all) * 100).toFixed(1)} %`);

function row(name: string, { files, lines, coveredLines, branches, coveredBranches }: Sums): string {
  return `| ${name} | ${files} | ${lines} | ${share(coveredLines, lines)} | ${share(coveredBranches, branches)} |`;
}

/** Writes the page; `root` is the workspace. */
export function writeCoverage(summary: Summary, root: string, page: string): void {
  const sums = new Map<string, Sums>();
  const none = (): Sums => ({ files: 0, lines: 0, coveredLines: 0, branches: 0, coveredBranches: 0 });
  const add = (name: string, file: Summary['files'][number]): void => {
    const sum = sums.get(name) ?? none();
    sum.files += 1;
    sum.lines += file.totalLineCount;
    sum.coveredLines += file.coveredLineCount;
    sum.branches += file.totalBranchCount;
    sum.coveredBranches += file.coveredBranchCount;
    sums.set(name, sum);
  };
  for (const file of summary.files) {
    const path = relative(root, file.path);
    if (!/^packages\/[^/]+\/src\//.test(path)) continue;
    add(roomOf(path), file);
    add('all', file);
  }
  const rows = [...sums].filter(([name]) => name !== 'all').sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = [
    '# Coverage',
    '',
    'Written by `npm run coverage`: what the fast tests (`npm test`) run of the source files that they load. Nothing is refused because of',
    'these figures. Tests with real engines, complete drills, simulated regions and the lab run much more; see `bin/lib/fast-tests.ts` for',
    'what is left out.',
    '',
    '| package or room | files | lines | lines run | branches run |',
    '|---|---|---|---|---|',
    ...rows.map(([name, sum]) => row(name, sum)),
    row('**all**', sums.get('all') ?? none()),
    '',
  ];
  writeFileSync(page, lines.join('\n'));
}
