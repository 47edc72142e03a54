// Machines on this host: disk, namespace, cables, control group and init, brought to the state asked for.
// Every method is idempotent. What runs is read from the kernel each time, never from memory.
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError, type Clock, type Logger } from '@understudy/foundation';
import type { MachineSpec, Power } from '../region/hardware.ts';
import { createGroup, entryFiles, groupProcesses, joinFiles, removeGroup, type CgroupLayout } from '../host/cgroup.ts';
import { findContainerInit, killAll, signal } from '../host/processes.ts';
import type { Command, HostShell } from '../host/shell.ts';
import { cableName, ownerName, ownerNamespace, type Cable } from '../network/names.ts';
import type { Network } from '../network/network.ts';
import { publicNetwork } from '../region/public-network.ts';
import { firstBootFiles, bootFiles, enabledUnits, hostName, maskedUnits, type PlacedInterface } from './disk-files.ts';
import { attachDisk, detachDisk, diskPaths, linkUnits, writeFiles } from './disk.ts';
import { launcherScript } from './launcher.ts';

export interface MachinesOptions {
  readonly shell: HostShell;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stateDirectory: string;
  readonly network: Network;
  readonly cgroups: CgroupLayout;
  /** Image id -> directory of its unpacked root. */
  readonly imageRoots: ReadonlyMap<string, string>;
}

/** Linode gives a machine 2 minutes to shut down; services of the lab's size need far less. */
const shutdownBoundMs = 30_000;
const bootBoundMs = 20_000;
const pollMs = 50;
/** What systemd takes as 'power off' (SIGRTMIN+4; SIGRTMIN is 34 with glibc). */
const powerOffSignal = 38;
const defaultDiskMb = 81_920;

const enterNamespaces = (init: number): readonly string[] => [
  'nsenter',
  ...[
    '--target',
    String(init),
    '--mount',
    '--uts',
    '--ipc',
    '--net',
    '--pid',
    '--cgroup',
    '--root',
    '--wdns=/root',
    '--',
  ],
];

const insideEnvironment: readonly string[] = [
  ...['env', '-i', 'HOME=/root', 'LANG=C.UTF-8', 'TERM=xterm-256color'],
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
];

export class Machines {
  readonly #options: MachinesOptions;

  constructor(options: MachinesOptions) {
    this.#options = options;
  }

