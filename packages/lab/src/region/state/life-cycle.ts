// The life cycle of a machine: its jobs run one after another, each with an event and a status, and are finished even when the
// daemon dies in between.
import type { Clock, Logger } from '@understudy/foundation';
import type { Hardware } from '../hardware.ts';
import { entity, linodeTime, type EventLog } from './events.ts';
import type { EventEntity, Job, JobKind, Machine, MachineStatus } from './model.ts';
import { machineSpec, subnetSpec, subnetsOf } from './specs.ts';
import type { LabStore } from './store.ts';
import type { HardwareSync } from './sync.ts';

/** How long work on a machine takes at least, in milliseconds of the given clock. Real hardware sets zero. */
export type Timings = Readonly<Record<JobKind, number>>;

/** As seen on the live API: create 65 s, boot 24 s, shutdown 28 s. The other three are guesses of the same order. */
export const linodeTimings: Timings = {
  create: 65_000,
  boot: 24_000,
  shutdown: 28_000,
  reboot: 40_000,
  rebuild: 60_000,
  delete: 10_000,
};

/** What is disturbed on purpose; see api/faults.ts. */
export interface LifeCycleFaults {
  /** Added to the time that the job takes. */
  extraMs(kind: JobKind, label: string): number;
  fails(kind: JobKind, label: string): boolean;
}

export interface LifeCycleParts {
  readonly store: LabStore;
  readonly hardware: Hardware;
  readonly sync: HardwareSync;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly minimum: Timings;
  readonly faults: LifeCycleFaults;
  readonly sizeOf: (typeId: string) => { memory: number; vcpus: number };
}

/** What a job takes on real hardware, for `percent_complete`. */
const hardwareGuessMs = 5_000;
/** Delay before the deletion of a machine is tried again. */
const retryDeleteMs = 5_000;

const busyStatus: Readonly<Record<JobKind, MachineStatus>> = {
  create: 'provisioning',
  boot: 'booting',
  shutdown: 'shutting_down',
  reboot: 'rebooting',
  rebuild: 'rebuilding',
  delete: 'deleting',
};

const finalStatus: Readonly<Record<JobKind, MachineStatus>> = {
  create: 'offline',
  boot: 'running',
  shutdown: 'offline',
  reboot: 'running',
  rebuild: 'offline',
  delete: 'deleting',
};

export class LifeCycle {
  readonly #parts: LifeCycleParts;
  readonly #lanes = new Map<number, Promise<void>>();
  /** Aborted by `stop`: a job that is only waiting stays in the store, and is done again after the next start. */
  readonly #stopping = new AbortController();

  constructor(parts: LifeCycleParts) {
    this.#parts = parts;
  }

