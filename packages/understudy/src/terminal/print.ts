// The only module that prints. Data goes to stdout, progress and errors to stderr; colour only on a terminal.
import { createInterface } from 'node:readline/promises';
import { createColors } from 'picocolors';
import { UnderstudyError, type LogLine, type Logger } from '@understudy/foundation';

const noColour = process.env['NO_COLOR'] !== undefined;
/**
 * Colours on a terminal. Without a terminal `isTTY` is undefined, not false; picocolors would then use its own detection, which
 * turns colours on when CI is set.
 */
const coloursFor = ({ isTTY }: { readonly isTTY?: boolean }) => createColors(isTTY === true && !noColour);
/** Colours for stdout. */
export const paint = coloursFor(process.stdout);
/** Colours for stderr. */
const paintProgress = coloursFor(process.stderr);

const startedMs = performance.now();

/** Prints data: one text, newline added. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints data as indented JSON. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2));
}

const marks = { debug: '·', info: '·', warn: '!', error: '✗' } as const;

/** Progress on stderr: seconds since the start, subject, text. `debug` lines only with `--verbose`. */
export function progressLogger(options: { verbose?: boolean; quiet?: boolean }): Logger {
  return ({ level, subject, text }: LogLine) => {
    if (level === 'debug' && options.verbose !== true) return;
    if (options.quiet === true && (level === 'debug' || level === 'info')) return;
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(6);
    const colour = level === 'error' ? paintProgress.red : level === 'warn' ? paintProgress.yellow : paintProgress.dim;
    const line = `${paintProgress.dim(seconds)} ${colour(marks[level])} ${subject.padEnd(18)} ${text}`;
    process.stderr.write(`${line}\n`);
  };
}

/** Prints an error a person can act on; the stack only for bugs in this program. */
export function printError(error: unknown, options: { json?: boolean; verbose?: boolean }): void {
  const known = error instanceof UnderstudyError;
  if (options.json === true) {
    const body = known
      ? { code: error.code, message: error.message, facts: error.facts }
      : { code: 'internal', message: error instanceof Error ? error.message : String(error) };
    process.stderr.write(`${JSON.stringify({ error: body }, undefined, 2)}\n`);
    return;
  }
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${paintProgress.red('error:')} ${text}\n`);
  if (!known && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ''}\nThis is a bug in understudy; please report it with the lines above.\n`);
  } else if (options.verbose === true) {
    for (let cause = (error as Error).cause; cause instanceof Error; cause = cause.cause) {
      process.stderr.write(`  because: ${cause.message}\n`);
    }
  }
}

/** Asks on the terminal. Without a terminal the answer is empty, and the caller names the option that confirms. */
export async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) return '';
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await prompt.question(question)).trim();
  } finally {
    prompt.close();
  }
}

/** A yes-or-no question, default no. `yes` answers it in advance; without a terminal only `yes` can confirm, and a message says so. */
export async function confirm(question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes === true) return true;
  if (!process.stdin.isTTY) printProgress(`${question} There is no terminal to ask, so nothing was done. Pass --yes.`);
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `));
}

/** Prints progress text on stderr. */
export function printProgress(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Clears the screen on a terminal; does nothing elsewhere. */
export function clearScreen(): void {
  if (process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H');
}