  directory(id: number): string {
    return join(this.#options.stateDirectory, 'machines', String(id));
  }

  /** Everything the machine's console printed, over all its boots. */
  consoleLog(id: number): string {
    return join(this.directory(id), 'console.log');
  }

  async create(spec: MachineSpec): Promise<void> {
    const { shell } = this.#options;
    const directory = this.directory(spec.id);
    const marker = join(directory, 'born');
    if (existsSync(marker)) return;
    // The incomplete disk of an interrupted attempt is created again.
    await this.remove(spec.id);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const { root } = await this.#attach(spec);
    const identity = { instanceId: randomUUID(), machineId: randomBytes(16).toString('hex') };
    await writeFiles(root, firstBootFiles(spec, identity));
    await linkUnits(root, new Map([...enabledUnits, ...maskedUnits.map((unit) => [unit, '/dev/null'] as const)]));
    await shell.run(['chroot', root, 'sh', '-c', 'rm -f /etc/ssh/ssh_host_*']);
    await shell.run([
      'chroot',
      root,
      'ssh-keygen',
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-C',
      `root@${hostName(spec.label)}`,
      '-f',
      '/etc/ssh/ssh_host_ed25519_key',
    ]);
    if (spec.rootPassword !== undefined) await shell.run(['chroot', root, 'chpasswd'], `root:${spec.rootPassword}\n`);
    await writeFile(marker, `${identity.instanceId}\n`);
  }

  async boot(spec: MachineSpec): Promise<void> {
    if ((await this.power(spec.id)) === 'running') return;
    const { shell, network, cgroups } = this.#options;
    const name = ownerName('machine', spec.id);
    const { root } = await this.#attach(spec);
    const placed = await this.#place(spec);
    await shell.run(['chroot', root, 'sh', '-c', 'rm -f /etc/systemd/network/05-eth*.network']);
    await writeFiles(
      root,
      bootFiles(
        spec,
        placed.map((one) => one.place),
      ),
    );
    await this.#freshNamespace(spec.id);
    const cables = placed.map((one) => one.cable);
    await network.attachCables('machine', spec.id, cables);
    await createGroup(cgroups, name, spec);
    const script = launcherScript({
      machineId: spec.id,
      hostName: hostName(spec.label),
      root,
      cgroupEntries: entryFiles(cgroups, name),
      cables: cables.map(cableName),
    });
    const launched = await this.#launch(spec.id, script);
    await this.#awaitInit(spec, launched);
  }

  async shutdown(id: number): Promise<void> {
    const { clock, logger } = this.#options;
    const startedMs = clock.monotonicMs();
    let askedMs = -Infinity;
    while ((await this.power(id)) === 'running') {
      const nowMs = clock.monotonicMs();
      if (nowMs - startedMs > shutdownBoundMs) {
        logger({
          level: 'warn',
          subject: ownerName('machine', id),
          text: `did not power off within ${shutdownBoundMs / 1000} s; killed`,
        });
        break;
      }
      // Asked again now and then: an init that is still starting drops the first call.
      if (nowMs - askedMs > 2_000) {
        const init = await findContainerInit(await this.#processes(id));
        if (init !== undefined) signal(init, powerOffSignal);
        askedMs = nowMs;
      }
      await clock.sleep(pollMs);
    }
    await this.powerCut(id);
  }

  async powerCut(id: number): Promise<void> {
    const { shell, network, clock, cgroups } = this.#options;
    const paths = diskPaths(this.directory(id));
    await network.detachCables('machine', id);
    for (const pid of await this.#processes(id)) signal(pid, 'SIGKILL');
    // A process that waits on a frozen disk cannot end before the disk is thawed.
    if (existsSync(paths.image)) await shell.attempt(['fsfreeze', '--unfreeze', paths.disk]);
    await killAll(() => this.#processes(id), clock);
    await shell.attempt(['ip', 'netns', 'delete', ownerNamespace('machine', id)]);
    await removeGroup(cgroups, ownerName('machine', id));
    await rm(join('/run/systemd/nspawn/propagate', ownerNamespace('machine', id)), { recursive: true, force: true });
  }

  async remove(id: number): Promise<void> {
    await this.powerCut(id);
    await detachDisk(this.#options.shell, diskPaths(this.directory(id)));
    await rm(this.directory(id), { recursive: true, force: true });
  }

  async power(id: number): Promise<Power> {
    return (await this.#processes(id)).length > 0 ? 'running' : 'offline';
  }

  /** Argument array that runs `command` inside the running machine as root. Error: `lab-machine-offline`. */
  async enter(id: number, command: Command): Promise<Command> {
    const init = await findContainerInit(await this.#processes(id));
    if (init === undefined) {
      throw new UnderstudyError(
        'lab-machine-offline',
        `Machine ${id} is not running; power it on first ('understudy lab power-on').`,
        { facts: { id } },
      );
    }
    // First into the machine's control groups: what runs inside counts as the machine's and ends with it.
    const joining = joinFiles(this.#options.cgroups, ownerName('machine', id)).map((file) => `echo $$ >${file}`);
    return [
      'sh',
      '-c',
      [...joining, 'exec "$@"'].join('; '),
      'sh',
      ...enterNamespaces(init),
      ...insideEnvironment,
      ...command,
    ];
  }

  /** Freezes or thaws the machine's whole disk from outside: writers block, nothing is lost. Error: `lab-disk-not-own`. */
  async freezeDisk(id: number, frozen: boolean): Promise<void> {
    const { image, disk } = diskPaths(this.directory(id));
    if (!existsSync(image)) {
      throw new UnderstudyError(
        'lab-disk-not-own',
        `Machine ${id} has no disk of its own to freeze: this host has no loop devices (/dev/loop-control).`,
      );
    }
    await this.#options.shell.run(['fsfreeze', frozen ? '--freeze' : '--unfreeze', disk]);
  }

  #processes(id: number): Promise<readonly number[]> {
    return groupProcesses(this.#options.cgroups, ownerName('machine', id));
  }

  async #attach(spec: MachineSpec): Promise<{ root: string }> {
    const { shell, imageRoots } = this.#options;
    const imageRoot = imageRoots.get(spec.image);
    if (imageRoot === undefined) {
      throw new UnderstudyError(
        'lab-image-missing',
        `The lab has no image ${spec.image}; it has ${[...imageRoots.keys()].join(', ') || 'none'}. Build it, or name one of these.`,
        { facts: { image: spec.image } },
      );
    }
    const paths = diskPaths(this.directory(spec.id));
    await attachDisk(shell, paths, imageRoot, spec.diskMb ?? defaultDiskMb);
    return { root: paths.root };
  }

  async #place(spec: MachineSpec): Promise<readonly { cable: Cable; place: PlacedInterface }[]> {
    const placed: { cable: Cable; place: PlacedInterface }[] = [];
    for (const [index, { kind, address, subnetId }] of spec.interfaces.entries()) {
      const cable = { owner: 'machine', ownerId: spec.id, index, address } as const;
      if (subnetId === undefined) {
        placed.push({ cable, place: { kind, address, range: publicNetwork.range } });
        continue;
      }
      const subnet = await this.#options.network.subnet(subnetId);
      placed.push({ cable: { ...cable, vpcId: subnet.vpcId }, place: { kind, address, range: subnet.range } });
    }
    return placed;
  }

  async #freshNamespace(id: number): Promise<void> {
    const { shell } = this.#options;
    const name = ownerNamespace('machine', id);
    await shell.attempt(['ip', 'netns', 'delete', name]);
    await shell.run(['ip', 'netns', 'add', name]);
  }

  async #launch(id: number, script: string): Promise<{ ended: boolean }> {
    const file = join(this.directory(id), 'launch.sh');
    await writeFile(file, script, { mode: 0o700 });
    const log = await open(this.consoleLog(id), 'a', 0o600);
    // Detached: a machine does not notice that the daemon restarts.
    const child = spawn('/bin/sh', [file], { detached: true, stdio: ['ignore', log.fd, log.fd], cwd: '/' });
    child.unref();
    const launched = { ended: false };
    child.once('exit', () => (launched.ended = true));
    await log.close();
    return launched;
  }

  async #awaitInit(spec: MachineSpec, launched: { readonly ended: boolean }): Promise<void> {
    const { clock } = this.#options;
    const startedMs = clock.monotonicMs();
    while ((await findContainerInit(await this.#processes(spec.id))) === undefined) {
      if (launched.ended || clock.monotonicMs() - startedMs > bootBoundMs) {
        const console = await readFile(this.consoleLog(spec.id), 'utf8').catch(() => '');
        await this.powerCut(spec.id);
        throw new UnderstudyError(
          'lab-boot-failed',
          `Machine ${spec.label} has no init ${Math.round(clock.monotonicMs() - startedMs)} ms after its start. Its console ends with: ${console.trim().split('\n').slice(-5).join(' | ')}`,
          { facts: { id: spec.id, label: spec.label } },
        );
      }
      await clock.sleep(pollMs);
    }
  }
}
