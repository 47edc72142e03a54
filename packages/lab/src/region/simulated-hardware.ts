// Hardware in memory: the region's API without machines behind it, for tests of thousands of objects. It keeps what it
// was given and refuses what the contract forbids.
import type {
  BalancerSpec,
  BalancerStatus,
  FirewallSpec,
  Hardware,
  MachineSpec,
  Power,
  SubnetSpec,
} from './hardware.ts';
import { UnderstudyError } from '@understudy/foundation';

export class SimulatedHardware implements Hardware {
  readonly subnets = new Map<number, SubnetSpec>();
  readonly machines = new Map<number, { spec: MachineSpec; power: Power }>();
  readonly firewalls = new Map<number, FirewallSpec>();
  readonly balancers = new Map<number, BalancerSpec>();

  ensureSubnet(spec: SubnetSpec): Promise<void> {
    this.subnets.set(spec.id, spec);
    return Promise.resolve();
  }

  removeSubnet(id: number): Promise<void> {
    this.subnets.delete(id);
    return Promise.resolve();
  }

  createMachine(spec: MachineSpec): Promise<void> {
    const power = this.machines.get(spec.id)?.power ?? 'offline';
    this.machines.set(spec.id, { spec, power });
    return Promise.resolve();
  }

  bootMachine(spec: MachineSpec): Promise<void> {
    const machine = this.machines.get(spec.id);
    if (machine === undefined) {
      const text = `Machine ${spec.id} (${spec.label}) has no disk, so it cannot boot. Create it first.`;
      return Promise.reject(new UnderstudyError('lab-machine-missing', text));
    }
    this.machines.set(spec.id, { spec, power: 'running' });
    return Promise.resolve();
  }

  shutdownMachine(id: number): Promise<void> {
    const machine = this.machines.get(id);
    if (machine !== undefined) machine.power = 'offline';
    return Promise.resolve();
  }

  powerCutMachine(id: number): Promise<void> {
    return this.shutdownMachine(id);
  }

  removeMachine(id: number): Promise<void> {
    this.machines.delete(id);
    return Promise.resolve();
  }

  machinePower(id: number): Promise<Power> {
    return Promise.resolve(this.machines.get(id)?.power ?? 'offline');
  }

  applyFirewall(spec: FirewallSpec): Promise<void> {
    this.firewalls.set(spec.id, spec);
    return Promise.resolve();
  }

  removeFirewall(id: number): Promise<void> {
    this.firewalls.delete(id);
    return Promise.resolve();
  }

  applyBalancer(spec: BalancerSpec): Promise<void> {
    this.balancers.set(spec.id, spec);
    return Promise.resolve();
  }

  removeBalancer(id: number): Promise<void> {
    this.balancers.delete(id);
    return Promise.resolve();
  }

  /** A node is up when a running machine holds its address. */
  balancerStatus(id: number): Promise<BalancerStatus> {
    const running = new Set<string>();
    for (const { spec, power } of this.machines.values()) {
      if (power === 'running') for (const { address } of spec.interfaces) running.add(address);
    }
    const status = new Map<number, 'UP' | 'DOWN' | 'Unknown'>();
    for (const config of this.balancers.get(id)?.configs ?? []) {
      for (const node of config.nodes) {
        const checked = config.check !== 'none';
        status.set(node.id, checked ? (running.has(node.address) ? 'UP' : 'DOWN') : 'Unknown');
      }
    }
    return Promise.resolve(status);
  }
}
