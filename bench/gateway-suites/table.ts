// The text of a run: a row for each suite, then each difference with what was seen on both sides.
import type { Row } from './compare.ts';

export function table(rows: readonly Row[]): string {
  const lines = [
    '| suite | tests | skipped | pass direct | pass through | differences | unstable |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(
      ({ suite, tests, skipped, passedDirect, passedThrough, differences, unstable }) =>
        `| ${[suite, tests, skipped, passedDirect, passedThrough, differences.length, unstable.length].join(' | ')} |`,
    ),
  ];
  const differences = rows.flatMap((row) => row.differences);
  if (differences.length > 0) lines.push('', 'Differences, seen in two runs:');
  for (const { suite, test, direct, through } of differences)
    lines.push('', `${suite}: ${test}`, `  direct:  ${direct}`, `  through: ${through}`);
  const unstable = rows.flatMap((row) => row.unstable).map(({ suite, test }) => `  ${suite}: ${test}`);
  if (unstable.length > 0) lines.push('', 'Different once, and not in the same way again:', ...unstable);
  return lines.join('\n');
}
