// How every command runs: options, Ctrl-C, errors and the exit code, in one place.
import type { Command } from 'commander';
import { UnderstudyError, type Logger } from '@understudy/foundation';
import { exitCode, exitCodeOf, type ExitCode } from '../operation/index.ts';
import { printError, progressLogger } from './terminal.ts';

/** Options every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
}

/** What a command is given beside its own arguments. */
export interface Context {
  readonly logger: Logger;
  /** Aborts at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
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
    // An optional word that was left out is undefined.
    const words = received
      .slice(0, -2)
      .flat()
      .filter((word) => typeof word === 'string');
    const controller = new AbortController();
    const interrupt = (signal: NodeJS.Signals): void => {
      if (controller.signal.aborted) process.exit(exitCode.unknown);
      process.stderr.write(`\n${signal}: stopping and cleaning up; once more to end at once\n`);
      controller.abort(new UnderstudyError('cli-interrupted', `Interrupted by ${signal}; running it again is safe.`));
    };
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    try {
      process.exitCode = await body({ logger: progressLogger(options), signal: controller.signal }, options, ...words);
    } catch (error) {
      const ending: unknown = controller.signal.aborted ? controller.signal.reason : error;
      process.exitCode = exitCodeOf(ending);
      printError(ending, options);
    } finally {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    }
  };
}
