// The real hardware: machines by systemd-nspawn, network and firewalls by the kernel, balancers by HAProxy.
// Composes the parts below; knows nothing of Linode's API.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, type Clock, type Logger } from '@understudy/foundation';
import { Balancers } from './balancer/balancers.ts';
import type { Hardware } from './region/hardware.ts';
import { detectCgroupLayout } from './host/cgroup.ts';
import { Serial } from './host/serial.ts';
import { isNothing, takeInventory, type LabTrace } from './host/inventory.ts';
import { raiseSettings, restoreSettings } from './host/settings.ts';
import { sweepHost } from './host/sweep.ts';
import { hostShell, type Command } from './host/shell.ts';
import { Machines } from './machine/machines.ts';
import { Network } from './network/network.ts';

export interface RealHardwareOptions {
  /** Kept between runs of the daemon, for example `/var/lib/understudy-lab`. */
  readonly stateDirectory: string;
  /** Sockets and pids, for example `/run/understudy-lab`. */
  readonly runDirectory: string;
  /** Image id (`linode/debian13`) -> directory of its unpacked root. */
  readonly imageRoots: ReadonlyMap<string, string>;
  /** Port on 198.18.0.1 where the lab answers for 169.254.169.254:80; callers keep their own source address. */
  readonly metadataPort: number;
  readonly logger: Logger;
  readonly clock?: Clock;
}

export interface RealHardware extends Hardware {
  /** Builds the region's network and raises the host's settings; call it before anything else, as often as you like. */
  open(): Promise<void>;
  /** Argument array that runs `command` as root inside a running machine. Error: `lab-machine-offline`. */
  execInMachine(id: number, command: Command): Promise<Command>;
  /** File with all that the machine's console printed. */
  consoleLog(id: number): string;
  /** The log of the balancer's HAProxy: its nodes going up and down. */
  balancerLog(id: number): string;
  /** Blocks (or unblocks) every write to the machine's disk, from outside. Error: `lab-disk-not-own`. */
  freezeDisk(id: number, frozen: boolean): Promise<void>;
}

/** The hardware of one lab. Only one can run on a host: names and addresses are fixed. */
export const createHardware = (options: RealHardwareOptions): RealHardware => {
  const { stateDirectory, runDirectory, imageRoots, metadataPort, logger, clock = systemClock } = options;
  const cgroups = detectCgroupLayout();
  const shell = hostShell;
  const network = new Network({ shell, stateDirectory, metadataPort });
  const machines = new Machines({ shell, clock, logger, stateDirectory, network, cgroups, imageRoots });
  const balancers = new Balancers({ shell, clock, logger, runDirectory, network, cgroups });
  const serial = new Serial();
  const machine = <T>(id: number, work: () => Promise<T>): Promise<T> => serial.run(`machine ${id}`, work);
  const balancer = <T>(id: number, work: () => Promise<T>): Promise<T> => serial.run(`balancer ${id}`, work);

  return {
    open: async () => {
      for (const directory of [stateDirectory, runDirectory]) await mkdir(directory, { recursive: true, mode: 0o755 });
      await raiseSettings(stateDirectory);
      await network.open();
    },
    ensureSubnet: (spec) => network.ensureSubnet(spec),
    removeSubnet: (id) => network.removeSubnet(id),
    createMachine: (spec) => machine(spec.id, () => machines.create(spec)),
    bootMachine: (spec) => machine(spec.id, () => machines.boot(spec)),
    shutdownMachine: (id) => machine(id, () => machines.shutdown(id)),
    // Power can be cut in the middle of any operation, so a cut does not queue; it ends the operation under way.
    powerCutMachine: async (id) => {
      await Promise.all([machines.powerCut(id), machine(id, () => machines.powerCut(id))]);
    },
    removeMachine: (id) => machine(id, () => machines.remove(id)),
    machinePower: (id) => machines.power(id),
    applyFirewall: (spec) => network.applyFirewall(spec),
    removeFirewall: (id) => network.removeFirewall(id),
    applyBalancer: (spec) => balancer(spec.id, () => balancers.apply(spec)),
    removeBalancer: (id) => balancer(id, () => balancers.remove(id)),
    balancerStatus: (id) => balancers.status(id),
    execInMachine: (id, command) => machines.enter(id, command),
    consoleLog: (id) => machines.consoleLog(id),
    balancerLog: (id) => balancers.log(id),
    freezeDisk: (id, frozen) => machine(id, () => machines.freezeDisk(id, frozen)),
  };
};

/** Where one lab keeps its files. */
export interface LabDirectories {
  readonly stateDirectory: string;
  readonly runDirectory: string;
}

/** Everything of the lab that exists on this host now. */
export const inventory = ({ stateDirectory }: LabDirectories): Promise<LabTrace> =>
  takeInventory(hostShell, detectCgroupLayout(), stateDirectory);

/**
 * Ends whatever an earlier lab left running, mounted or linked, and keeps its disks. Resolves with what it removed.
 * Call it only when no daemon runs: it would end the machines of a running lab too.
 */
export const sweep = async ({ stateDirectory, runDirectory }: LabDirectories): Promise<LabTrace> => {
  const removed = await sweepHost({
    shell: hostShell,
    clock: systemClock,
    cgroups: detectCgroupLayout(),
    stateDirectory,
  });
  await rm(join(runDirectory, 'balancers'), { recursive: true, force: true });
  return removed;
};

/** Sweeps, puts the host's settings back and deletes both directories: afterwards the host is as before `up`. */
export const removeLab = async (directories: LabDirectories): Promise<LabTrace> => {
  const removed = await sweep(directories);
  await restoreSettings(directories.stateDirectory);
  for (const directory of [directories.stateDirectory, directories.runDirectory])
    await rm(directory, { recursive: true, force: true });
  return removed;
};

export { isNothing, type LabTrace };
