// Runs a program of this machine that building needs: python3, npm, go. A missing one is named with the command that installs it.
import { execFile } from 'node:child_process';
import { ReleaseError } from './release-error.ts';

export interface ToolRun {
  /** Exit code; 1 for an end by a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface ToolOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Debian package of each program. */
const packageOf: Readonly<Record<string, string>> = { python3: 'python3 python3-pip', npm: 'npm', go: 'golang-go' };
const mostOutputBytes = 64 * 1024 * 1024;

/** Resolves with the exit code, whatever it is. Error: `release-tool` when the program is missing. */
export function runTool(program: string, args: readonly string[], options: ToolOptions = {}): Promise<ToolRun> {
  const { cwd, environment = {} } = options;
  const settings = { cwd, env: { ...process.env, ...environment }, maxBuffer: mostOutputBytes };
  return new Promise((resolve, reject) => {
    execFile(program, args, settings, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      if (error.code === 'ENOENT') return reject(missingTool(program, error));
      resolve({ code: typeof error.code === 'number' ? error.code : 1, stdout, stderr });
    });
  });
}

/** The error for a program that this machine lacks, or lacks in a usable version. */
export function missingTool(program: string, cause?: unknown, seen = `no ${program}`): ReleaseError {
  const text =
    `Building this release needs ${program} on the machine where understudy runs; saw ${seen}. Install it, on Debian or Ubuntu: ` +
    `apt-get install ${packageOf[program] ?? program}`;
  return new ReleaseError('release-tool', text, cause);
}

const mostLineLength = 200;

/** The last lines that a program wrote, each with a mark in front, for an error's text. */
export function quoted({ stdout, stderr }: ToolRun, most = 15): string {
  const lines = (stderr.trim() || stdout.trim()).split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(-most)
    .map((line) => `  | ${line.length > mostLineLength ? `${line.slice(0, mostLineLength)} …` : line}`)
    .join('\n');
}
