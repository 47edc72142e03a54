// Short runs of the real code over a small system of their own, each with something planted at one moment: the load generator
// frozen or killed, its disk slow, its reports held back, the wall clock stepped. Real processes and real signals.
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { goals } from '../../../src/proof/goals.ts';
import type { JournalEntry } from '../../../src/proof/history/journal-entry.ts';
import { rawFiles, readHistory, readJournal } from '../../../src/proof/history/run-folder.ts';
import { runDrill, type Drill, type RunOptions } from '../../../src/drills/index.ts';
import type { Verdict } from '../../../src/proof/index.ts';
import { entryOf, type Stretch } from '../../../src/proof/checker/window.ts';
import type { WorkloadEnd } from '../../../src/proof/load/messages.ts';
import { systemClock } from '@understudy/foundation';
import { noopDrill } from '../noop-drill.ts';
import { smallSystem } from '../small-system.ts';

const shortDrill: Drill = noopDrill(
  { steadyMs: 400, faultMs: 300, recoveryMs: 3_000 },
  { goals: goals({ longestWriteGapMs: 3_000, longestReadGapMs: 3_000 }) },
);

/** Without gets, which begin a second after the writes: the runs are shorter by that. */
const shortOptions: RunOptions = {
  ratePerS: { get: 0 },
  deadlineMs: { index: 2_000, get: 2_000, search: 2_000 },
};

/**
 * Where in a run something is planted. Steady state has held before `the fault`, which is up to 1.3 s long; after `undoing` come
 * recovery, the stop and the verdict.
 */
export interface Moment {
  readonly after: 'the start of the process' | 'the first intent' | 'the fault' | 'undoing';
  readonly ms: number;
}

/** What a plant works with while a run goes on. */
export interface Planted {
  readonly generatorPid: number;
  readonly runsDirectory: string;
  /** Moves the wall clock that the run was given. */
  stepClock(byMs: number): void;
}

/**
 * Resolves when it is over, with the stretch of the monotonic clock in which it surely had its effect; it ends at Infinity when
 * it stays.
 */
export type Plant = (run: Planted) => Promise<Stretch>;

export interface PlantedRun {
  readonly directory: string;
  readonly verdict: Verdict;
  readonly journal: readonly JournalEntry[];
  /** What the generator said at its end; null when it did not end in order. */
  readonly end: WorkloadEnd | null;
  /** When the plant began and was over, on the run's clock. */
  readonly planted: Stretch;
}

/** One whole run. */
export async function plantedRun(moment: Moment, plant: Plant, seed: number): Promise<PlantedRun> {
  const system = await smallSystem();
  const runsDirectory = await mkdtemp(join(tmpdir(), 'understudy-planted-'));
  let stepMs = 0;
  let planted: Promise<Stretch> | undefined;
  const act = async () => {
    const folder = join(runsDirectory, (await readdir(runsDirectory)).find((name) => name.endsWith('noop')) ?? '');
    const pid = Number(entryOf(await readJournal(folder), 'workload-started')?.facts.pid);
    if (moment.after === 'the first intent') await hasContent(join(folder, rawFiles.plannedWrites));
    await sleep(moment.ms);
    return plant({ generatorPid: pid, runsDirectory, stepClock: (byMs) => (stepMs += byMs) });
  };
  const waiting = 'waiting for 0.4 s of steady state';
  const said = {
    'the start of the process': waiting,
    'the first intent': waiting,
    'the fault': 'nothing on nothing',
    undoing: 'undoing',
  };
  try {
    const world = {
      ...system.world,
      runsDirectory,
      clock: { ...systemClock, now: () => systemClock.now() + stepMs },
      logger: ({ text }: { text: string }) => void (text === said[moment.after] && (planted ??= act())),
    };
    const { directory, verdict } = await runDrill(world, shortDrill, { ...shortOptions, seed });
    const { fromMs, toMs } = (await planted) ?? { fromMs: Infinity, toMs: Infinity };
    const { plan, journal } = await readHistory(directory);
    const onRunClock = (monotonicMs: number): number => plan.startedMs + monotonicMs - plan.startedMonotonicMs;
    const end = entryOf(journal, 'workload-stopped')?.facts.generator;
    return {
      directory,
      verdict,
      journal,
      end: end ?? null,
      planted: { fromMs: onRunClock(fromMs), toMs: onRunClock(toMs) },
    };
  } finally {
    await planted?.catch(() => undefined);
    await system.close();
  }
}

async function hasContent(path: string): Promise<void> {
  const sizeOf = async () => (await stat(path).catch(() => ({ size: 0 }))).size;
  while ((await sizeOf()) === 0) await sleep(10);
}

/** `forMs` null: nobody wakes it again. */
export const freeze =
  (forMs: number | null): Plant =>
  async ({ generatorPid }) => {
    signal(generatorPid, 'SIGSTOP');
    const stretch = await lasting(forMs);
    if (forMs !== null) signal(generatorPid, 'SIGCONT');
    return stretch;
  };

export const kill: Plant = ({ generatorPid }) => {
  signal(generatorPid, 'SIGKILL');
  return lasting(null);
};

export const slowDisk = (forMs: number): Plant => delayed('slow-disk', forMs);
/** `forMs` null: for good. */
export const slowChannel = (forMs: number | null): Plant => delayed('slow-channel', forMs);

/** `forMs` null: the clock stays where it was set. */
export const stepClock =
  (byMs: number, forMs: number | null): Plant =>
  async (run) => {
    run.stepClock(byMs);
    const stretch = await lasting(forMs);
    if (forMs !== null) run.stepClock(-byMs);
    return stretch;
  };

function delayed(name: string, forMs: number | null): Plant {
  return async ({ runsDirectory }) => {
    const untilMs = systemClock.monotonicMs() + (forMs ?? Infinity);
    await writeFile(join(runsDirectory, name), String(untilMs));
    const fromMs = systemClock.monotonicMs();
    if (forMs !== null) await sleep(forMs);
    return { fromMs, toMs: untilMs };
  };
}

/** From now on, for so long; null: for good. */
export async function lasting(forMs: number | null): Promise<Stretch> {
  const fromMs = systemClock.monotonicMs();
  if (forMs === null) return { fromMs, toMs: Infinity };
  await sleep(forMs);
  return { fromMs, toMs: systemClock.monotonicMs() };
}

/** A generator that has ended cannot be signalled, and need not be; its number may be another's by now. */
function signal(pid: number, name: NodeJS.Signals): void {
  if (isGenerator(pid)) process.kill(pid, name);
}

function isGenerator(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('proof/load/worker.ts');
  } catch {
    return false;
  }
}

/** Loads what delays the disk and the reports of the generators that this process starts from here on. */
export function loadWorkerPlants(): void {
  const { NODE_OPTIONS = '' } = process.env;
  process.env['NODE_OPTIONS'] = `${NODE_OPTIONS} --import=${new URL('./worker-plants.ts', import.meta.url).href}`;
}

/** Milliseconds that two stretches have in common. */
export function overlapMs(one: Stretch, other: Stretch): number {
  return Math.max(0, Math.min(one.toMs, other.toMs) - Math.max(one.fromMs, other.fromMs));
}
