// The system that operations are carried out on: brought to what the file says before, handed out, and removed at the end.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../../packages/understudy/src/cli/places.ts';
import { openSession, resolveIntent, type Session } from '../../packages/understudy/src/cli/session.ts';
import type { Logger } from '../../packages/understudy/src/ground/index.ts';
import { labDown, labStatus, labUp } from '../../packages/understudy/src/lab/index.ts';
import { apply, confirmAll, destroy } from '../../packages/understudy/src/reconcile/index.ts';
import type { FailoverProfile } from '../../packages/understudy/src/topology/index.ts';
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
  await labUp({ cacheDirectory: cacheDirectory(), logger, signal });
  const directory = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  const topologyPath = join(directory, 'topology.yaml');
  const runs = runsDirectory ?? join(directory, 'runs');
  await mkdir(runs, { recursive: true });
  const open = async (parts: FileParts, failover: FailoverProfile): Promise<Session> => {
    await writeFile(topologyPath, topologyText(parts, failover));
    return await openSession({ topologyPath, target: 'lab', logger });
  };
  /** What stands: undefined when nothing does, or nobody knows. */
  let standing: { readonly parts: FileParts; readonly failover: FailoverProfile } | undefined;
  return {
    async with(operation, failover, work) {
      await using before = await open(operation.before, failover);
      const { world } = before;
      const near = standing?.failover === failover && sameMachines(standing.parts, operation.before);
      if (!near) await destroy(world, systemName);
      standing = undefined;
      logger({ level: 'info', subject: operation.name, text: `making ${systemName} with ${failover}` });
      const intent = await resolveIntent(before);
      await before.target.prepare(before.topology.search, { logger, signal });
      await apply(world, intent, { confirm: confirmAll, signal });
      await using after = await open(operation.after, failover);
      const result = await work({ before, after, topologyPath, runsDirectory: runs });
      standing = { parts: operation.after, failover };
      return result;
    },
    async [Symbol.asyncDispose]() {
      if (!keep || signal.aborted) await remove();
      await rm(directory, { recursive: true, force: true });
      if (!found.running && (!keep || signal.aborted)) await labDown({ logger });
    },
  };

  async function remove(): Promise<void> {
    await using session = await open({ nodes: 3, version: '9.5.3', machineType: 'g6-standard-2' }, 'fast');
    await destroy(session.world, systemName);
  }
}

/** Only the number of machines differs, which is quickly changed. */
function sameMachines(a: FileParts, b: FileParts): boolean {
  return a.version === b.version && a.machineType === b.machineType;
}
