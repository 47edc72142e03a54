// The second Ctrl-C ends a command or a bench within 2 s, in every state, and prints what is left and how to undo it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const program = resolve(import.meta.dirname, 'interrupted-program.ts');
let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-interrupt-'));
});
after(() => rm(directory, { recursive: true, force: true }));

/** False also for a zombie. */
function isRunning(pid = ''): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

interface Ended {
  readonly code: number | null;
  readonly tookMs: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the program, waits until it is ready, sends the signal twice. */
async function endedAtOnce(mode: string, signal: NodeJS.Signals = 'SIGINT'): Promise<Ended> {
  const words = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning', program, mode, directory];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.includes('ready')) resolve();
    });
    child.once('exit', () => reject(new Error(`it ended before it was ready: ${stderr}`)));
  });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  // As a person does, when the first signal has not ended the process.
  await sleep(700);
  assert.equal(child.exitCode, null, `it ended at the first signal:\n${stderr}`);
  const startedMs = performance.now();
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  const [code] = await exit;
  clearTimeout(late);
  return { code, tookMs: performance.now() - startedMs, stdout, stderr };
}

const cases: readonly (readonly [mode: string, patterns: readonly RegExp[]])[] = [
  ['nothing', [/SIGINT again: ending immediately\. Nothing is left to undo\./]],
  ['children', [/Nothing is left to undo\./]],
  ['a worker', [/Nothing is left to undo\./]],
  ['an apply', [/What is left.*a step that has not finished: demo-\S+ wait/s, /the same command finishes it/]],
  [
    'a drill',
    [
      /the fault test-fault on no machine\n.*the documents of the run \S+-noop in the index documents\n/s,
      /understudy drill undo \S+-noop --target lab\n/,
    ],
  ],
  [
    'a bench',
    [
      /the system bench-fast in the lab\n +understudy destroy \/tmp\/understudy-bench-x\/fast\.yaml --target lab --yes/,
      /fast\.yaml.*the lab, which this bench started.*\n +understudy lab down --yes/s,
    ],
  ],
];

for (const [mode, patterns] of cases) {
  test(`${mode}: it ends within 2 s with exit code 2, and prints what is left`, async () => {
    const { code, tookMs, stderr, stdout } = await endedAtOnce(mode);
    assert.equal(code, 2, stderr);
    assert.ok(tookMs < 2000, `it took ${Math.round(tookMs)} ms`);
    for (const pattern of patterns) assert.match(stderr, pattern);
    if (mode !== 'children') return;
    const [, usual, bound, outliving] = /^children (\d+) (\d+) (\d+)$/m.exec(stdout) ?? [];
    try {
      await sleep(100);
      assert.ok(outliving !== undefined && isRunning(outliving), 'what is meant to outlive it was ended');
      assert.deepEqual([isRunning(usual), isRunning(bound)], [false, false]);
    } finally {
      if (outliving !== undefined) process.kill(Number(outliving), 'SIGKILL');
    }
  });
}

test('SIGTERM twice does the same', async () => {
  const { code, stderr } = await endedAtOnce('nothing', 'SIGTERM');
  assert.equal(code, 2);
  assert.match(stderr, /SIGTERM again: ending immediately/);
});
