// Makes the system match the topology: observe, plan, execute, observe again, until no step is left and the system is healthy.
import { trackUnfinished, UnderstudyError } from '@understudy/foundation';
import { assessHealth, type Status } from '../../status/index.ts';
import { observe, observeObjects, type Observation, type World } from '../../observe/index.ts';
import { carryOut } from './carry-out.ts';
import { Consent } from '../plan/consent.ts';
import { deleteObject } from './do-delete.ts';
import { destroyPlan } from './destroy.ts';
import { Found } from './found.ts';
import { operatorFilesOf, type Intent } from '../../operation/index.ts';
import { plan } from '../plan/plan.ts';
import { ReleaseArchive } from './release-archive.ts';
import { runSchedule, type Outcome } from './schedule.ts';
import type { Obstacle, Plan, Step } from '../plan/step.ts';

export interface ConfirmRequest {
  readonly plan: Plan;
  /** Steps that were not confirmed earlier; all of them in the first round. */
  readonly added: readonly Step[];
  readonly round: number;
  readonly observation: Observation;
}

export interface ApplyOptions {
  /** Called before unconfirmed steps run: for the first plan, and for steps that a later round adds to it. */
  readonly confirm: (request: ConfirmRequest) => Promise<boolean>;
  /** Bound on the wait for health after the last step. Default 180,000. */
  readonly healthDeadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Called with each round's plan before it is carried out. */
  readonly onPlan?: (plan: Plan, observation: Observation) => void;
}

export interface Applied {
  /** Steps that were done, in the order of the plans. */
  readonly done: readonly Step[];
  /** The state at the end: its verdict is `healthy`; otherwise `apply` throws. */
  readonly status: Status;
}

const rounds = 4;
const concurrency = 16;
/** A read that failed is repeated for this long; after that it is reported as an obstacle. */
const readAgainWithinMs = 60_000;

/**
 * Executes the confirmed plan, observes again, and repeats until no step is left. Errors: `reconcile-declined` when a plan, or
 * steps that a later round adds, were not confirmed (facts: added, done); `reconcile-incomplete` when steps failed or there are
 * obstacles (facts: failures, obstacles); `reconcile-release-rejected` and `reconcile-settings-rejected` when a service machine did not serve
 * with the change and serves again without it (facts: label, fault, exit, lines, putBackMs); `reconcile-unhealthy` when no step is left and the system is still not healthy (facts:
 * reasons); the errors of the client.
 */
export async function apply(world: World, intent: Intent, options: ApplyOptions): Promise<Applied> {
  const done: Step[] = [];
  const consent = new Consent();
  await using archive = new ReleaseArchive(intent.release);
  for (let round = 1; ; round += 1) {
    const { observation, planned } = await observeAndPlan(world, intent, options);
    if (planned.steps.length === 0) return await finish(world, intent, options, planned, done);
    await confirmed(consent, options, { plan: planned, added: consent.missing(planned), round, observation }, done);
    options.onPlan?.(planned, observation);
    const found = new Found(observation.objects, intent.topology);
    const context = { world, intent, found, archive, ...signalOf(options) };
    const outcomes = await runSchedule({
      steps: planned.steps,
      concurrency,
      run: (step) => logged(world, step, () => carryOut(context, step.task)),
      ...signalOf(options),
    });
    options.signal?.throwIfAborted();
    const progressed = outcomes.filter(({ result }) => result === 'done').map(({ step }) => step);
    done.push(...progressed);
    const failures = failuresOf(outcomes);
    const verdict = finalOf(outcomes);
    if (verdict !== undefined) throw verdict;
    if (failures.length > 0 && (round === rounds || progressed.length === 0)) {
      throw incomplete(failures, planned.obstacles);
    }
    if (round > rounds) throw incomplete(['something undoes the changes between two rounds'], planned.obstacles);
  }
}

/** Observes again while the plan has no steps and a read failed: a failed read may succeed a moment later. */
async function observeAndPlan(
  world: World,
  intent: Intent,
  options: ApplyOptions,
): Promise<{ observation: Observation; planned: Plan }> {
  const end = world.clock.monotonicMs() + readAgainWithinMs;
  for (;;) {
    const observation = await observe(world, intent.topology);
    const planned = plan(intent, observation);
    const unseen = planned.obstacles.filter((obstacle) => obstacle.unseen);
    if (planned.steps.length > 0 || unseen.length === 0 || world.clock.monotonicMs() > end)
      return { observation, planned };
    for (const { subject, reason } of unseen)
      world.logger({ level: 'warn', subject, text: `reading again: ${reason}` });
    await world.clock.sleep(3000, options.signal);
  }
}

