// The shared command line of these benches: progress on stderr, cleanup at Ctrl-C, errors, results merged from files.
import { readFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { exitCodeOf, onInterrupt, printError, progressLogger } from '../../packages/understudy/src/terminal/index.ts';
import { UnderstudyError, type Logger } from '@understudy/foundation';
import {
  failoverProfiles,
  type FailoverSettings,
  type FailoverProfile,
} from '../../packages/understudy/src/engines/index.ts';

export type BenchName = 'failover' | 'false-failover' | 'operations' | 'releases';

export interface CommandContext {
  readonly bench: BenchName;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Runs a bench: sets the exit code, and lets the first Ctrl-C clean up. */
export async function command(bench: BenchName, body: (context: CommandContext) => Promise<number>): Promise<void> {
  using interruption = onInterrupt(() => 'Interrupted; the objects of this bench were removed.');
  const { signal } = interruption;
  try {
    process.exitCode = await body({ bench, logger: progressLogger({}), signal });
  } catch (error) {
    const ending: unknown = signal.aborted ? signal.reason : error;
    process.exitCode = exitCodeOf(ending);
    printError(ending, {});
  }
}

/** Error: `cli-usage`, naming what was seen and what is allowed. */
export function chosen<T extends { readonly name: string }>(option: string, text: string, all: readonly T[]): T[] {
  return text.split(',').map((name) => {
    const found = all.find((candidate) => candidate.name === name);
    if (found) return found;
    const allowed = all.map((candidate) => candidate.name).join(', ');
    throw new UnderstudyError('cli-usage', `${option}: saw '${name}'; allowed ${allowed}.`);
  });
}

/** Error: `cli-usage`. */
export function wholeNumber(option: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 100) return count;
  throw new UnderstudyError('cli-usage', `${option}: saw '${text}'; allowed a whole number from 1 to 100.`);
}

/** The machine that measured. */
export interface Host {
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryGb: number;
  readonly kernel: string;
}

export function thisHost(): Host {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
  };
}

export type Profiles = Readonly<Record<FailoverProfile, FailoverSettings>>;

/** Results as `--json` prints them. */
export interface ResultFile<Run> {
  readonly schemaVersion: 1;
  readonly bench: BenchName;
  readonly host: Host;
  /** What the profiles set when this was measured. */
  readonly profiles: Profiles;
  /** False: the bench ended before its last run. */
  readonly complete: boolean;
  readonly runs: readonly Run[];
}

/** Collects runs; when the work ends early, the finished runs are kept. */
export async function collected<Run>(
  { bench, logger, signal }: CommandContext,
  work: (runs: Run[]) => Promise<void>,
): Promise<ResultFile<Run>> {
  const runs: Run[] = [];
  let complete = true;
  try {
    await work(runs);
  } catch (error) {
    if (runs.length === 0) throw error;
    complete = false;
    const reason: unknown = signal.aborted ? signal.reason : error;
    const text = reason instanceof Error ? reason.message : String(reason);
    logger({ level: 'error', subject: 'bench', text: `${text} The results until then follow.` });
  }
  return { schemaVersion: 1, bench, host: thisHost(), profiles: failoverProfiles, complete, runs };
}

/** Error: `cli-usage` for a file that is not a result of this bench, or results of other machines or of profiles that have changed since. */
export async function mergeFiles<Run>(bench: BenchName, paths: readonly string[]): Promise<ResultFile<Run>> {
  const files = await Promise.all(paths.map((path) => resultFile<Run>(bench, path)));
  const [first] = files;
  if (first === undefined)
    throw new UnderstudyError('cli-usage', '--from: saw nothing; allowed files that --json wrote.');
  const setting = ({ host, profiles }: ResultFile<Run>): string => JSON.stringify([host, profiles]);
  const other = files.findIndex((file) => setting(file) !== setting(first));
  if (other !== -1)
    throw new UnderstudyError(
      'cli-usage',
      `--from: ${paths[other] ?? ''} was measured on another machine or with other profiles than ${paths[0] ?? ''}; the two are not comparable.`,
    );
  return { ...first, complete: files.every(({ complete }) => complete), runs: files.flatMap(({ runs }) => runs) };
}

async function resultFile<Run>(bench: BenchName, path: string): Promise<ResultFile<Run>> {
  try {
    const file = JSON.parse(await readFile(path, 'utf8')) as Partial<ResultFile<Run>>;
    if (file.schemaVersion === 1 && file.bench === bench && Array.isArray(file.runs)) return file as ResultFile<Run>;
  } catch (cause) {
    throw new UnderstudyError('cli-usage', `--from: ${path} cannot be read as JSON.`, { cause });
  }
  throw new UnderstudyError('cli-usage', `--from: ${path} is not a result that --json of bench/${bench} wrote.`);
}
