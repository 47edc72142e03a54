// How every command runs: options, Ctrl-C, errors and the exit code, in one place.
import type { Command } from 'commander';
import type { Logger } from '@understudy/foundation';
import { exitCodeOf, onInterrupt, type ExitCode, printError, progressLogger } from '../terminal/index.ts';

/** Options every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
}

/** What every command gets in addition to its own arguments. */
export interface Context {
  readonly logger: Logger;
  /** Aborts at the first Ctrl-C or SIGTERM; a second one ends the process within 2 s. */
  readonly signal: AbortSignal;
}

/** Adds `--json`, `--quiet` and `--verbose`. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print the result as JSON on stdout')
    .option('-q, --quiet', 'no progress on stderr')
    .option('-v, --verbose', 'more progress on stderr, and the causes of errors');
}

/**
 * Wraps the body of a command: runs it with a Context, turns what it throws into a message and an exit code.
 * The last two arguments commander passes are the options and the command itself.
 */
export function action<Options extends CommonOptions>(
  body: (context: Context, options: Options, ...words: string[]) => Promise<ExitCode>,
): (...received: unknown[]) => Promise<void> {
  return async (...received) => {
    const options = received.at(-2) as Options;
    // An omitted optional word is undefined.
    const words = received
      .slice(0, -2)
      .flat()
      .filter((word) => typeof word === 'string');
    using interruption = onInterrupt((signal) => `Interrupted by ${signal}; running it again is safe.`);
    const { signal } = interruption;
    try {
      process.exitCode = await body({ logger: progressLogger(options), signal }, options, ...words);
    } catch (error) {
      const ending: unknown = signal.aborted ? signal.reason : error;
      process.exitCode = exitCodeOf(ending);
      printError(ending, options);
    }
  };
}
