// The one procedure by which the service of a machine is changed or restarted: taken out of the balancer, stopped, changed, started,
// verified, put in again. What does not serve afterwards is put back as it was; what cannot be put back stays out.
import { UnderstudyError } from '@understudy/foundation';
import {
  ensureServiceUser,
  changeServiceScript,
  rejectScript,
  restoreServiceScript,
  servicePlace,
  serviceSettingsPaths,
  startServiceScript,
  stopServiceScript,
  type ManagedFile,
  type StopOptions,
} from '../../machines/index.ts';
import type { World } from '../../observe/index.ts';
import { filesOf, machineNamed } from '../../operation/index.ts';
import { serviceSettingsHash } from '../plan/rejections.ts';
import { acceptBackends, awaitUp, drainBackends } from './balancer-backends.ts';
import { compareCanary } from './canary.ts';
import { awaitAnswers, awaitPaths, awaitSteady, sampleOf, ServiceFault } from './service-checks.ts';
import { faultReport, lastWordsOf } from './service-fault-report.ts';
import { runScript, type StepContext } from './step-context.ts';
import { stateBefore, type Before } from './state-before.ts';
import { awaitQuiet, takeOut } from './take-out.ts';

export interface ServiceChange {
  /** The release to make current, unpacked before; undefined: it stays. */
  readonly release: string | undefined;
  /** Whether the environment and the unit are written as the topology has them. */
  readonly settings: boolean;
  /** Whether users may be served by this machine: then it is taken out first and watched afterwards. */
  readonly serving: boolean;
  /** The release served users before: it is done when the balancer has it UP, without a canary and without `steadyS`. */
  readonly proven?: boolean;
}

/** A service that serves nobody and did not serve is ended soon: nothing is lost with it. */
const stopFailedS = 5;
const stopReportMs = 30_000;

/**
 * Errors: `reconcile-no-other-backend` when the machine is the only one that serves; `reconcile-release-rejected`,
 * `reconcile-settings-rejected` when it did not serve with the change and serves again without it; `reconcile-service-start` when it
 * does not serve and nothing could be put back; `reconcile-rollout-stopped` when another machine failed before.
 */
export async function changeService(context: StepContext, label: string, change: ServiceChange): Promise<void> {
  const { found } = context;
  if (change.serving && found.serviceFailure !== undefined) {
    throw new UnderstudyError(
      'reconcile-rollout-stopped',
      `${label} is not changed, because ${found.serviceFailure} did not serve with the same change.`,
      { facts: { label, failed: found.serviceFailure } },
    );
  }
  const files = change.settings ? settingsFiles(context, label) : [];
  const before = await stateBefore(context, label, servicePlace, files);
  const canary = change.serving && change.proven !== true && found.serviceChanges === 0;
  if (change.serving) found.serviceChanges += 1;
  // What the service of before answered, for the case that it is put back.
  let { port, healthPath } = context.intent.topology.service;
  const phases = new Phases(context.world);
  try {
    if (change.serving) {
      const { ports, checkPath } = await takeOut(context, label);
      port = ports[0] ?? port;
      healthPath = checkPath ?? healthPath;
    }
    phases.ended('drained');
    await exchange(context, label, change, files);
    phases.ended('stopped and changed');
    await serveAgain(context, label, { ...change, canary }, phases);
    if (change.serving) phases.log(label);
  } catch (error) {
    found.serviceFailure ??= label;
    if (!(error instanceof ServiceFault)) throw error;
    throw await undone(context, label, { change, before, port, healthPath, fault: error });
  }
}

function settingsFiles(context: StepContext, label: string): ManagedFile[] {
  const paths: readonly string[] = serviceSettingsPaths;
  return filesOf(context.intent, machineNamed(context.intent, label)).filter(({ path }) => paths.includes(path));
}

async function exchange(
  context: StepContext,
  label: string,
  { release, serving }: ServiceChange,
  files: readonly ManagedFile[],
): Promise<void> {
  const { stopS } = context.intent.topology.service;
  await stopService(context, label, { stopS, drained: serving });
  if (files.length > 0 || release !== undefined) {
    const script = [ensureServiceUser, changeServiceScript(files, release)].join('\n');
    await runScript(context, label, 'change the service', script);
  }
  await runScript(context, label, 'start the service', startServiceScript());
}