async function confirmed(
  consent: Consent,
  options: ApplyOptions,
  request: ConfirmRequest,
  done: readonly Step[],
): Promise<void> {
  const { added, plan: planned, round } = request;
  if (added.length > 0 && !(await options.confirm(request))) {
    const what = added.map(({ subject, action, reason }) => `  - ${subject} ${action}: ${reason}`).join('\n');
    throw new UnderstudyError(
      'reconcile-declined',
      round === 1
        ? 'The plan was not confirmed, so nothing was changed.'
        : `The confirmed steps are done. Further steps are needed that were not confirmed, and they were not done:\n${what}\nRun again to see and confirm the complete plan.`,
      { facts: { added: added.map(({ id }) => id), done: done.map(({ id }) => id) } },
    );
  }
  consent.given(planned);
}

function signalOf({ signal }: ApplyOptions): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}

async function logged(world: Pick<World, 'clock' | 'logger'>, step: Step, work: () => Promise<void>): Promise<void> {
  const { logger, clock } = world;
  const startedMs = clock.monotonicMs();
  const seconds = () => ((clock.monotonicMs() - startedMs) / 1000).toFixed(1);
  logger({ level: 'info', subject: step.subject, text: `${step.action}: ${step.reason}` });
  using _ = trackUnfinished({
    what: `a step that has not finished: ${step.subject} ${step.action}`,
    remedy: 'the same command finishes it, or repeats it',
  });
  try {
    await work();
    logger({ level: 'info', subject: step.subject, text: `${step.action} done in ${seconds()} s` });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    logger({ level: 'error', subject: step.subject, text: `${step.action} failed after ${seconds()} s: ${text}` });
    throw error;
  }
}

function failuresOf(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((outcome) => (outcome.result === 'failed' ? [withSubject(outcome.step, outcome.error)] : []));
}

/** Errors about a machine name it themselves. */
function withSubject({ subject }: Step, error: Error): string {
  const named = error instanceof UnderstudyError && error.facts['label'] === subject;
  return named ? error.message : `${subject}: ${error.message}`;
}

/** Errors after which the same step must not be tried again: the change itself was tried, and did not serve. */
const finalCodes = new Set(['reconcile-release-rejected', 'reconcile-settings-rejected', 'reconcile-gateway-rejected']);

function finalOf(outcomes: readonly Outcome[]): Error | undefined {
  const failed = outcomes.flatMap((outcome) => (outcome.result === 'failed' ? [outcome.error] : []));
  return failed.find((error) => error instanceof UnderstudyError && finalCodes.has(error.code));
}

function incomplete(failures: readonly string[], obstacles: readonly Obstacle[]): UnderstudyError {
  const reasons = [...failures, ...obstacles.map(({ subject, reason }) => `${subject}: ${reason}`)];
  return new UnderstudyError(
    'reconcile-incomplete',
    `The system does not match the topology:\n${reasons.map((reason) => `  - ${reason}`).join('\n')}\n` +
      'Steps that were done are kept; run again when the cause is repaired.',
    { facts: { failures, obstacles } },
  );
}

/** No step is left: waits until the system is healthy. Health checks and shard recovery take time. */
async function finish(
  world: World,
  intent: Intent,
  options: ApplyOptions,
  planned: Plan,
  done: readonly Step[],
): Promise<Applied> {
  if (planned.obstacles.length > 0) throw incomplete([], planned.obstacles);
  const end = world.clock.monotonicMs() + (options.healthDeadlineMs ?? 180_000);
  for (;;) {
    const status = assessHealth(await observe(world, intent.topology), intent.topology, operatorFilesOf(intent));
    if (status.verdict === 'healthy') return { done, status };
    if (world.clock.monotonicMs() > end) {
      throw new UnderstudyError(
        'reconcile-unhealthy',
        `Every step is done, but the system is ${status.verdict}: ${status.reasons.join(' ')}`,
        { facts: { verdict: status.verdict, reasons: status.reasons } },
      );
    }
    await world.clock.sleep(1000, options.signal);
  }
}

/** Deletes every object with the system's tag; resolves when none is left. Error: `reconcile-incomplete`. */
export async function destroy(
  world: Pick<World, 'linode' | 'runner' | 'clock' | 'logger'>,
  name: string,
  options: { readonly onPlan?: (plan: Plan) => void } = {},
): Promise<readonly Step[]> {
  const done: Step[] = [];
  for (let round = 1; ; round += 1) {
    const planned = destroyPlan(await observeObjects(world.linode, name));
    if (planned.steps.length === 0) return done;
    options.onPlan?.(planned);
    const outcomes = await runSchedule({
      steps: planned.steps,
      concurrency,
      run: (step) =>
        logged(world, step, async () => {
          if (step.task.kind === 'object-delete') await deleteObject(world, step.task.object);
        }),
    });
    done.push(...outcomes.filter(({ result }) => result === 'done').map(({ step }) => step));
    const failures = failuresOf(outcomes);
    if (failures.length > 0 && round === rounds) throw incomplete(failures, []);
    if (round > rounds) throw incomplete(['objects of this system appear again'], []);
  }
}
