// Executes the steps on service machines. The release is sent as a compressed archive on stdin of SSH.
import { serviceUnit, switchScript, unpackScript } from '../../machines/index.ts';
import { awaitOthersServe, drainBackends } from './do-balancer.ts';
import { deleteObject } from './do-delete.ts';
import { machineNamed } from '../../operation/index.ts';
import { machineTarget, runScript, succeeded, type StepContext } from './step-context.ts';
import type { ObjectToDelete } from '../plan/step.ts';

const uploadDeadlineMs = 600_000;
/** From the start to the first response. The service runs no migrations, so a longer time is a failure. */
const answerDeadlineMs = 60_000;

export async function deployRelease(context: StepContext, label: string): Promise<void> {
  const { release } = context.intent;
  const unpack = ['sh', '-c', unpackScript(release.id)];
  const options = { stdin: await context.archive.open(), timeoutMs: uploadDeadlineMs };
  const result = await context.world.runner.run(machineTarget(context, label), unpack, options);
  succeeded(result, label, `unpack the release ${release.id}`);
  await runScript(context, label, `make the release ${release.id} current`, switchScript(release.id));
}

/** Starts or restarts, and waits until the service answers its health path. */
export async function startService(context: StepContext, label: string): Promise<void> {
  const { service } = context.intent.topology;
  const { vpcAddress } = machineNamed(context.intent, label);
  const url = `http://${vpcAddress}:${service.port}${service.healthPath}`;
  const seconds = answerDeadlineMs / 1000;
  const script = [
    'set -e',
    'systemctl daemon-reload',
    `systemctl reset-failed ${serviceUnit} 2>/dev/null || true`,
    `systemctl enable --quiet ${serviceUnit}`,
    `systemctl restart ${serviceUnit}`,
    `end=$(($(date +%s) + ${seconds}))`,
    `until curl --silent --fail --output /dev/null --noproxy '*' --max-time 2 '${url}'; do`,
    '  if [ "$(date +%s)" -ge "$end" ]; then',
    `    echo "${url} did not answer within ${seconds} s: $(journalctl -u ${serviceUnit} -n 4 -o cat --no-pager | tr '\\n' '|')" >&2; exit 4`,
    '  fi',
    '  sleep 0.2',
    'done',
  ];
  await runScript(context, label, 'start the service', script.join('\n'), { timeoutMs: answerDeadlineMs + 90_000 });
}

/** Restarts a serving machine only while another backend is UP. */
export async function restartService(context: StepContext, label: string): Promise<void> {
  await awaitOthersServe(context, label);
  await startService(context, label);
}

/** A machine that is removed permanently has no backends any more; one that is replaced keeps them, drained. */
export async function removeMachine(context: StepContext, object: ObjectToDelete): Promise<void> {
  await awaitOthersServe(context, object.label);
  await drainBackends(context, object.label);
  await deleteObject(context.world, object);
  context.found.instances.delete(object.label);
}
