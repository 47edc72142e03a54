// Rolls the service machines for a given reason, outside of a plan: a release to deploy or to go back to, a restart. What `apply` does for a
// difference of the topology, with the same procedure for each machine.
import { UnderstudyError } from '@understudy/foundation';
import { anySettings, clearRejectedScript, isUnpackedScript, rejectScript } from '../../machines/index.ts';
import { observe, observeObjects, type World } from '../../observe/index.ts';
import { machinesFor, type Intent } from '../../operation/index.ts';
import { rejectionOf, rejectionText } from '../plan/rejections.ts';
import { changeService } from './change-service.ts';
import { unpackRelease } from './do-service.ts';
import { Found } from './found.ts';
import { assertGatewayRuns } from './roll-gateway.ts';
import { ReleaseArchive } from './release-archive.ts';
import { machineTarget, runScript, type StepContext } from './step-context.ts';

export interface RollRequest {
  /** A sentence, for the progress. */
  readonly reason: string;
  /**
   * `intended`: the release of the intent, which is unpacked on every service machine before the first one is changed. An id: a release
   * that lies on the machines. Left out: the service is restarted with the release that it has.
   */
  readonly release?: 'intended' | { readonly id: string };
  /** Whether the environment and the unit are written as the topology has them. Default: false. */
  readonly settings?: boolean;
  /** The release served users before, so there is no canary, and the next machine follows as soon as one is UP. Default: false. */
  readonly proven?: boolean;
  /** Labels of service machines, in the order in which they are changed. Default: all. */
  readonly machines?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface Rolled {
  /** Labels of the machines that serve with the change, in the order in which that was seen. */
  readonly changed: readonly string[];
}

/**
 * Changes one machine after the other; the first one is the canary, and after it `service.rollout.maxUnavailable` at once. Nothing is
 * changed when a machine could not be read (`reconcile-unread`), when the release is recorded as rejected with these settings
 * (`reconcile-release-recorded`; see `clearRejected`), or when it is missing on a machine (`reconcile-release-missing`). Errors of a
 * machine are those of `changeService`: `reconcile-release-rejected` and others; then the later machines keep what they have.
 */
export async function rollService(world: World, intent: Intent, request: RollRequest): Promise<Rolled> {
  await using archive = new ReleaseArchive(intent.release);
  const labels = request.machines ?? machinesFor(intent, 'service').map(({ label }) => label);
  const context = await rollContext(world, intent, archive, request, labels);
  const id = request.release === 'intended' ? intent.release.id : request.release?.id;
  if (request.release === 'intended') await Promise.all(labels.map((label) => unpackRelease(context, label)));
  else if (id !== undefined) await assertUnpacked(context, labels, id);
  const changed: string[] = [];
  const change = async (label: string): Promise<void> => {
    request.signal?.throwIfAborted();
    world.logger({ level: 'info', subject: label, text: `change of the service: ${request.reason}` });
    await changeService(context, label, {
      ...{ release: id, settings: request.settings ?? false, serving: true },
      proven: request.proven ?? false,
    });
    changed.push(label);
  };
  const [first, ...rest] = labels;
  if (first !== undefined) await change(first);
  await severalAtOnce(rest, intent.topology.service.rollout.maxUnavailable, change);
  return { changed };
}

async function rollContext(
  world: World,
  intent: Intent,
  archive: ReleaseArchive,
  { release, settings = false, signal }: RollRequest,
  labels: readonly string[],
): Promise<StepContext> {
  const observation = await observe(world, intent.topology);
  const unread = labels.filter((label) => observation.machines[label]?.state !== 'seen');
  if (unread.length > 0) {
    throw new UnderstudyError(
      'reconcile-unread',
      `${unread.join(', ')} could not be read over SSH, so no service machine is changed. See why: understudy status.`,
      { facts: { unread } },
    );
  }
  if (settings) assertGatewayRuns(intent, observation, labels);
  const asked = typeof release === 'object' ? { ...intent, release: { ...intent.release, id: release.id } } : intent;
  const rejection = release === undefined ? undefined : rejectionOf(asked, observation);
  if (rejection) {
    throw new UnderstudyError('reconcile-release-recorded', rejectionText(rejection), { facts: { ...rejection } });
  }
  const found = new Found(observation.objects, intent.topology);
  return { world, intent, found, archive, ...(signal ? { signal } : {}) };
}

async function assertUnpacked(context: StepContext, labels: readonly string[], id: string): Promise<void> {
  const there = await Promise.all(
    labels.map((label) => context.world.runner.run(machineTarget(context, label), ['sh', '-c', isUnpackedScript(id)])),
  );
  const missing = labels.filter((_, place) => there[place]?.code !== 0);
  if (missing.length === 0) return;
  throw new UnderstudyError(
    'reconcile-release-missing',
    `The release ${id} is not on ${missing.join(', ')}, so nothing was changed. Each machine keeps the current release, the one before and another one.`,
    { facts: { id, missing } },
  );
}

/** The first failure stops what has not begun; it is thrown when what has begun has ended. */
async function severalAtOnce(
  labels: readonly string[],
  atOnce: number,
  work: (label: string) => Promise<void>,
): Promise<void> {
  const waiting = [...labels];
  const failures: unknown[] = [];
  const next = async (): Promise<void> => {
    for (let label = waiting.shift(); label !== undefined && failures.length === 0; label = waiting.shift()) {
      await work(label).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  if (failures.length > 0) throw failures[0];
}

/** Forgets on every service machine that this release was rejected, so that it may be tried again. Errors: those of SSH. */
export async function clearRejected(world: World, intent: Intent, id: string = intent.release.id): Promise<void> {
  await onServiceMachines(world, intent, 'clear the record of a rejected release', clearRejectedScript(id));
}

/** Records on every service machine that `apply` does not deploy this release, whatever the settings are. Errors: those of SSH. */
export async function recordRejected(
  world: World,
  intent: Intent,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<void> {
  const at = new Date(world.clock.now()).toISOString();
  const script = rejectScript({ id, settings: anySettings, at, reason });
  await onServiceMachines(world, intent, 'record a rejected release', script);
}

async function onServiceMachines(world: World, intent: Intent, what: string, script: string): Promise<void> {
  await using archive = new ReleaseArchive(intent.release);
  const found = new Found(await observeObjects(world.linode, intent.topology.name), intent.topology);
  const context: StepContext = { world, intent, found, archive };
  const labels = machinesFor(intent, 'service').map(({ label }) => label);
  await Promise.all(
    labels.filter((label) => found.instances.has(label)).map((label) => runScript(context, label, what, script)),
  );
}
