// Brings subnets, firewalls and balancers on the hardware to the API's state: one lane per object, the newest
// state wins, a failure is tried again.
import type { Clock, Logger } from '@understudy/foundation';
import type { Hardware } from '../hardware.ts';
import type { Removal } from './model.ts';
import { balancerSpec, firewallSpec, machineOfDevice, subnetSpec } from './specs.ts';
import type { LabStore } from './store.ts';

type Kind = 'subnet' | 'firewall' | 'balancer';

const attempts = 5;
const firstDelayMs = 500;

export class HardwareSync {
  readonly #store: LabStore;
  readonly #hardware: Hardware;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Lane -> what runs, and what was asked for meanwhile: only the last of it matters. */
  readonly #lanes = new Map<string, { next: (() => Promise<void>) | undefined; done: Promise<void> }>();

  constructor(store: LabStore, hardware: Hardware, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#hardware = hardware;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Soon, in the background: the hardware gets the object's present state. */
  apply(kind: Kind, id: number): void {
    this.#run(`${kind} ${id}`, () => this.#applyNow(kind, id));
  }

  /** The firewalls of a machine, now. */
  async applyFirewallsOf(machineId: number): Promise<void> {
    for (const firewall of this.#store.firewalls.values()) {
      if (firewall.devices.some((device) => machineOfDevice(this.#store, device)?.id === machineId)) {
        await this.#hardware.applyFirewall(firewallSpec(this.#store, firewall));
      }
    }
  }

  /** Schedules the removal of the object, and removes it once the machines it waits for are gone. */
  remove(removal: Removal): void {
    this.#store.removals.push(removal);
    this.#store.touch();
    this.tryRemovals();
  }

  /** Runs every removal that waits for nothing any more. */
  tryRemovals(): void {
    for (const removal of this.#store.removals) {
      if (removal.afterMachines.some((id) => this.#store.machines.has(id))) continue;
      this.#run(`${removal.kind} ${removal.id}`, async () => {
        await this.#removeNow(removal);
        this.#store.removals = this.#store.removals.filter((other) => other !== removal);
        this.#store.touch();
        await this.#store.persist();
      });
    }
  }

  /** After a start: everything once. */
  applyAll(): void {
    for (const id of this.#store.subnets.keys()) this.apply('subnet', id);
    for (const id of this.#store.firewalls.keys()) this.apply('firewall', id);
    for (const id of this.#store.balancers.keys()) this.apply('balancer', id);
    this.tryRemovals();
  }

  /** Resolves when no lane is running. */
  async settled(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all([...this.#lanes.values()].map((lane) => lane.done));
  }

  #run(lane: string, work: () => Promise<void>): void {
    const running = this.#lanes.get(lane);
    if (running !== undefined) {
      running.next = work;
      return;
    }
    const done = this.#attempt(lane, work).finally(() => {
      const next = this.#lanes.get(lane)?.next;
      this.#lanes.delete(lane);
      if (next !== undefined) this.#run(lane, next);
    });
    this.#lanes.set(lane, { next: undefined, done });
  }

  async #attempt(lane: string, work: () => Promise<void>): Promise<void> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const text = `could not be brought to its new state (attempt ${attempt} of ${attempts}): ${String(error)}`;
        this.#logger({ level: attempt < attempts ? 'warn' : 'error', subject: lane, text });
        if (attempt < attempts) await this.#clock.sleep(firstDelayMs * 2 ** attempt);
      }
    }
  }

  async #applyNow(kind: Kind, id: number): Promise<void> {
    if (kind === 'subnet') {
      const subnet = this.#store.subnets.get(id);
      if (subnet !== undefined) await this.#hardware.ensureSubnet(subnetSpec(subnet));
    } else if (kind === 'firewall') {
      const firewall = this.#store.firewalls.get(id);
      if (firewall !== undefined) await this.#hardware.applyFirewall(firewallSpec(this.#store, firewall));
    } else {
      const spec = balancerSpec(this.#store, id);
      if (spec === undefined) return;
      const subnet = spec.vpc === undefined ? undefined : this.#store.subnets.get(spec.vpc.subnetId);
      if (subnet !== undefined) await this.#hardware.ensureSubnet(subnetSpec(subnet));
      await this.#hardware.applyBalancer(spec);
    }
  }

  async #removeNow({ kind, id }: Removal): Promise<void> {
    if (kind === 'subnet') await this.#hardware.removeSubnet(id);
    else if (kind === 'firewall') await this.#hardware.removeFirewall(id);
    else await this.#hardware.removeBalancer(id);
  }
}