  jobsOf(machineId: number): Job[] {
    return [...this.#parts.store.jobs.values()].filter((job) => job.machineId === machineId);
  }

  busy(machineId: number): boolean {
    return this.jobsOf(machineId).length > 0;
  }

  /** Queues the work and shows it at once: the event is scheduled, the status is the one of the first job in line. */
  enqueue(machine: Machine, kind: JobKind): void {
    const { store, events } = this.#parts;
    if (kind === 'delete') this.#dropWaiting(machine.id);
    const event = events.schedule(
      `linode_${kind}`,
      aboutMachine(machine),
      secondary(machine, kind),
      this.#expectedMs(kind),
    );
    const job: Job = { id: store.newId(), kind, machineId: machine.id, eventId: event.id };
    const first = !this.busy(machine.id);
    store.jobs.set(job.id, job);
    if (first || kind === 'delete') this.#show(machine, busyStatus[kind]);
    store.touch();
    this.#kick(machine.id);
  }

  /** After a start: unfinished jobs go on, and a machine that stopped meanwhile is shown offline. */
  async resume(): Promise<void> {
    const { store } = this.#parts;
    await this.observe();
    for (const machineId of new Set([...store.jobs.values()].map((job) => job.machineId))) this.#kick(machineId);
  }

  /** Compares idle machines with the hardware. */
  async observe(): Promise<void> {
    const { store, hardware, logger } = this.#parts;
    for (const machine of [...store.machines.values()]) {
      if (this.busy(machine.id) || machine.image === null) continue;
      const power = await hardware.machinePower(machine.id);
      if (this.busy(machine.id) || power === machine.status) continue;
      logger({ level: 'warn', subject: machine.label, text: `was ${machine.status}, and is found ${power}` });
      this.#show(machine, power);
    }
    await store.persist();
  }

  /** No new job begins; resolves when the hardware is left alone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#lanes.values());
  }

  async settled(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all(this.#lanes.values());
  }

  #expectedMs(kind: JobKind): number {
    const least = this.#parts.minimum[kind];
    return least > 0 ? least : hardwareGuessMs;
  }

  #dropWaiting(machineId: number): void {
    const [, ...waiting] = this.jobsOf(machineId);
    for (const job of waiting) {
      this.#parts.store.jobs.delete(job.id);
      this.#parts.events.end(job.eventId, 'failed', 'The Linode was deleted first.');
    }
  }

  #show(machine: Machine, status: MachineStatus): void {
    machine.status = status;
    machine.updated = linodeTime(this.#parts.clock.now());
    this.#parts.store.touch();
  }

  #kick(machineId: number): void {
    if (this.#stopping.signal.aborted || this.#lanes.has(machineId)) return;
    const lane = this.#drain(machineId).finally(() => this.#lanes.delete(machineId));
    this.#lanes.set(machineId, lane);
  }

  async #drain(machineId: number): Promise<void> {
    // The answer to the request that queued the work goes out first.
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      const [job] = this.jobsOf(machineId);
      const machine = this.#parts.store.machines.get(machineId);
      if (job === undefined || this.#stopping.signal.aborted) return;
      if (machine === undefined) this.#parts.store.jobs.delete(job.id);
      else await this.#perform(machine, job);
    }
  }

  async #perform(machine: Machine, job: Job): Promise<void> {
    const { store, events, clock, minimum, faults, logger } = this.#parts;
    if (machine.status !== 'deleting') this.#show(machine, busyStatus[job.kind]);
    events.start(job.eventId);
    const started = clock.monotonicMs();
    let failure: string | undefined;
    try {
      await this.#work(machine, job.kind);
      const least = minimum[job.kind] + faults.extraMs(job.kind, machine.label);
      const left = least - (clock.monotonicMs() - started);
      if (left > 0) await clock.sleep(left, this.#stopping.signal);
      if (faults.fails(job.kind, machine.label)) {
        failure = 'A fault was asked for.';
        await this.#parts.hardware.shutdownMachine(machine.id);
      }
    } catch (error) {
      failure = String(error);
    }
    if (failure !== undefined)
      logger({ level: 'error', subject: machine.label, text: `${job.kind} failed: ${failure}` });
    store.jobs.delete(job.id);
    events.end(job.eventId, failure === undefined ? 'finished' : 'failed', failure ?? '');
    await this.#conclude(machine, job.kind, failure);
    await store.persist();
  }

  async #conclude(machine: Machine, kind: JobKind, failure: string | undefined): Promise<void> {
    const { store, sync } = this.#parts;
    if (kind !== 'delete') {
      if (machine.status !== 'deleting') this.#show(machine, failure === undefined ? finalStatus[kind] : 'offline');
      return;
    }
    if (failure !== undefined) return this.#deleteAgain(machine);
    store.machines.delete(machine.id);
    store.touch();
    sync.tryRemovals();
  }

  async #deleteAgain(machine: Machine): Promise<void> {
    const { store, events, clock } = this.#parts;
    const event = events.schedule('linode_delete', aboutMachine(machine), null, this.#expectedMs('delete'));
    const job: Job = { id: store.newId(), kind: 'delete', machineId: machine.id, eventId: event.id };
    store.jobs.set(job.id, job);
    store.touch();
    await clock.sleep(retryDeleteMs, this.#stopping.signal).catch(() => undefined);
  }

  async #work(machine: Machine, kind: JobKind): Promise<void> {
    const { hardware, sync, store, sizeOf } = this.#parts;
    const spec = machineSpec(machine, sizeOf(machine.type));
    const blank = machine.image === null;
    switch (kind) {
      case 'create':
        for (const id of subnetsOf(machine)) {
          const subnet = store.subnets.get(id);
          if (subnet !== undefined) await hardware.ensureSubnet(subnetSpec(subnet));
        }
        if (!blank) await hardware.createMachine(spec);
        return sync.applyFirewallsOf(machine.id);
      case 'boot':
        await sync.applyFirewallsOf(machine.id);
        return hardware.bootMachine(spec);
      case 'shutdown':
        return hardware.shutdownMachine(machine.id);
      case 'reboot':
        await hardware.shutdownMachine(machine.id);
        return hardware.bootMachine(spec);
      case 'rebuild':
        await hardware.removeMachine(machine.id);
        await hardware.createMachine(spec);
        return sync.applyFirewallsOf(machine.id);
      case 'delete':
        return hardware.removeMachine(machine.id);
    }
  }
}

function aboutMachine(machine: { id: number; label: string }): EventEntity {
  return entity('linode', machine.id, machine.label);
}

function secondary(machine: Machine, kind: JobKind): EventEntity | null {
  if ((kind === 'create' || kind === 'rebuild') && machine.image !== null) {
    return entity('image', machine.image, machine.image);
  }
  const config = machine.configs[0];
  if ((kind === 'boot' || kind === 'reboot') && config !== undefined) {
    return entity('linode_config', config.id, config.label, `/v4/linode/instances/${machine.id}/configs/${config.id}`);
  }
  return null;
}
