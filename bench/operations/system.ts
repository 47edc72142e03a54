// The system for the operations: brought to its state before the operation, given to the run, and removed at the end.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSession, resolveIntent, type Session } from '../../packages/understudy/src/operation/index.ts';
import { trackUnfinished, type Tracked, type Logger } from '@understudy/foundation';
import { apply, confirmAll, destroy, plan, stepId, type Plan } from '../../packages/understudy/src/reconcile/index.ts';
import { observe } from '../../packages/understudy/src/observe/index.ts';
import type { FailoverProfile } from '../../packages/understudy/src/engines/index.ts';
import { madeSystem, openLab } from '../failover/system.ts';
import { systemName, topologyText, type FileParts, type Operation } from './operations.ts';

export interface SystemOptions {
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Does not remove the last system. */
  readonly keep: boolean;
  /** The directory of run folders; undefined: a directory that is removed at the end. */
  readonly runsDirectory: string | undefined;
}

export interface Place {
  readonly before: Session;
  readonly after: Session;
  /** The file as it is after the change. */
  readonly topologyPath: string;
  readonly runsDirectory: string;
}

export interface OperatedSystem extends AsyncDisposable {
  /** Runs `work` on a system that matches the file before the operation and is healthy. */
  with<T>(operation: Operation, failover: FailoverProfile, work: (place: Place) => Promise<T>): Promise<T>;
}

/** The system in the lab; neither is made before it is needed, and what was made is removed at the end. */
export async function openSystem(options: SystemOptions): Promise<OperatedSystem> {
  const { logger, signal, keep, runsDirectory } = options;
  const lab = await openLab(options);
  const directory = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  const topologyPath = join(directory, 'topology.yaml');
  const runs = runsDirectory ?? join(directory, 'runs');
  await mkdir(runs, { recursive: true });
  let made: Tracked | undefined;
  const open = async (parts: FileParts, failover: FailoverProfile): Promise<Session> => {
    await writeFile(topologyPath, topologyText(parts, failover));
    return await openSession({ topologyPath, target: 'lab', logger });
  };
  return {
    async with(operation, failover, work) {
      await using before = await open(operation.before, failover);
      logger({ level: 'info', subject: operation.name, text: `making ${systemName} with ${failover}` });
      made ??= trackUnfinished(madeSystem(systemName, topologyPath));
      await prepareSystem(before, { logger, signal });
      await using after = await open(operation.after, failover);
      return await work({ before, after, topologyPath, runsDirectory: runs });
    },
    async [Symbol.asyncDispose]() {
      if (!keep || signal.aborted) await remove();
      made?.release();
      await rm(directory, { recursive: true, force: true });
      await lab[Symbol.asyncDispose]();
    },
  };

  async function remove(): Promise<void> {
    await using session = await open({ nodes: 3, version: '9.5.3', machineType: 'g6-standard-2' }, 'fast');
    await destroy(session.world, systemName);
  }
}

/** Makes the system match the file. Reuses the existing system when only machines have to be added or removed, else starts from nothing. */
async function prepareSystem(session: Session, how: Pick<SystemOptions, 'logger' | 'signal'>): Promise<void> {
  const { world, topology, target } = session;
  const intent = await resolveIntent(session);
  const { steps, obstacles } = plan(intent, await observe(world, topology));
  const needsNewSystem = ({ id, subject, task: { kind } }: Plan['steps'][number]): boolean =>
    kind === 'engine-upgrade' || kind === 'engine-restart' || id === stepId.instanceReplace(subject);
  if (obstacles.length > 0 || steps.some(needsNewSystem)) await destroy(world, topology.name);
  await target.prepare(topology.search, how);
  await apply(world, intent, { confirm: confirmAll, signal: how.signal });
}
