// A whole region in memory for the tool to work on: the lab's API over hardware that only stores objects, machines and engines that
// behave as documented. All code of the tool is real; only connections and the clock are simulated.
import { finished } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { seen, UnderstudyError, Secret, silentLogger, type Logger } from '@understudy/foundation';
import { createRegionApi, seededRandom, SimulatedHardware, type RegionApi } from '@understudy/lab/region';
import { createLinodeClient } from '../../src/linode/index.ts';
import type { PinningRunner, RemoteOptions, RemoteResult, RemoteTarget } from '../../src/machines/index.ts';
import { engineTransport, type EngineTransport } from '../../src/cluster/index.ts';
import type { EngineHost, World } from '../../src/observe/index.ts';
import { scaledClock } from './scaled-clock.ts';
import { SimulatedClusters } from './simulated-cluster.ts';
import { SimulatedMachine } from './simulated-machine.ts';

/** What leaves the process: an API request, a remote command, an engine request. */
interface Connection {
  /** The number of calls so far. */
  readonly calls: () => number;
  /** Nothing goes out any more and nothing comes back: the process is killed, and its promises never settle. */
  readonly cut: () => void;
}

export interface Kill {
  /** The process dies at this call, counted from 1. */
  readonly atCall: number;
  /** Before it goes out, or when it was carried out and its answer is on the way. */
  readonly moment: 'before' | 'after';
  /** Told once it is killed. */
  readonly onKill: () => void;
}

export interface SimulatedWorld extends AsyncDisposable {
  /** A process of the tool. */
  readonly world: World;
  readonly connection: Connection;
  /** Another process of the tool, in the same region. */
  connect(kill?: Kill): { readonly world: World; readonly connection: Connection };
  readonly region: RegionApi;
  readonly hardware: SimulatedHardware;
  readonly clusters: SimulatedClusters;
  /** The running machine with this label. */
  machine(label: string): SimulatedMachine;
}

export type ExchangeListener = (exchange: {
  readonly method: string;
  /** Below /v4, with its query. */
  readonly url: string;
  readonly sent: unknown;
  readonly status: number;
  readonly answer: unknown;
}) => void;

async function recorded(listener: ExchangeListener | undefined, ...[input, init]: Parameters<typeof fetch>) {
  const response = await fetch(input, init);
  if (listener) {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const text = await response.clone().text();
    listener({
      method: init?.method ?? 'GET',
      url: `${pathname.replace('/v4', '')}${search}`,
      sent: typeof init?.body === 'string' ? JSON.parse(init.body) : undefined,
      status: response.status,
      answer: text === '' ? null : JSON.parse(text),
    });
  }
  return response;
}

export interface SimulationOptions {
  readonly logger?: Logger;
  /** How much faster than real time waits go. */
  readonly factor?: number;
  /** Bound on one call of the client, in the simulation's time; ten real seconds by default, for hosts that are busy. */
  readonly callDeadlineMs?: number;
  /** Of the account's domains. */
  readonly nameServers?: string[];
  /** Told of every exchange with Linode's API. */
  readonly listener?: ExchangeListener;
}

const unlimited = { requests: 1_000_000, windowMs: 1000 };

export async function simulatedWorld(options: SimulationOptions = {}): Promise<SimulatedWorld> {
  const { factor = 100 } = options;
  const clock = scaledClock(factor);
  const hardware = new SimulatedHardware();
  const token = new Secret('token-of-the-simulation');
  const region = createRegionApi({
    hardware,
    token,
    clock,
    speed: Infinity,
    limits: { general: unlimited, 'instance-create': unlimited, 'vpc-create': unlimited },
  });
  await region.start();
  const base = await region.listen(0);
  const machines = new Machines(hardware);
  const clusters = new SimulatedClusters({
    running: () => machines.running().map(({ machine }) => machine),
    exists: (machine) => machines.exists(machine),
    clock,
  });

  function connect(kill?: Kill): { world: World; connection: Connection } {
    const { send, connection } = killableConnection(kill);
    const runner = simulatedRunner(machines, send);
    const world: World = {
      linode: createLinodeClient({
        baseUrl: `${base}/v4`,
        token,
        clock,
        concurrency: 16,
        logger: options.logger ?? silentLogger,
        deadlineMs: options.callDeadlineMs ?? factor * 10_000,
        fetch: (input, init) => send(() => recorded(options.listener, input, init)),
      }),
      runner,
      transportFor: (hosts) => simulatedTransport(machines, clusters, hosts, send),
      shownCertificate: () => Promise.resolve(seen({ notAfter: '2999-01-01T00:00:00.000Z' })),
      nameServers: options.nameServers ?? [],
      resolver: options.nameServers?.[0],
      balancerSettleMs: 3_000,
      clock,
      random: Math.random,
      logger: options.logger ?? silentLogger,
    };
    return { world, connection };
  }

  return {
    ...connect(),
    connect,
    region,
    hardware,
    clusters,
    machine: (label) => machines.named(label),
    [Symbol.asyncDispose]: () => region.stop(),
  };
}

type Send = <Answer>(call: () => Promise<Answer>) => Promise<Answer>;

function killableConnection(kill: Kill | undefined): { send: Send; connection: Connection } {
  const state = { calls: 0, killed: false };
  const isKilled = (): boolean => state.killed;
  const random = seededRandom(kill?.atCall ?? 0);
  const never = <Answer>(): Promise<Answer> => new Promise<Answer>(() => undefined);
  const stop = (): void => {
    state.killed = true;
    kill?.onKill();
  };
  const send: Send = async (call) => {
    // Calls that are sent together do not arrive together, so a kill falls between any two of them.
    await setTimeout(random() * 4);
    if (isKilled()) return never();
    state.calls += 1;
    const isKillPoint = state.calls === kill?.atCall;
    if (isKillPoint && kill.moment === 'before') {
      stop();
      return never();
    }
    // A response that arrives after the kill is dropped.
    const answer = await call();
    if (isKillPoint) stop();
    return isKilled() ? never() : answer;
  };
  return { send, connection: { calls: () => state.calls, cut: () => (state.killed = true) } };
}

