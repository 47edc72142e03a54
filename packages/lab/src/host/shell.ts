// How the lab runs commands on this host: argument arrays, never a shell line. Refuses to hide a failure.
import { execa } from 'execa';
import { UnderstudyError } from '@understudy/foundation';

export type Command = readonly [string, ...string[]];

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HostShell {
  /** Runs the command; a non-zero exit is the error `lab-command-failed`. Resolves with standard output. */
  run(command: Command, input?: string): Promise<string>;
  /** Runs the command and resolves with its result whatever it is; a missing program is exit code 127. */
  attempt(command: Command, input?: string): Promise<CommandResult>;
}

/** Bound on any one command, milliseconds: the slowest, mkfs on a busy disk, takes seconds. */
const commandTimeoutMs = 120_000;

const lastLines = (text: string): string => text.trim().split('\n').slice(-5).join('\n');

const attempt: HostShell['attempt'] = async ([program, ...args], input) => {
  const result = await execa(program, args, {
    reject: false,
    timeout: commandTimeoutMs,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  if (result.exitCode !== undefined) return { code: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  const missing = result.code === 'ENOENT';
  return { code: missing ? 127 : 128, stdout: '', stderr: result.shortMessage ?? 'no exit code' };
};

export const hostShell: HostShell = {
  attempt,
  run: async (command, input) => {
    const result = await attempt(command, input);
    if (result.code === 0) return result.stdout;
    throw new UnderstudyError(
      'lab-command-failed',
      `'${command.join(' ')}' ended with ${result.code}, expected 0: ${lastLines(result.stderr)}`,
      { facts: { command, code: result.code } },
    );
  },
};
