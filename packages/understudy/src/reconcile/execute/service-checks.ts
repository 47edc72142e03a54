// Whether the service of one machine serves: its answers to itself, its process, its status at the balancer. Changes nothing.
import { UnderstudyError } from '@understudy/foundation';
import {
  answerExits,
  answerWithinS,
  awaitAnswersScript,
  readSample,
  sampleScript,
  type ServiceSample,
} from '../../machines/index.ts';
import { machineNamed } from '../../operation/index.ts';
import { portsNotServed } from './balancer-backends.ts';
import { machineTarget, runScript, type StepContext } from './step-context.ts';

/** The service does not serve as it should: a verdict about what runs there, never a failed connection of the tool. */
export class ServiceFault extends UnderstudyError {
  /** `what` is a sentence. */
  readonly what: string;

  constructor(label: string, what: string) {
    super('reconcile-service-fault', `${label}: ${what}`, { facts: { label } });
    this.what = what;
  }
}

const sampleEveryMs = 1000;
/** For SSH, beyond what a script itself may take. */
const reportMs = 30_000;
/** Linode reports a backend that serves as UP up to a minute later, after the checks that it needs. */
const upWithinMs = 180_000;
/** How often the balancer may take a new backend out again before that counts as its fault. */
const fallsAllowed = 2;
const wrongAnswersAllowed = 1;
/** A service that is ready answers its pages; the first one may be slow. */
const pathsWithinS = 10;

/** What the machine asks itself. */
interface Asked {
  readonly port: number;
  readonly paths: readonly string[];
}

/** The health path, and the readiness path if there is one, as the topology has them. */
function healthOf({ intent }: StepContext): Asked {
  const { port, healthPath, readyPath } = intent.topology.service;
  return { port, paths: [healthPath, ...(readyPath === undefined ? [] : [readyPath])] };
}

function urlsOf({ intent }: StepContext, label: string, { port, paths }: Asked): string[] {
  const { vpcAddress } = machineNamed(intent, label);
  return paths.map((path) => `http://${vpcAddress}:${port}${path}`);
}

/**
 * Waits until the service answers on its health paths, or on these. Throws a `ServiceFault` when it does not in `startS`, or ends several
 * times.
 */
export async function awaitAnswers(context: StepContext, label: string, asked = healthOf(context)): Promise<void> {
  const { startS } = context.intent.topology.service;
  await awaitAll(context, label, asked, { withinS: startS, bound: 'service.startS' });
}

/** Asks a service that is ready for the paths of `service.rollout`. Throws a `ServiceFault`. */
export async function awaitPaths(context: StepContext, label: string): Promise<void> {
  const { port, rollout } = context.intent.topology.service;
  if (rollout.paths.length === 0) return;
  await awaitAll(
    context,
    label,
    { port, paths: rollout.paths },
    { withinS: pathsWithinS, bound: 'service.rollout.paths' },
  );
}

async function awaitAll(
  context: StepContext,
  label: string,
  asked: Asked,
  { withinS, bound }: { readonly withinS: number; readonly bound: string },
): Promise<void> {
  const { code, stdout, stderr } = await context.world.runner.run(machineTarget(context, label), ['sh', '-s'], {
    stdin: awaitAnswersScript(urlsOf(context, label, asked), withinS),
    timeoutMs: withinS * 1000 + answerWithinS * 1000 * asked.paths.length + reportMs,
  });
  const said = stdout.trim();
  if (code === 0) return;
  if (code === answerExits.ended) throw new ServiceFault(label, `The service ended ${said} times before it answered.`);
  if (code === answerExits.late) throw new ServiceFault(label, `Within ${withinS} s (${bound}) ${said}.`);
  throw new UnderstudyError(
    'reconcile-command-failed',
    `${label}: failed to ask the service (exit code ${code}): ${stderr.trim()}`,
    { facts: { label, code } },
  );
}

export async function sampleOf(context: StepContext, label: string): Promise<ServiceSample> {
  const { port, paths } = healthOf(context);
  const urls = urlsOf(context, label, { port, paths: [...paths, ...context.intent.topology.service.rollout.paths] });
  const options = { timeoutMs: answerWithinS * 1000 * urls.length + reportMs };
  return readSample((await runScript(context, label, 'look at the service', sampleScript(urls), options)).stdout);
}

export function isGood({ status }: ServiceSample['answers'][number]): boolean {
  return status >= 200 && status < 400;
}

/** Throws a `ServiceFault` when it is not the process that was seen first. */
export function assertSameProcess(label: string, first: ServiceSample, now: ServiceSample): void {
  if (now.active && now.mainPid === first.mainPid && now.restarts === first.restarts) return;
  throw new ServiceFault(label, 'The process of the service ended after its first good answer.');
}

/** Waits until the balancer has the machine UP on every listener for `steadyS`, with the same process. Throws a `ServiceFault`. */
export async function awaitSteady(
  context: StepContext,
  label: string,
  first: ServiceSample,
  steadyS: number,
): Promise<void> {
  const { clock } = context.world;
  const startedMs = clock.monotonicMs();
  let upSinceMs: number | undefined;
  let falls = 0;
  let wrong = 0;
  for (;;) {
    const now = await sampleOf(context, label);
    assertSameProcess(label, first, now);
    if (!now.answers.every(isGood)) wrong += 1;
    if (wrong > wrongAnswersAllowed) throw new ServiceFault(label, wrongAnswers(now));
    const down = await portsNotServed(context, label);
    const nowMs = clock.monotonicMs();
    if (down.length === 0) upSinceMs ??= nowMs;
    else if (upSinceMs !== undefined) {
      upSinceMs = undefined;
      falls += 1;
    }
    if (falls > fallsAllowed) {
      throw new ServiceFault(label, `The balancer took it out ${falls} times although it answers its health path.`);
    }
    if (upSinceMs !== undefined && nowMs - upSinceMs >= steadyS * 1000) return;
    if (nowMs - startedMs > upWithinMs + steadyS * 1000) {
      throw new ServiceFault(
        label,
        `The balancer did not have it UP on port ${down.join(' and ')} within ${upWithinMs / 1000} s.`,
      );
    }
    await clock.sleep(sampleEveryMs, context.signal);
  }
}

function wrongAnswers({ answers }: ServiceSample): string {
  return `The service gave wrong answers after its first good one; the last ones: ${answers.map(({ status }) => status).join(', ')}.`;
}
