// One look at this host, as SSH would take it: the script on stdin of a shell, the questions as arguments.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  nothingAsked,
  observeCommand,
  observeScript,
  parseObservation,
  type ObservedMachine,
} from '../../src/machines/index.ts';

export type Spec = Parameters<typeof observeCommand>[0];

/** `commands`, name to shell script, are found before those of the host. */
export function look(asked: Partial<Spec>, commands: Readonly<Record<string, string>> = {}): ObservedMachine {
  const spec = { ...nothingAsked, ...asked };
  const first = mkdtempSync(join(tmpdir(), 'understudy-path-'));
  try {
    for (const [name, script] of Object.entries(commands)) {
      writeFileSync(join(first, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    const env = { PATH: `${first}:${process.env['PATH']}`, SSH_CONNECTION: '203.0.113.7 50000 192.0.2.1 22' };
    const [program = '', ...args] = observeCommand(spec);
    const run = spawnSync(program, args, { input: observeScript, env });
    assert.equal(run.stderr.toString(), '');
    return parseObservation(run.stdout.toString(), 'here', spec);
  } finally {
    rmSync(first, { recursive: true });
  }
}

/** The code of what is unknown, otherwise the state. */
export function codeOf(part: { readonly state: string; readonly code?: string }): string | undefined {
  return part.state === 'unknown' ? part.code : part.state;
}
