// Runs the test files: unit tests first and side by side, then the lab tests one by one (there is one lab).
// `--fast` leaves out the slow ones, `--watch` runs again what changed, `--coverage` writes docs/coverage.md.
// Prints node's own spec report, every skip with its reason, and a last line `N passed, N failed, N skipped`.
import { globSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { takeDownAbandonedLabs } from './abandoned-labs.ts';
import { writeCoverage } from './coverage.ts';
import { slowReason, slowTests } from './fast-tests.ts';
import { useScratch } from './scratch.ts';

const words = process.argv.slice(2);
const flags = new Set(words.filter((word) => word.startsWith('--')));
const names = words.filter((word) => !word.startsWith('--'));
/** Tests that need the lab's machines are in test/lab, of the package lab and of the tool. */
const isLab = (path: string): boolean => /\/test\/lab\/[^/]+$/.test(path);
const chosen = globSync('packages/*/test/**/*.test.ts')
  .filter((path) => names.length === 0 || names.some((name) => path.includes(name)))
  .filter((path) => !flags.has('--fast') || slowReason(path) === undefined)
  .sort();
/** So that no long file runs alone at the end. */
const slowFirst = (paths: readonly string[]): string[] =>
  paths.toSorted((one, other) => Number(slowReason(other) !== undefined) - Number(slowReason(one) !== undefined));
const isFull = flags.has('--full');
/** The matrices of --full take hours. */
const labTimeoutMs = (isFull ? 12 * 60 : 20) * 60_000;
const groups = [
  {
    files: flags.has('--lab') ? [] : slowFirst(chosen.filter((path) => !isLab(path))),
    // Many wait for an engine or a process: on two processors three at a time end sooner than two.
    concurrency: 3,
    timeoutMs: (isFull ? 20 : 10) * 60_000,
  },
  { files: flags.has('--unit') ? [] : chosen.filter(isLab), concurrency: 1, timeoutMs: labTimeoutMs },
];

if (flags.has('--fast'))
  for (const [part, reason] of Object.entries(slowTests)) console.log(`left out: ${part.padEnd(42)} ${reason}`);

// Tests that try more when there is time for it look at this.
if (isFull) process.env['UNDERSTUDY_FULL'] = '1';

const count = { passed: 0, failed: 0, skipped: 0 };
const skips: string[] = [];
/** How long each file and each test in one ran, in ms. */
const fileMs = new Map<string, number>();
const testMs = new Map<string, number>();

useScratch();
for (const { files, concurrency, timeoutMs } of groups) {
  if (files.length === 0) continue;
  if (files.some(isLab)) takeDownAbandonedLabs();
  const coverage = flags.has('--coverage')
    ? { coverage: true, coverageIncludeGlobs: ['packages/*/src/**/*.ts'] as const }
    : {};
  const watch = flags.has('--watch') ? { watch: true } : { timeout: timeoutMs };
  const stream = run({ files, concurrency, execArgv: process.execArgv, ...watch, ...coverage });
  stream.on('test:coverage', ({ summary }) => writeCoverage(summary, process.cwd(), 'docs/coverage.md'));
  stream.on('test:pass', ({ name, skip, todo, details }) => {
    if (details.type === 'suite') return;
    if (skip === undefined && todo === undefined) count.passed += 1;
    else {
      count.skipped += 1;
      skips.push(`${name}: ${typeof skip === 'string' ? skip : 'no reason given'}`);
    }
  });
  stream.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') count.failed += 1;
  });
  // A file is reported as a test of its own, by its path.
  stream.on('test:complete', ({ name, file, details }) => {
    if (file === resolve(name)) fileMs.set(name, details.duration_ms);
    else if (details.type !== 'suite') testMs.set(`${relative('', file ?? '')}: ${name}`, details.duration_ms);
  });
  // The types of compose do not cover this; a spec reporter is a Transform.
  const report = stream.compose(new spec()) as unknown as Readable;
  report.pipe(process.stdout, { end: false });
  await finished(report);
}

for (const ms of [fileMs, testMs])
  for (const [name, took] of [...ms].sort(([, one], [, other]) => other - one).slice(0, 25))
    console.log(`${(took / 1_000).toFixed(0).padStart(5)} s ${name}`);
for (const line of skips) console.log(`skipped: ${line}`);
if (count.passed + count.failed === 0) {
  console.log(`no test file matches ${names.join(' ') || 'packages/*/test/**/*.test.ts'}`);
  count.failed = 1;
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed === 0 ? 0 : 1;
