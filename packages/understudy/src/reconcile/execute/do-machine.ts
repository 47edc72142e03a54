// Carries out the steps on machines: birth, power, files, kernel settings.
import { UnderstudyError } from '@understudy/foundation';
import { isLinodeError, type Instance } from '../../linode/index.ts';
import {
  applySysctlPath,
  bootstrapGuard,
  engineStartedPath,
  engineStartPaths,
  sshdFile,
  sysctlUnit,
  whenChanged,
  writeFilesScript,
  type EngineForm,
} from '../../machines/index.ts';
import { engineLayouts } from '../../engines/index.ts';
import { targetOf } from '../../observe/index.ts';
import { firewallLabel, tagOf } from '../../topology/index.ts';
import { createOnce } from './create-once.ts';
import { needed } from './found.ts';
import { ensureServiceUser, filesOf, engineConfigHash, machineNamed, userDataOf } from '../../operation/index.ts';
import { interfacesOf } from '../plan/machine-interfaces.ts';
import { machineTarget, runScript, type Site } from './site.ts';

/** A machine that has not come up in this time will not. */
const bootDeadlineMs = 300_000;
/** Left of a deadline for hearing that it has passed. */
const reportS = 10;
/** Exit code of timeout(1). */
const timedOut = 124;
/** How long a machine that Linode says runs is asked again before it is rebooted. */
const lastChanceMs = 60_000;

export async function createInstance(site: Site, label: string): Promise<void> {
  const { world, intent, found } = site;
  const machine = machineNamed(intent, label);
  const { name, region, image } = intent.topology;
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
  // Linode gives addresses out again: whoever had this one before had another host key.
  await world.runner.forget(targetOf(instance).address);
}

export async function awaitGone(site: Site, instanceId: number): Promise<void> {
  await site.world.linode.waitForStatus(instanceId, ['gone'], { firstPauseMs: 500, ...interruptible(site) });
}

/** Ctrl-C ends a wait of minutes at once; what was begun goes on at Linode and is found by the next run. */
function interruptible({ signal }: Site): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}

export async function tagInstance({ world, intent, found }: Site, label: string): Promise<void> {
  const instance = needed(found.instances.get(label), label);
  const tags = [...new Set([...instance.tags, tagOf(intent.topology.name)])];
  found.instances.set(label, await world.linode.instances.update(instance.id, { tags }));
}

export async function bootInstance(site: Site, label: string): Promise<void> {
  const instance = needed(site.found.instances.get(label), label);
  await actOnce(site, instance, 'boot');
}

/** A machine that is merely slow is given a last chance: a reboot would take down what still serves. */
export async function rebootInstance(site: Site, label: string): Promise<void> {
  const { clock, runner } = site.world;
  const instance = needed(site.found.instances.get(label), label);
  const end = clock.monotonicMs() + lastChanceMs;
  while (clock.monotonicMs() < end) {
    try {
      await runner.run(machineTarget(site, label), ['true'], { timeoutMs: lastChanceMs });
      return;
    } catch (error) {
      if (!(error instanceof UnderstudyError)) throw error;
      await clock.sleep(1000, site.signal);
    }
  }
  await actOnce(site, instance, 'reboot');
}

/** An action whose answer was lost, or that came too late, shows in the status; waiting for it is the next step. */
async function actOnce({ world }: Site, instance: Instance, verb: 'boot' | 'reboot'): Promise<void> {
  try {
    await world.linode.instances[verb](instance.id);
  } catch (error) {
    if (isLinodeError(error, 'linode-ambiguous')) return;
    const { status } = await world.linode.instances.get(instance.id);
    if (!['booting', 'running', 'rebooting'].includes(status)) throw error;
  }
}

/** Waits until Linode says running, SSH answers and cloud-init has ended; one that is deleted meanwhile is the next look's affair. */
export async function waitReady(site: Site, label: string): Promise<void> {
  try {
    await comeUp(site, label);
  } catch (error) {
    if (!isLinodeError(error, 'linode-not-found')) throw error;
  }
}

