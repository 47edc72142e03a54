// One stack at a time in the lab: makes the system, passes it to the work, and removes it however the work ends.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSystemUnderTest, type SystemUnderTest } from '../../packages/understudy/src/drills/index.ts';
import {
  cacheDirectory,
  openSession,
  resolveIntent,
  type Session,
  locked,
} from '../../packages/understudy/src/operation/index.ts';
import { trackUnfinished, type Unfinished, type Logger } from '@understudy/foundation';
import { labDown, labStatus, labUp } from '@understudy/lab';
import { apply, destroy, confirmUnlessDestructive } from '../../packages/understudy/src/reconcile/index.ts';
import { stacks, systemName, topologyText, type Stack } from './stacks.ts';

export interface SystemOptions {
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Keeps the last system, so that the next call on the same stack need not make it. */
  readonly keep: boolean;
  /** Where run folders go; undefined: a place that is removed at the end. */
  readonly runsDirectory: string | undefined;
}

export interface Systems extends AsyncDisposable {
  /** Runs `work` on the stack's system, complete and green at the beginning. */
  with<T>(stack: Stack, work: (world: SystemUnderTest) => Promise<T>): Promise<T>;
}

/** The lab, started when it does not run; what was started here is taken down at the end. */
export async function openLab({
  logger,
  signal,
  keep,
}: Pick<SystemOptions, 'logger' | 'signal' | 'keep'>): Promise<AsyncDisposable> {
  const found = await labStatus();
  const lab = found.running ? undefined : trackUnfinished(startedLab);
  await labUp({ cacheDirectory: cacheDirectory(), logger, signal });
  return {
    async [Symbol.asyncDispose]() {
      if (!found.running && (!keep || signal.aborted)) await labDown({ logger });
      lab?.release();
    },
  };
}

/** The lab, with one stack at a time in it. */
export async function openSystems(options: SystemOptions): Promise<Systems> {
  const { logger } = options;
  const lab = await openLab(options);
  const directory = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  // The guard that undoes a drill whose tool was killed is a copy of the tool, not of this bench.
  process.argv[1] = fileURLToPath(new URL('../../packages/understudy/src/cli/main.ts', import.meta.url));
  return {
    async with(stack, work) {
      const topologyPath = join(directory, `${stack.name}.yaml`);
      await writeFile(topologyPath, topologyText(stack));
      await using session = await openSession({ topologyPath, target: 'lab', logger });
      return await locked(session, 'bench', () => onSystem(options, { session, stack, topologyPath, directory }, work));
    },
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true });
      await lab[Symbol.asyncDispose]();
    },
  };
}

/** What is left of a lab that a bench started, and how it goes. */
export const startedLab: Unfinished = {
  what: 'the lab, which this bench started, with everything in it',
  remedy: 'understudy lab down --yes',
};

/** What is left of a system that a bench made in the lab, and how it goes. */
export function madeSystem(name: string, topologyPath: string): Unfinished {
  return {
    what: `the system ${name} in the lab`,
    remedy: `understudy destroy ${topologyPath} --target lab --yes; rm -r ${dirname(topologyPath)}`,
  };
}

interface Place {
  readonly session: Session;
  readonly stack: Stack;
  readonly topologyPath: string;
  readonly directory: string;
}

async function onSystem<T>(
  { logger, signal, keep, runsDirectory }: SystemOptions,
  { session, stack, topologyPath, directory }: Place,
  work: (world: SystemUnderTest) => Promise<T>,
): Promise<T> {
  const { world } = session;
  for (const other of stacks) if (other !== stack) await destroy(world, systemName(other.name));
  using _ = trackUnfinished(madeSystem(systemName(stack.name), topologyPath));
  let broken = true;
  try {
    logger({ level: 'info', subject: stack.name, text: `making ${systemName(stack.name)}: ${stack.about}` });
    await apply(world, await resolveIntent(session), { confirm: confirmUnlessDestructive, signal });
    const drills = await openSystemUnderTest(session, topologyPath);
    const result = await work({ ...drills, runsDirectory: runsDirectory ?? join(directory, 'runs') });
    broken = false;
    return result;
  } finally {
    if (!keep || broken) await destroy(world, systemName(stack.name));
  }
}
