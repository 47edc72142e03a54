// Carries out the steps on service machines: the release travels as a compressed archive on stdin of SSH.
import { serviceUnit, switchScript, unpackScript } from '../../machines/index.ts';
import { awaitOthersServe, drainBackends } from './do-balancer.ts';
import { deleteObject } from './do-delete.ts';
import { machineNamed } from '../../operation/index.ts';
import { machineTarget, runScript, succeeded, type Site } from './site.ts';
import type { ObjectToDelete } from '../plan/step.ts';

const uploadDeadlineMs = 600_000;
/** Between a start and the first answer, migrations of nobody: a service that takes longer is broken. */
const answerDeadlineMs = 60_000;

export async function deployRelease(site: Site, label: string): Promise<void> {
  const { release } = site.intent;
  const unpack = ['sh', '-c', unpackScript(release.id)];
  const options = { stdin: await site.archive.open(), timeoutMs: uploadDeadlineMs };
  const result = await site.world.runner.run(machineTarget(site, label), unpack, options);
  succeeded(result, label, `unpack the release ${release.id}`);
  await runScript(site, label, `make the release ${release.id} current`, switchScript(release.id));
}

/** Starts or restarts, and waits until the service answers its health path. */
export async function startService(site: Site, label: string): Promise<void> {
  const { service } = site.intent.topology;
  const { vpcAddress } = machineNamed(site.intent, label);
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
  await runScript(site, label, 'start the service', script.join('\n'), { timeoutMs: answerDeadlineMs + 90_000 });
}

/** A machine that serves is restarted only while the balancer has another one. */
export async function restartService(site: Site, label: string): Promise<void> {
  await awaitOthersServe(site, label);
  await startService(site, label);
}

/** Its backends are gone already when it goes for good; one that comes back keeps them, drained. */
export async function removeMachine(site: Site, object: ObjectToDelete): Promise<void> {
  await awaitOthersServe(site, object.label);
  await drainBackends(site, object.label);
  await deleteObject(site.world, object);
  site.found.instances.delete(object.label);
}