async function comeUp(site: Site, label: string): Promise<void> {
  const { world, found } = site;
  const startedMs = world.clock.monotonicMs();
  const leftMs = () => bootDeadlineMs - (world.clock.monotonicMs() - startedMs);
  const made = needed(found.instances.get(label), label);
  const wait = { firstPauseMs: 1000, longestPauseMs: 4000, deadlineMs: bootDeadlineMs, ...interruptible(site) };
  let instance = needed(await world.linode.waitForStatus(made.id, ['running', 'offline'], wait), label);
  if (instance.status === 'offline') {
    await actOnce(site, instance, 'boot');
    instance = needed(await world.linode.waitForStatus(made.id, ['running'], wait), label);
  }
  found.instances.set(label, instance);
  for (;;) {
    try {
      await finishBirth(site, label, leftMs());
      return;
    } catch (error) {
      if (!(error instanceof UnderstudyError) || error.code !== 'machines-unreachable' || leftMs() < 1000) throw error;
      await world.clock.sleep(500, site.signal);
    }
  }
}

/**
 * A cloud-init that ended with errors, or does not end, is reported and not fatal: every later step makes sure of what it needs by
 * itself. The bound is kept on the machine, so that it is no failed connection.
 */
async function finishBirth(site: Site, label: string, timeoutMs: number): Promise<void> {
  const bound = `timeout ${Math.max(1, Math.floor(timeoutMs / 1000) - reportS)}`;
  const wait = `if command -v cloud-init >/dev/null; then ${bound} cloud-init status --wait --long 2>&1; fi`;
  const { code, stdout } = await site.world.runner.run(machineTarget(site, label), ['sh', '-c', wait], {
    timeoutMs,
    ...interruptible(site),
  });
  if (code === 0) return;
  const detail = stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-4)
    .join(' | ');
  const how = code === timedOut ? 'has not ended, which is not waited for any longer' : `ended with ${code}`;
  site.world.logger({ level: 'warn', subject: label, text: `cloud-init ${how}: ${detail}` });
}

/** Writes every managed file of the machine and makes what reads them take them up, short of restarting the engine. */
export async function writeFiles(site: Site, label: string, form: EngineForm): Promise<void> {
  const { intent } = site;
  const machine = machineNamed(intent, label);
  const files = filesOf(intent, machine, form);
  const layout = engineLayouts[intent.topology.search.engine];
  const guard =
    machine.role === 'search' && form === 'bootstrap'
      ? [bootstrapGuard(layout, engineConfigHash(intent, machine, 'bootstrap'))]
      : [];
  const user = machine.role === 'service' ? [ensureServiceUser] : [];
  const reload = whenChanged(sshdFile.path, 'systemctl try-reload-or-restart ssh.service');
  const then = ['systemctl daemon-reload', reload, ...kernelCommands];
  const script = [...guard, ...user, writeFilesScript(files, then)].join('\n');
  await runScript(site, label, 'write its files', script);
}

const kernelCommands = [`systemctl enable --quiet ${sysctlUnit}`, `systemctl restart ${sysctlUnit}`];

export async function applyKernel(site: Site, label: string): Promise<void> {
  await runScript(
    site,
    label,
    `apply its kernel settings by ${applySysctlPath}`,
    ['set -e', ...kernelCommands].join('\n'),
  );
}

/** The settings file without the initial masters; the running engine needs them no more and is not restarted. */
export async function sealSettings(site: Site, label: string): Promise<void> {
  const { intent } = site;
  const machine = machineNamed(intent, label);
  const layout = engineLayouts[intent.topology.search.engine];
  const files = filesOf(intent, machine, 'formed').filter(({ path }) => engineStartPaths(layout).includes(path));
  const hash = (form: EngineForm): string => `${engineConfigHash(intent, machine, form)}  ${layout.configFile}`;
  // The engine runs as if it had been started with the sealed form: its record says so, whoever the initial masters were.
  const record = `sed -i 's|^${hash('bootstrap')}$|${hash('formed')}|' ${engineStartedPath} 2>/dev/null || true`;
  await runScript(site, label, 'remove the initial masters from its settings', writeFilesScript(files, [record]));
}
