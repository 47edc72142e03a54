// A process whose command is done ends, whatever is open, with its exit code and all of its output.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';

test('an open server and a timer do not keep it, and a slow reader gets everything', { timeout: 60_000 }, async () => {
  const words = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning'];
  const program = join(import.meta.dirname, 'open-at-the-end.ts');
  const child = spawn(process.execPath, [...words, program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  // Longer than the grace: the pipe is full and the process waits for its reader.
  await sleep(4000);
  assert.equal(child.exitCode, null);
  let output = '';
  for await (const chunk of child.stdout) output += String(chunk);
  assert.equal(output.length, 2_000_004);
  assert.ok(output.endsWith('end\n'));
  assert.deepEqual((await exit)[0], 2);
});
