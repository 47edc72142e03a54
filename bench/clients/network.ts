// The network of a run: a switch where the users are, and a namespace with one cable for each engine's machine. Neighbours
// are fixed, so that packets to a machine without power are dropped, as in a routed network, and never answered with 'no route to host'.
// Everything here is in the network namespace of the run and ends with it.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { drillRules, type Cut } from '../../packages/understudy/src/drills/index.ts';
import { failoverProfiles } from '../../packages/understudy/src/engines/index.ts';

const profile = failoverProfiles.fast;
/** Kernel settings of every machine of the product's `fast` profile, the users' machine included. */
const kernel = { 'net.ipv4.tcp_retries2': String(profile.tcpRetries2), ...profile.kernel };
/** Engine settings of the product's `fast` profile, as `name=value`. */
export const engineProfile = Object.entries(profile.engine).map(([name, value]) => `${name}=${value}`);

const usersAddress = '10.77.0.1';
const hardware = (last: number): string => `02:00:0a:4d:00:${last.toString(16).padStart(2, '0')}`;

interface End {
  readonly address: string;
  readonly mac: string;
}

const users: End = { address: usersAddress, mac: hardware(1) };
const machineEnd = (at: number): End => ({ address: `10.77.0.${11 + at}`, mac: hardware(11 + at) });

function applyKernel(): string {
  return Object.entries(kernel)
    .map(([key, value]) => `echo '${value}' > /proc/sys/${key.replaceAll('.', '/')}`)
    .join('\n');
}

function neighbours(of: readonly End[], device: string): string {
  return of
    .map(({ address, mac }) => `ip neighbour replace ${address} lladdr ${mac} dev ${device} nud permanent`)
    .join('\n');
}

function run(command: readonly string[], input = ''): void {
  execFileSync(command[0] ?? '', command.slice(1), { input, stdio: ['pipe', 'ignore', 'pipe'] });
}

function shell(script: string, within: readonly string[] = []): void {
  run([...within, 'sh', '-ec', script]);
}

/** The switch, and the side of the users on it. */
export function createNetwork(machines: number): void {
  const others = Array.from({ length: machines }, (_, at) => machineEnd(at));
  shell(`ip link set lo up
    ip link add users type bridge
    ip link set users address ${users.mac} up
    ip address add ${users.address}/24 dev users
    ${neighbours(others, 'users')}
    ${applyKernel()}`);
}

/** A machine as the network sees it: a namespace, kept by a process that does nothing, and a cable to the switch. */
export class Machine {
  readonly address: string;
  readonly #at: number;
  readonly #machines: number;
  #keeper: ChildProcess | undefined;

  constructor(at: number, machines: number) {
    this.#at = at;
    this.#machines = machines;
    this.address = machineEnd(at).address;
  }

  get powered(): boolean {
    return this.#keeper !== undefined;
  }

  /** Words before a command that is to run on this machine. */
  get within(): readonly string[] {
    return ['nsenter', '--net', '--target', String(this.#keeper?.pid ?? 0)];
  }

  async attachMachine(): Promise<void> {
    const keeper = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; exec sleep infinity'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((resolve, reject) => {
      keeper.stdout.once('data', resolve);
      keeper.once('exit', () => reject(new Error('A network namespace could not be made.')));
    });
    this.#keeper = keeper;
    const { address, mac } = machineEnd(this.#at);
    shell(`ip link add ${this.#cable} type veth peer name eth0 address ${mac} netns ${keeper.pid ?? 0}
      ip link set ${this.#cable} master users up`);
    const others = Array.from({ length: this.#machines }, (_, at) => machineEnd(at)).filter(
      (other) => other.address !== address,
    );
    shell(
      `ip link set lo up
      ip address add ${address}/24 dev eth0
      ip link set eth0 up
      ${neighbours([users, ...others], 'eth0')}
      ${applyKernel()}`,
      this.within,
    );
  }

  /** Removes the link first, so that no FIN or RST of the ended processes is sent. */
  unplug(): void {
    shell(`ip link delete ${this.#cable}`);
  }

  /** Ends the namespace and with it the kernel's state of connections, as when a machine loses its power. */
  detachMachine(): void {
    this.#keeper?.kill('SIGKILL');
    this.#keeper = undefined;
  }

  /** Drops packets on this machine, by the rules that the product's own drills use. */
  cut(cut: Cut): void {
    run([...this.within, 'nft', '-f', '-'], drillRules(cut));
  }

  removeCuts(): void {
    shell('nft delete table inet understudy_drill', this.within);
  }

  get #cable(): string {
    return `machine${this.#at + 1}`;
  }
}