async function stopService(context: StepContext, label: string, how: StopOptions): Promise<void> {
  const options = { timeoutMs: how.stopS * 1000 + stopReportMs };
  await runScript(context, label, 'stop the service', stopServiceScript(how), options);
}

async function serveAgain(
  context: StepContext,
  label: string,
  { serving, proven, canary }: ServiceChange & { readonly canary: boolean },
  phases: Phases,
): Promise<void> {
  await awaitAnswers(context, label);
  if (serving) await awaitPaths(context, label);
  phases.ended('answers');
  const { port, rollout } = context.intent.topology.service;
  if (!serving) {
    await acceptBackends(context, label, port);
    return;
  }
  const first = await sampleOf(context, label);
  await acceptBackends(context, label, port);
  await awaitSteady(context, label, first, proven === true ? 0 : rollout.steadyS);
  phases.ended('is UP and steady');
  if (!canary) return;
  await compareCanary(context, label, first);
  phases.ended('compared');
}

/** How long each part of a change took, for a line of progress: where the time goes is asked first. */
class Phases {
  readonly #world: Pick<World, 'clock' | 'logger'>;
  readonly #parts: string[] = [];
  #sinceMs: number;

  constructor(world: Pick<World, 'clock' | 'logger'>) {
    this.#world = world;
    this.#sinceMs = world.clock.monotonicMs();
  }

  ended(what: string): void {
    const nowMs = this.#world.clock.monotonicMs();
    this.#parts.push(`${what} in ${((nowMs - this.#sinceMs) / 1000).toFixed(1)} s`);
    this.#sinceMs = nowMs;
  }

  log(label: string): void {
    this.#world.logger({ level: 'info', subject: label, text: `it serves: ${this.#parts.join(', ')}` });
  }
}

interface Failed {
  readonly change: ServiceChange;
  readonly before: Before;
  readonly port: number;
  readonly healthPath: string;
  readonly fault: ServiceFault;
}

/** Puts back what was there; the error to throw. */
async function undone(context: StepContext, label: string, failed: Failed): Promise<UnderstudyError> {
  const { change, before, port, healthPath, fault } = failed;
  const { clock } = context.world;
  const startedMs = clock.monotonicMs();
  const words = await lastWordsOf(context, label);
  const newRelease = change.release !== before.release ? change.release : undefined;
  const oldRelease = newRelease === undefined ? undefined : before.release;
  const report = { label, fault, words, rejected: newRelease, oldRelease };
  if (change.serving) await outAgain(context, label);
  const wasComplete = before.release !== undefined && before.complete;
  if (!wasComplete || (oldRelease === undefined && before.changed.length === 0))
    return faultReport(context, { ...report, outcome: change.serving ? 'out' : 'not-started' });
  try {
    const stopS = Math.min(stopFailedS, context.intent.topology.service.stopS);
    await stopService(context, label, { stopS, drained: change.serving });
    await runScript(context, label, 'put the service back', restoreServiceScript(before.changed, oldRelease));
    await runScript(context, label, 'start the service', startServiceScript());
    // Liveness alone: it served users before, and the topology may have paths that came with what was changed.
    await awaitAnswers(context, label, { port, paths: [healthPath] });
    await acceptBackends(context, label, port);
    await awaitUp(context, label);
  } catch (cause) {
    if (!(cause instanceof UnderstudyError)) throw cause;
    return faultReport(context, { ...report, outcome: 'not-put-back', cause });
  }
  if (newRelease !== undefined) {
    const at = new Date(clock.now()).toISOString();
    const line = { id: newRelease, settings: serviceSettingsHash(context.intent), at, reason: fault.what };
    await runScript(context, label, 'record the rejected release', rejectScript(line));
  }
  const tookMs = clock.monotonicMs() - startedMs;
  return faultReport(context, { ...report, outcome: 'put-back', tookMs });
}

/** A machine that does not serve as it should gets no requests; those under way may end. */
async function outAgain(context: StepContext, label: string): Promise<void> {
  const { changed, ports } = await drainBackends(context, label);
  if (changed) await awaitQuiet(context, label, ports);
}
