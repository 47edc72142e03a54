// The system that operations are carried out on: brought to what the file says before, handed out, and removed at the end.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  cacheDirectory,
  openSession,
  resolveIntent,
  type Session,
} from '../../packages/understudy/src/operation/index.ts';
import { hold, type Hold, type Logger } from '@understudy/foundation';
import { labDown, labStatus, labUp } from '@understudy/lab';
import { apply, confirmAll, destroy, plan, stepId, type Plan } from '../../packages/understudy/src/reconcile/index.ts';
import { observe } from '../../packages/understudy/src/observe/index.ts';
import type { FailoverProfile } from '../../packages/understudy/src/engines/index.ts';
import { madeSystem, startedLab } from '../failover/system.ts';
import { systemName, topologyText, type FileParts, type Operation } from './operations.ts';

export interface SystemOptions {
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Leaves the last system standing. */
  readonly keep: boolean;
  /** Where run folders go; undefined: a place that is removed at the end. */
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
  /** Runs `work` on a system that is as the file says before the operation, and well. */
  with<T>(operation: Operation, failover: FailoverProfile, work: (place: Place) => Promise<T>): Promise<T>;
}

/** The lab, started when it does not run; what was started here is taken down at the end. */
export async function openSystem({ logger, signal, keep, runsDirectory }: SystemOptions): Promise<OperatedSystem> {
  const found = await labStatus();
  const lab = found.running ? undefined : hold(startedLab);
  await labUp({ cacheDirectory: cacheDirectory(), logger, signal });
  const directory = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  const topologyPath = join(directory, 'topology.yaml');
  const runs = runsDirectory ?? join(directory, 'runs');
  await mkdir(runs, { recursive: true });
  let made: Hold | undefined;
  const open = async (parts: FileParts, failover: FailoverProfile): Promise<Session> => {
    await writeFile(topologyPath, topologyText(parts, failover));
    return await openSession({ topologyPath, target: 'lab', logger });
  };
  return {
    async with(operation, failover, work) {
      await using before = await open(operation.before, failover);
      logger({ level: 'info', subject: operation.name, text: `making ${systemName} with ${failover}` });
      made ??= hold(madeSystem(systemName, topologyPath));
      await bring(before, { logger, signal });
      await using after = await open(operation.after, failover);
      return await work({ before, after, topologyPath, runsDirectory: runs });
    },
    async [Symbol.asyncDispose]() {
      if (!keep || signal.aborted) await remove();
      made?.release();
      await rm(directory, { recursive: true, force: true });
      if (!found.running && (!keep || signal.aborted)) await labDown({ logger });
      lab?.release();
    },
  };

  async function remove(): Promise<void> {
    await using session = await open({ nodes: 3, version: '9.5.3', machineType: 'g6-standard-2' }, 'fast');
    await destroy(session.world, systemName);
  }
}

/** Brings the system to what the file says, from what stands when only machines have to come or go, else from nothing. */
async function bring(session: Session, how: Pick<SystemOptions, 'logger' | 'signal'>): Promise<void> {
  const { world, topology, target } = session;
  const intent = await resolveIntent(session);
  const { steps, obstacles } = plan(intent, await observe(world, topology));
  const anew = ({ id, subject, task: { kind } }: Plan['steps'][number]): boolean =>
    kind === 'engine-upgrade' || kind === 'engine-restart' || id === stepId.instanceReplace(subject);
  if (obstacles.length > 0 || steps.some(anew)) await destroy(world, topology.name);
  await target.prepare(topology.search, how);
  await apply(world, intent, { confirm: confirmAll, signal: how.signal });
}
