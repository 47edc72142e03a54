// A simulated cluster without a region around it: machines with an engine, and a tool that can be killed at any request.
import { engineTransport, type RunningCluster } from '../../src/cluster/index.ts';
import { dialectOf } from '../../src/engines/index.ts';
import type { Clock } from '@understudy/foundation';
import { scaledClock } from './scaled-clock.ts';
import { SimulatedClusters } from './simulated-cluster.ts';
import { SimulatedMachine } from './simulated-machine.ts';

const unit = 'elasticsearch.service';

export interface Tool {
  readonly cluster: RunningCluster;
  /** Something that the tool does beside asking the engine: a command on a machine, a request to the provider. */
  readonly call: <Answer>(work: () => Answer) => Promise<Answer>;
  /** Resolves when the tool is killed. */
  readonly wasKilled: Promise<'wasKilled'>;
  readonly calls: () => number;
}

export class SimulatedNodes {
  readonly clock: Clock = scaledClock(2000);
  readonly clusters: SimulatedClusters;
  readonly machines = new Map<string, SimulatedMachine>();
  readonly off = new Set<string>();
  readonly #initial: readonly string[];

  constructor(names: readonly string[], version = '9.5.3') {
    this.#initial = names;
    this.clusters = new SimulatedClusters({
      running: () => [...this.machines].flatMap(([name, machine]) => (this.off.has(name) ? [] : [machine])),
      exists: (machine) => [...this.machines.values()].includes(machine),
      clock: this.clock,
    });
    for (const name of names) this.add(name, version);
    this.clusters.settle();
  }

  add(name: string, version: string): void {
    const machine = new SimulatedMachine();
    const settings = {
      'node.name': name,
      'network.publish_host': `10.0.0.${this.machines.size + 1}`,
      'cluster.initial_master_nodes': this.#initial,
    };
    const file = (content: string) => ({ content, mode: '0640', owner: 'root:root' });
    machine.files.set('/etc/elasticsearch/elasticsearch.yml', file(JSON.stringify(settings)));
    machine.files.set('/etc/elasticsearch/jvm.options.d/understudy.options', file(''));
    machine.packages.set('elasticsearch', version);
    this.machines.set(name, machine);
    machine.start(unit);
  }

  machine(name: string): SimulatedMachine {
    const found = this.machines.get(name);
    if (!found || this.off.has(name)) throw new Error(`${name} cannot be reached`);
    return found;
  }

  stop(name: string): void {
    this.machine(name).stop(unit);
  }

  start(name: string): void {
    this.machine(name).start(unit);
  }

  /** Deletes the machine with its data. */
  remove(name: string): void {
    this.machines.delete(name);
    this.off.delete(name);
  }

  identity() {
    const [identity, ...more] = this.clusters.identities.values();
    if (!identity || more.length > 0) throw new Error(`${more.length + 1} clusters`);
    return identity;
  }

  /** A process of the tool that is killed at this call, counted from 1: before it is carried out, or before it is answered. */
  tool(death?: { readonly atCall: number; readonly moment: 'before' | 'after' }): Tool {
    const state = { calls: 0, killed: false };
    const { promise: wasKilled, resolve: kill } = Promise.withResolvers<'wasKilled'>();
    const never = <Answer>(): Promise<Answer> => new Promise<Answer>(() => undefined);
    const call = <Answer>(work: () => Answer): Promise<Answer> => {
      if (state.killed) return never();
      state.calls += 1;
      const isKillPoint = state.calls === death?.atCall;
      if (isKillPoint) {
        state.killed = true;
        kill('wasKilled');
      }
      if (isKillPoint && death.moment === 'before') return never();
      const answer = Promise.resolve().then(work);
      return isKillPoint ? answer.then(() => never()) : answer;
    };
    const transport = engineTransport([...this.machines.keys()], (node, { method, path, body }) =>
      call(() => {
        const answer = this.clusters.request(this.machine(node), method, path, body);
        if (!answer) throw new Error(`${node} does not listen`);
        return { status: answer[0], text: JSON.stringify(answer[1]) };
      }),
    );
    const dialect = dialectOf({ engine: 'elasticsearch', version: '9.5.3' });
    return { cluster: { transport, dialect, clock: this.clock }, call, wasKilled, calls: () => state.calls };
  }
}
