// A whole region in memory for the tool to work on: the lab's API over hardware that only remembers, machines and engines that
// behave as the tool is promised. The tool's own code is all real; only wires and the clock are not.
import { UnderstudyError, Secret, silentLogger, type Logger } from '../../src/ground/index.ts';
import { createRegionApi, type RegionApi } from '../../src/lab/api/index.ts';
import { SimulatedHardware } from '../../src/lab/simulated-hardware.ts';
import { createLinodeClient } from '../../src/linode/index.ts';
import type { PinningRunner, RemoteResult, RemoteTarget } from '../../src/machines/index.ts';
import { engineTransport } from '../../src/cluster/index.ts';
import type { World } from '../../src/status/index.ts';
import { scaledClock } from './scaled-clock.ts';
import { SimulatedClusters } from './simulated-cluster.ts';
import { SimulatedMachine } from './simulated-machine.ts';

interface Powered {
  readonly machine: SimulatedMachine;
  /** The hardware's entry, made anew at each boot. */
  entry: object;
}

export interface SimulatedWorld {
  readonly world: World;
  readonly region: RegionApi;
  readonly hardware: SimulatedHardware;
  readonly clusters: SimulatedClusters;
  /** The running machine with this label. */
  machine(label: string): SimulatedMachine;
  /** Requests to the API so far, and a hook before each one. */
  readonly wire: { calls: number; beforeCall: (call: number) => void };
  [Symbol.asyncDispose](): Promise<void>;
}

export interface SimulationOptions {
  readonly logger?: Logger;
  /** How much faster than real time waits go. */
  readonly factor?: number;
}

export async function simulatedWorld(options: SimulationOptions = {}): Promise<SimulatedWorld> {
  const clock = scaledClock(options.factor ?? 100);
  const hardware = new SimulatedHardware();
  const token = new Secret('token-of-the-simulation');
  const unlimited = { requests: 1_000_000, windowMs: 1000 };
  const region = createRegionApi({
    hardware,
    token,
    clock,
    speed: Infinity,
    limits: { general: unlimited, 'instance-create': unlimited, 'vpc-create': unlimited },
  });
  await region.start();
  const base = await region.listen(0);
  const wire: SimulatedWorld['wire'] = { calls: 0, beforeCall: () => undefined };
  const machines = new Map<number, Powered>();

  function poweredOn(): { address: string; label: string; machine: SimulatedMachine }[] {
    const present = [...hardware.machines].filter(([, { power }]) => power === 'running');
    return present.map(([id, entry]) => {
      const known = machines.get(id) ?? { machine: new SimulatedMachine(), entry: {} };
      if (known.entry !== entry) known.machine.boot(entry.spec.userData);
      known.entry = entry;
      machines.set(id, known);
      const address = entry.spec.interfaces.find(({ kind }) => kind === 'public')?.address ?? '';
      return { address, label: entry.spec.label, machine: known.machine };
    });
  }

  const clusters = new SimulatedClusters(() => poweredOn().map(({ machine }) => machine));
  const reach = (target: RemoteTarget): SimulatedMachine => {
    const found = poweredOn().find(({ address }) => address === target.address);
    if (found) return found.machine;
    throw new UnderstudyError('machines-unreachable', `${target.label} (${target.address}) is off`);
  };
  const runner = simulatedRunner(reach);
  const world: World = {
    linode: createLinodeClient({
      baseUrl: `${base}/v4`,
      token,
      clock,
      concurrency: 16,
      fetch: (input, init) => {
        wire.calls += 1;
        wire.beforeCall(wire.calls);
        return fetch(input, init);
      },
    }),
    runner,
    transportFor: (hosts) =>
      engineTransport(
        hosts.map(({ target }) => target.label),
        (node, { method, path, body }) => {
          const host = hosts.find(({ target }) => target.label === node);
          const answer = host && clusters.request(reach(host.target), method, path, body);
          if (!answer) return Promise.reject(new UnderstudyError('cluster-unreachable', `${node} does not listen`));
          return Promise.resolve({ status: answer[0], text: JSON.stringify(answer[1]) });
        },
      ),
    shownCertificate: () => Promise.resolve(undefined),
    clock,
    random: Math.random,
    logger: options.logger ?? silentLogger,
  };
  return {
    world,
    region,
    hardware,
    clusters,
    wire,
    machine: (label) => {
      const found = poweredOn().find((candidate) => candidate.label === label);
      if (!found) throw new Error(`${label} does not run`);
      return found.machine;
    },
    [Symbol.asyncDispose]: () => region.stop(),
  };
}

function simulatedRunner(reach: (target: RemoteTarget) => SimulatedMachine): PinningRunner {
  const ok = (stdout = ''): RemoteResult => ({ code: 0, stdout, stderr: '' });
  return {
    async run(target, argv, options = {}) {
      const machine = reach(target);
      const [, flag, text = ''] = argv;
      if (flag === '-s' && text === '--') return ok(machine.observe(argv.slice(3)));
      if (flag === '-s') {
        const code = machine.run(String(options.stdin));
        return { code, stdout: '', stderr: code === 0 ? '' : 'the simulated machine refused' };
      }
      const unpacked = /mv (\S+)\.partial \1$/m.exec(text)?.[1];
      if (unpacked !== undefined) {
        for await (const chunk of options.stdin as NodeJS.ReadableStream) void chunk;
        machine.releases.add(unpacked);
      }
      return ok();
    },
    forget: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