type Entry = SimulatedHardware['machines'] extends ReadonlyMap<number, infer Value> ? Value : never;

function publicAddress({ spec }: Entry): string | undefined {
  return spec.interfaces.find(({ kind }) => kind === 'public')?.address;
}

/** The machines behind the hardware's entries; a boot shows as a new entry. */
class Machines {
  readonly #hardware: SimulatedHardware;
  readonly #powered = new Map<number, { machine: SimulatedMachine; entry: object }>();
  readonly #addresses = new Map<string, number>();

  constructor(hardware: SimulatedHardware) {
    this.#hardware = hardware;
  }

  running(): { label: string; machine: SimulatedMachine }[] {
    const present = [...this.#hardware.machines].filter(([, { power }]) => power === 'running');
    return present.map(([id, entry]) => ({ label: entry.spec.label, machine: this.#boot(id, entry) }));
  }

  /** On or off: one that was deleted never comes back. */
  exists(machine: SimulatedMachine): boolean {
    return [...this.#powered].some(([id, known]) => known.machine === machine && this.#hardware.machines.has(id));
  }

  #boot(id: number, entry: Entry): SimulatedMachine {
    const known = this.#powered.get(id) ?? { machine: new SimulatedMachine(), entry: {} };
    if (known.entry !== entry) known.machine.boot(entry.spec.userData);
    known.entry = entry;
    this.#powered.set(id, known);
    return known.machine;
  }

  /** The hardware's machine at a public address; where it was found is remembered, and looked at again. */
  #entryAt(address: string): [number, Entry] | undefined {
    const remembered = this.#addresses.get(address);
    const entry = remembered === undefined ? undefined : this.#hardware.machines.get(remembered);
    if (remembered !== undefined && entry && publicAddress(entry) === address) return [remembered, entry];
    const found = [...this.#hardware.machines].find(([, candidate]) => publicAddress(candidate) === address);
    if (found) this.#addresses.set(address, found[0]);
    return found;
  }

  reach(target: RemoteTarget): SimulatedMachine {
    const entry = this.#entryAt(target.address);
    if (entry?.[1].power === 'running') return this.#boot(...entry);
    throw new UnderstudyError('machines-unreachable', `${target.label} (${target.address}) is off`);
  }

  named(label: string): SimulatedMachine {
    const found = this.running().find((candidate) => candidate.label === label);
    if (!found) throw new Error(`${label} does not run`);
    return found.machine;
  }
}

function simulatedTransport(
  machines: Machines,
  clusters: SimulatedClusters,
  hosts: readonly EngineHost[],
  send: Send,
): EngineTransport {
  const labels = hosts.map(({ target }) => target.label);
  return engineTransport(labels, (node, { method, path, body }) =>
    send(async () => {
      const host = hosts.find(({ target }) => target.label === node);
      const answer = host && clusters.request(machines.reach(host.target), method, path, body);
      if (!answer) throw new UnderstudyError('cluster-unreachable', `${node} does not listen`);
      return Promise.resolve({ status: answer[0], text: JSON.stringify(answer[1]) });
    }),
  );
}

function simulatedRunner(machines: Machines, send: Send): PinningRunner {
  return {
    run: (target, argv, options = {}) =>
      send(() => Promise.resolve().then(() => runOn(machines.reach(target), argv, options))),
    stream: (target, argv, { stdout, stderr }) =>
      send(async () => {
        const result = await runOn(machines.reach(target), argv, {});
        stdout.write(result.stdout);
        stderr.write(result.stderr);
        return result.code;
      }),
    tunnel: () => Promise.reject(new Error('The simulation asks its engines without a tunnel.')),
    forget: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function runOn(
  machine: SimulatedMachine,
  argv: readonly string[],
  options: RemoteOptions,
): Promise<RemoteResult> {
  const [, flag, text = ''] = argv;
  if (flag === '-s' && text === '--') return { code: 0, stdout: machine.observe(argv.slice(3)), stderr: '' };
  if (flag === '-s') {
    const { code, stdout } = machine.run(typeof options.stdin === 'string' ? options.stdin : '');
    return { code, stdout, stderr: code === 0 ? '' : 'the simulated machine refused' };
  }
  if (text.includes('cloud-init status --wait') && machine.cloudInitRunningS !== undefined) {
    const seconds = /timeout (\d+) cloud-init/.exec(text)?.[1];
    if (seconds === undefined) throw new UnderstudyError('machines-timeout', 'cloud-init does not end');
    machine.cloudInitRunningS += Number(seconds);
    return { code: 124, stdout: 'status: running\n', stderr: '' };
  }
  const sought = /^test -d (\S+)$/.exec(text)?.[1];
  if (sought !== undefined) return { code: machine.releases.has(sought) ? 0 : 1, stdout: '', stderr: '' };
  const unpacked = /mv (\S+)\.partial \1$/m.exec(text)?.[1];
  if (unpacked !== undefined) {
    // The stream belongs to the tool, which closes its archive soon after the response.
    const received = finished(options.stdin as NodeJS.ReadableStream);
    (options.stdin as NodeJS.ReadableStream).resume();
    await received;
    machine.releases.add(unpacked);
  }
  return { code: 0, stdout: '', stderr: '' };
}
