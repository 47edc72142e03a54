// Executes the steps of the gateway on a service machine. A replacement is proven before the step is done: the new process answers and
// reaches the engine. What does not is put back as it was.
import { UnderstudyError } from '@understudy/foundation';
import {
  answerExits,
  awaitAnswersScript,
  changeGatewayScript,
  gatewayPlace,
  gatewayStopS,
  gatewayUnit,
  gatewayUrls,
  readSample,
  removeGatewayScript,
  restoreGatewayScript,
  sampleScript,
} from '../../machines/index.ts';
import { gatewayFilesOf } from '../../operation/index.ts';
import { isGood } from './service-checks.ts';
import { machineTarget, runScript, succeeded, type StepContext } from './step-context.ts';
import { needed } from './found.ts';
import { stateBefore } from './state-before.ts';
import { unpackAt } from './unpack-release.ts';

/** From its start until it answers for itself and for the engine. */
const startS = 30;
/** It must be the same process for so long. */
const steadyMs = 2_000;
/** For SSH, beyond what a script itself may take. */
const reportMs = 30_000;

/** Unpacks the release and runs it once there; nothing is switched to it. */
export async function unpackGateway(context: StepContext, label: string): Promise<void> {
  const release = needed(context.intent.gatewayRelease, 'the release of the gateway');
  await unpackAt(context, label, gatewayPlace, release, `the gateway ${release.id}`);
}

/**
 * Starts the gateway or replaces the one that runs. Errors: `reconcile-gateway-rejected` when it did not serve and the one before is back
 * (facts: label, fault), `reconcile-gateway-start` when there was none before, or it could not be put back.
 */
export async function runGateway(context: StepContext, label: string): Promise<void> {
  const release = needed(context.intent.gatewayRelease, 'the release of the gateway');
  const files = gatewayFilesOf(context.intent);
  const before = await stateBefore(context, label, gatewayPlace, files);
  await run(context, label, 'start the gateway', changeGatewayScript(files, release.id));
  const fault = await faultOf(context, label);
  if (fault === undefined) return;
  const isNew = before.release !== release.id;
  if (before.release === undefined || !before.complete || (!isNew && before.changed.length === 0))
    throw faultError('reconcile-gateway-start', label, `${fault} Nothing was there before that could be put back.`);
  await run(context, label, 'put the gateway back', restoreGatewayScript(before.changed, before.release));
  const again = await faultOf(context, label);
  if (again === undefined)
    throw faultError('reconcile-gateway-rejected', label, `${fault} The one before is back, and serves.`);
  throw faultError(
    'reconcile-gateway-start',
    label,
    `${fault} The one before was put back, and does not serve: ${again}`,
  );
}

/** Starts the running gateway again with what is there: the same release and files. */
export async function restartGateway(context: StepContext, label: string): Promise<void> {
  await run(context, label, 'restart the gateway', `set -eu\nsystemctl restart ${gatewayUnit}\n`);
  const fault = await faultOf(context, label);
  if (fault !== undefined) throw faultError('reconcile-gateway-start', label, fault);
}

export async function removeGateway(context: StepContext, label: string): Promise<void> {
  await run(context, label, 'remove the gateway', removeGatewayScript());
}

/** The end of the one that runs may take as long as the longest request that it has taken. */
async function run(context: StepContext, label: string, what: string, script: string): Promise<void> {
  const { gateway } = context.intent.topology.service;
  const longestS = gateway === 'off' ? gatewayStopS({ deadlineMs: 300_000 }) : gatewayStopS(gateway);
  await runScript(context, label, what, script, { timeoutMs: longestS * 1000 + reportMs });
}

/** Undefined: it answers, reaches the engine, and stays the same process. Otherwise a sentence. */
async function faultOf(context: StepContext, label: string): Promise<string | undefined> {
  const asked = await context.world.runner.run(machineTarget(context, label), ['sh', '-s'], {
    stdin: awaitAnswersScript(gatewayUrls, startS, gatewayUnit),
    timeoutMs: startS * 1000 + reportMs,
  });
  const said = asked.stdout.trim();
  if (asked.code === answerExits.ended) return `It ended ${said} times before it answered.`;
  if (asked.code === answerExits.late)
    return `Within ${startS} s ${said}: it does not listen, or reaches no node of the engine.`;
  succeeded(asked, label, 'ask the gateway');
  const first = await sampleOf(context, label);
  await context.world.clock.sleep(steadyMs, context.signal);
  const now = await sampleOf(context, label);
  if (!now.active || now.mainPid !== first.mainPid || now.restarts !== first.restarts)
    return 'Its process ended after its first answer.';
  if (now.answers.every(isGood)) return undefined;
  return `It answered ${now.answers.map(({ status }) => status).join(', ')} after its first good answers.`;
}

async function sampleOf(context: StepContext, label: string) {
  const script = sampleScript(gatewayUrls, gatewayUnit);
  return readSample((await runScript(context, label, 'look at the gateway', script)).stdout);
}

function faultError(code: string, label: string, fault: string): UnderstudyError {
  const text =
    `The gateway on ${label} did not serve: ${fault} No other machine is changed. Its log: ` +
    `understudy ssh ${label} -- journalctl -u ${gatewayUnit} -n 50 --no-pager; then run apply again.`;
  return new UnderstudyError(code, text, { facts: { label, fault } });
}
