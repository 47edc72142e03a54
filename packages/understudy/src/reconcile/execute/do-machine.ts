// Executes the steps on machines: creation, power, files, kernel settings.
import { UnderstudyError } from '@understudy/foundation';
import { isLinodeError, type Instance } from '../../linode/index.ts';
import {
  ensureServiceUser,
  applySysctlPath,
  authorizedKeysFile,
  bootstrapGuard,
  engineStartedPath,
  engineStartPaths,
  serviceSettingsPaths,
  sshdFile,
  journalPath,
  sysctlUnit,
  upgradesTimer,
  whenChanged,
  writeFilesScript,
  type EngineForm,
  type ManagedFile,
} from '../../machines/index.ts';
import { engineLayouts } from '../../engines/index.ts';
import { targetOf } from '../../observe/index.ts';
import { firewallLabel, tagOf } from '../../topology/index.ts';
import { drainBackends } from './balancer-backends.ts';
import { createOnce } from './create-once.ts';
import { needed } from './found.ts';
import { filesOf, engineConfigHash, machineNamed, userDataOf } from '../../operation/index.ts';
import { interfacesOf } from '../plan/machine-interfaces.ts';
import { machineTarget, runScript, type StepContext } from './step-context.ts';

/** A machine that is not up after this time is treated as failed. */
const bootDeadlineMs = 300_000;
/** Reserved at the end of a deadline for reading the result of the remote timeout. */
const reportS = 10;
/** Exit code of timeout(1). */
const timedOut = 124;
/** How long SSH to a machine that is `running` at Linode is tried again before it is rebooted. */
const graceMs = 60_000;

export async function createInstance(context: StepContext, label: string): Promise<void> {
  const { world, intent, found } = context;
  const machine = machineNamed(intent, label);
  const { name, region, image } = intent.topology;
  const password = await intent.consolePassword?.();
  const instance = await createOnce({
    clock: world.clock,
    create: () =>
      world.linode.instances.create({
        region,
        image,
        type: machine.machineType,
        label,
        tags: [tagOf(name)],
        authorized_keys: intent.authorizedKeys,
        ...(password && { root_pass: password.reveal() }),
        // An engine whose heap is swapped out stops for seconds, and its own checks ask for none.
        swap_size: 0,
        metadata: { user_data: Buffer.from(userDataOf(intent, machine)).toString('base64') },
        placement_group: { id: needed(found.placementGroups.get(machine.placementGroup), 'its placement group') },
        booted: true,
        ...interfacesOf(intent, machine, {
          firewallId: needed(found.firewalls.get(firewallLabel(name, machine.role)), 'its firewall'),
          subnetId: needed(found.subnetId, 'the subnet'),
        }),
      }),
    find: async () => (await world.linode.instances.list({ label })).find((seen) => seen.tags.includes(tagOf(name))),
  });
  found.instances.set(label, instance);
  // Linode reuses addresses: the previous machine with this address had another host key.
  await world.runner.forget(targetOf(instance).address);
}

export async function awaitGone(context: StepContext, instanceId: number): Promise<void> {
  await context.world.linode.waitForStatus(instanceId, ['gone'], { firstPauseMs: 500, ...interruptible(context) });
}

/** Ctrl-C ends a long wait at once; the action continues at Linode, and the next run observes its result. */
function interruptible({ signal }: StepContext): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}

export async function tagInstance({ world, intent, found }: StepContext, label: string): Promise<void> {
  const instance = needed(found.instances.get(label), label);
  const tags = [...new Set([...instance.tags, tagOf(intent.topology.name)])];
  found.instances.set(label, await world.linode.instances.update(instance.id, { tags }));
}

export async function bootInstance(context: StepContext, label: string): Promise<void> {
  const instance = needed(context.found.instances.get(label), label);
  await actOnce(context, instance, 'boot');
}

/** Tries SSH for a while before the reboot: a slow machine may still serve, and a reboot would interrupt it. */
export async function rebootInstance(context: StepContext, label: string): Promise<void> {
  const { clock, runner } = context.world;
  const instance = needed(context.found.instances.get(label), label);
  const end = clock.monotonicMs() + graceMs;
  while (clock.monotonicMs() < end) {
    try {
      await runner.run(machineTarget(context, label), ['true'], { timeoutMs: graceMs });
      return;
    } catch (error) {
      if (!(error instanceof UnderstudyError)) throw error;
      await clock.sleep(1000, context.signal);
    }
  }
  // Its backends accept requests again when the service has answered; until then no user gets to a machine that boots.
  if (machineNamed(context.intent, label).role === 'service') await drainBackends(context, label);
  await actOnce(context, instance, 'reboot');
}

/** If the response was lost, or the action already happened, the status shows it; the next step waits for it. */
async function actOnce({ world }: StepContext, instance: Instance, verb: 'boot' | 'reboot'): Promise<void> {
  try {
    await world.linode.instances[verb](instance.id);
  } catch (error) {
    if (isLinodeError(error, 'linode-ambiguous')) return;
    const { status } = await world.linode.instances.get(instance.id);
    if (!['booting', 'running', 'rebooting'].includes(status)) throw error;
  }
}

/** Waits until the status is running, SSH answers and cloud-init has ended. If the machine is deleted meanwhile, the next observation sees it. */
export async function waitReady(context: StepContext, label: string): Promise<void> {
  try {
    await waitUntilUp(context, label);
  } catch (error) {
    if (!isLinodeError(error, 'linode-not-found')) throw error;
  }
}

