// Runs one long command of a build on this host: an argument array, no time limit but the signal, and an error that quotes the end
// of what the command said.
import { execa } from 'execa';
import { UnderstudyError } from '@understudy/foundation';

export interface BuildCommandOptions {
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Characters of a failed command that the error repeats; the facts have it all. */
const quotedCommand = 160;

/** Lines of a failed command's output that the error quotes. */
const quotedLines = 12;

/**
 * Resolves with standard output. Errors: `lab-program-missing` (not installed), `lab-build-failed` (any exit code but 0);
 * the signal's reason when aborted.
 */
export async function runBuildCommand(argv: readonly string[], options: BuildCommandOptions = {}): Promise<string> {
  const [program, ...rest] = argv;
  if (program === undefined) throw new TypeError('an empty command');
  const result = await execa(program, rest, {
    reject: false,
    all: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  options.signal?.throwIfAborted();
  if (result.exitCode === 0) return result.stdout;
  if (result.code === 'ENOENT') {
    throw new UnderstudyError('lab-program-missing', `The program '${program}' is not installed; the lab needs it.`, {
      facts: { program },
    });
  }
  const whole = argv.join(' ');
  const shown = whole.length > quotedCommand ? `${whole.slice(0, quotedCommand)}...` : whole;
  const said = result.all.trim().split('\n').slice(-quotedLines).join('\n');
  const ended =
    result.exitCode === undefined ? (result.shortMessage ?? 'no exit code') : `exit code ${result.exitCode}`;
  throw new UnderstudyError(
    'lab-build-failed',
    `'${shown}' ended with ${ended}, expected 0. The end of its output:\n${said}`,
    {
      facts: { argv, exitCode: result.exitCode },
    },
  );
}