async function waitUntilUp(context: StepContext, label: string): Promise<void> {
  const { world, found } = context;
  const startedMs = world.clock.monotonicMs();
  const leftMs = () => bootDeadlineMs - (world.clock.monotonicMs() - startedMs);
  const made = needed(found.instances.get(label), label);
  const wait = { firstPauseMs: 1000, longestPauseMs: 4000, deadlineMs: bootDeadlineMs, ...interruptible(context) };
  let instance = needed(await world.linode.waitForStatus(made.id, ['running', 'offline'], wait), label);
  if (instance.status === 'offline') {
    await actOnce(context, instance, 'boot');
    instance = needed(await world.linode.waitForStatus(made.id, ['running'], wait), label);
  }
  found.instances.set(label, instance);
  for (;;) {
    try {
      await waitForCloudInit(context, label, leftMs());
      return;
    } catch (error) {
      if (!(error instanceof UnderstudyError) || error.code !== 'machines-unreachable' || leftMs() < 1000) throw error;
      await world.clock.sleep(500, context.signal);
    }
  }
}

/**
 * A cloud-init that ended with errors, or does not end, is logged and not fatal: every later step checks its own requirements. The
 * timeout runs on the machine, so that it is not mistaken for a failed connection.
 */
async function waitForCloudInit(context: StepContext, label: string, timeoutMs: number): Promise<void> {
  const bound = `timeout ${Math.max(1, Math.floor(timeoutMs / 1000) - reportS)}`;
  const wait = `if command -v cloud-init >/dev/null; then ${bound} cloud-init status --wait --long 2>&1; fi`;
  const { code, stdout } = await context.world.runner.run(machineTarget(context, label), ['sh', '-c', wait], {
    timeoutMs,
    ...interruptible(context),
  });
  if (code === 0) return;
  const detail = stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-4)
    .join(' | ');
  const how = code === timedOut ? 'has not ended; apply stops waiting for it' : `ended with ${code}`;
  context.world.logger({ level: 'warn', subject: label, text: `cloud-init ${how}: ${detail}` });
}

/** Writes the managed files of the machine, but those of the running service, and reloads the programs that read them. Does not restart the engine. */
export async function writeFiles(context: StepContext, label: string, form: EngineForm): Promise<void> {
  const { intent } = context;
  // A machine must never be given accounts and an authority that are lost with this process.
  await intent.security?.keep();
  const machine = machineNamed(intent, label);
  // The service's own files are written when it is stopped, by the step that changes or starts it.
  const withService: readonly string[] = serviceSettingsPaths;
  const files = filesOf(intent, machine, form).filter(({ path }) => !withService.includes(path));
  const permissions = filesOf(intent, machine, form).filter(({ path }) => withService.includes(path));
  const layout = engineLayouts[intent.topology.search.engine];
  const guard =
    machine.role === 'search' && form === 'bootstrap'
      ? [bootstrapGuard(layout, engineConfigHash(intent, machine, 'bootstrap'))]
      : [];
  const user = machine.role === 'service' ? [ensureServiceUser] : [];
  const reload = whenChanged(sshdFile.path, 'systemctl try-reload-or-restart ssh.service');
  const journal = whenChanged(journalPath, 'systemctl restart systemd-journald.service');
  const then = [
    'systemctl daemon-reload',
    reload,
    journal,
    ...ownUnitCommands,
    ...permissions.flatMap(permissionLines),
  ];
  const script = [...guard, ...user, writeFilesScript(files, then)].join('\n');
  await runScript(context, label, 'write its files', script);
}

/** Sessions that are open stay open. The tool's own key is always the first of the intended ones. */
export async function writeAuthorizedKeys(context: StepContext, label: string): Promise<void> {
  const file = authorizedKeysFile(context.intent.authorizedKeys);
  await runScript(context, label, 'write its SSH keys', writeFilesScript([file]));
}

function permissionLines({ path, mode, owner }: ManagedFile): string[] {
  return [`[ ! -e ${path} ] || chown ${owner} ${path}`, `[ ! -e ${path} ] || chmod ${mode} ${path}`];
}

/** The units of every machine: its kernel settings, and its upgrades. */
const ownUnitCommands = [
  `systemctl enable --quiet ${sysctlUnit}`,
  `systemctl restart ${sysctlUnit}`,
  `systemctl enable --quiet ${upgradesTimer}`,
  `systemctl start ${upgradesTimer}`,
];

export async function applyKernel(context: StepContext, label: string): Promise<void> {
  await runScript(
    context,
    label,
    `apply its kernel settings by ${applySysctlPath}`,
    ['set -e', ...ownUnitCommands].join('\n'),
  );
}

/** Removes the initial masters from the settings file; the running engine no longer needs them and is not restarted. */
export async function removeInitialMasters(context: StepContext, label: string): Promise<void> {
  const { intent } = context;
  const machine = machineNamed(intent, label);
  const layout = engineLayouts[intent.topology.search.engine];
  const files = filesOf(intent, machine, 'formed').filter(({ path }) => engineStartPaths(layout).includes(path));
  const hash = (form: EngineForm): string => `${engineConfigHash(intent, machine, form)}  ${layout.configFile}`;
  // The running engine needs no restart for this change, so the record of its start settings gets the new hash.
  const record = `sed -i 's|^${hash('bootstrap')}$|${hash('formed')}|' ${engineStartedPath} 2>/dev/null || true`;
  await runScript(context, label, 'remove the initial masters from its settings', writeFilesScript(files, [record]));
}
