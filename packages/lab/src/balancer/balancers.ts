// NodeBalancers on this host: one HAProxy process each, in a network namespace of its own, reloaded without losing a
// connection or the health state. Keeps keys in the run directory only, readable by root alone.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError, type Clock, type Logger } from '@understudy/foundation';
import type { BalancerSpec, BalancerStatus } from '../region/hardware.ts';
import { createGroup, entryFiles, groupProcesses, removeGroup, type CgroupLayout } from '../host/cgroup.ts';
import { killAll, signal } from '../host/processes.ts';
import type { HostShell } from '../host/shell.ts';
import { balancerAddresses } from '../network/commands.ts';
import { ownerName, ownerNamespace, type Cable } from '../network/names.ts';
import type { Network } from '../network/network.ts';
import { publicNetwork } from '../region/public-network.ts';
import { connectionLimit } from './assumptions.ts';
import { renderBalancer, type BalancerFiles } from './config.ts';
import { askHaproxy } from './runtime-socket.ts';
import { keptState } from './server-state.ts';
import { parseStatus, type NodeStatus } from './status.ts';

export interface BalancersOptions {
  readonly shell: HostShell;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly runDirectory: string;
  readonly network: Network;
  readonly cgroups: CgroupLayout;
}

type PlacedCable = Cable & { readonly prefix: number };

const changeBoundMs = 10_000;
const pollMs = 20;
const signalAgainMs = 1_000;
/** Version line of a server-state file that knows nothing yet. */
const emptyState = '1\n';

export class Balancers {
  readonly #options: BalancersOptions;
  /** Balancer id -> last known status of each node; survives a change of configuration. */
  readonly #known = new Map<number, ReadonlyMap<number, NodeStatus>>();

  constructor(options: BalancersOptions) {
    this.#options = options;
  }

  directory(id: number): string {
    return join(this.#options.runDirectory, 'balancers', String(id));
  }

  /** HAProxy's own messages: nodes going up and down, and why. */
  log(id: number): string {
    return join(this.directory(id), 'haproxy.log');
  }

  async apply(spec: BalancerSpec): Promise<void> {
    const directory = this.directory(spec.id);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await this.#writeConfiguration(spec);
    await this.#place(spec);
    if (await this.#runs(spec.id)) await this.#reload(spec);
    else await this.#start(spec.id);
  }

  async remove(id: number): Promise<void> {
    const { shell, network, clock, cgroups } = this.#options;
    await network.detachCables('balancer', id);
    await killAll(() => this.#processes(id), clock);
    await shell.attempt(['ip', 'netns', 'delete', ownerNamespace('balancer', id)]);
    await removeGroup(cgroups, ownerName('balancer', id));
    await rm(this.directory(id), { recursive: true, force: true });
    this.#known.delete(id);
  }

  /** Error: `lab-balancer-silent`. */
  async status(id: number): Promise<BalancerStatus> {
    const csv = await askHaproxy(this.#file(id, 'stats.sock'), 'show stat');
    const status = parseStatus(csv, this.#known.get(id) ?? new Map<number, NodeStatus>());
    this.#known.set(id, status);
    return status;
  }

  #file(id: number, name: string): string {
    return join(this.directory(id), name);
  }

  #processes(id: number): Promise<readonly number[]> {
    return groupProcesses(this.#options.cgroups, ownerName('balancer', id));
  }

  async #runs(id: number): Promise<boolean> {
    return (await this.#processes(id)).length > 0;
  }

  /** The new text is tried by HAProxy itself before it replaces the old one. */
  async #writeConfiguration(spec: BalancerSpec): Promise<void> {
    const files: BalancerFiles = {
      statsSocket: this.#file(spec.id, 'stats.sock'),
      stateFile: this.#file(spec.id, 'servers.state'),
      certificate: (configId) => this.#file(spec.id, `certificate-${configId}.pem`),
    };
    for (const config of spec.configs) {
      if (config.protocol !== 'https') continue;
      await writeFile(files.certificate(config.id), `${config.certificate ?? ''}\n${config.key ?? ''}\n`, {
        mode: 0o600,
      });
    }
    if (!existsSync(files.stateFile)) await writeFile(files.stateFile, emptyState);
    const fresh = this.#file(spec.id, 'haproxy.cfg.new');
    await writeFile(fresh, renderBalancer(spec, files), { mode: 0o600 });
    const verdict = await this.#options.shell.attempt(['haproxy', '-c', '-q', '-f', fresh]);
    if (verdict.code !== 0) {
      throw new UnderstudyError(
        'lab-balancer-refused',
        `HAProxy refuses the configuration of balancer ${spec.id}: ${verdict.stderr.trim().split('\n').slice(-4).join(' ')}`,
        {
          facts: { id: spec.id },
        },
      );
    }
    await this.#options.shell.run(['mv', fresh, this.#file(spec.id, 'haproxy.cfg')]);
  }

  /** Namespace, cables and addresses; not changed when they are as asked, so that no connection is lost. */
  async #place(spec: BalancerSpec): Promise<void> {
    const { shell, network } = this.#options;
    const cables = await this.#cables(spec);
    const wanted = balancerAddresses(cables);
    const note = this.#file(spec.id, 'addresses');
    const found = await readFile(note, 'utf8').catch(() => '');
    if (found === wanted && (await this.#runs(spec.id))) return;
    const namespace = ownerNamespace('balancer', spec.id);
    await killAll(() => this.#processes(spec.id), this.#options.clock);
    await shell.attempt(['ip', 'netns', 'delete', namespace]);
    await shell.run(['ip', 'netns', 'add', namespace]);
    await network.attachCables('balancer', spec.id, cables);
    await shell.run(['ip', '-n', namespace, '-batch', '-'], wanted);
    await writeFile(note, wanted);
  }

  async #cables(spec: BalancerSpec): Promise<readonly PlacedCable[]> {
    const prefix = (range: string): number => Number(range.split('/')[1]);
    const own = { owner: 'balancer', ownerId: spec.id } as const;
    const front = { ...own, index: 0, address: spec.address, prefix: prefix(publicNetwork.range) };
    if (!spec.vpc) return [front];
    const subnet = await this.#options.network.subnet(spec.vpc.subnetId);
    return [front, { ...own, index: 1, address: spec.vpc.address, vpcId: subnet.vpcId, prefix: prefix(subnet.range) }];
  }

  async #start(id: number): Promise<void> {
    const { cgroups } = this.#options;
    const name = ownerName('balancer', id);
    await createGroup(cgroups, name);
    const log = await open(this.log(id), 'a', 0o600);
    const script = [
      ...entryFiles(cgroups, name).map((file) => `echo $$ >${file}`),
      // Two descriptors a connection and a few for itself, where the host lets root have them.
      `ulimit -n ${2 * connectionLimit + 1_000} 2>/dev/null || ulimit -n "$(ulimit -Hn)"`,
      `exec nsenter --net=/run/netns/${ownerNamespace('balancer', id)} haproxy -W -f ${this.#file(id, 'haproxy.cfg')} -p ${this.#file(id, 'pid')}`,
    ].join('\n');
    // Detached: balancers do not notice that the daemon restarts.
    const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['ignore', log.fd, log.fd], cwd: '/' });
    child.unref();
    await log.close();
    await this.#awaitWorker(id, undefined);
  }

  /** A reload: the new worker takes over the listening sockets, the old one finishes its connections. A file carries the health state. */
  async #reload(spec: BalancerSpec): Promise<void> {
    const { id } = spec;
    const before = await this.#workerPid(id);
    const known = new Map(await this.status(id));
    const state = keptState(await askHaproxy(this.#file(id, 'stats.sock'), 'show servers state'), spec);
    for (const node of state.moved) known.delete(node);
    this.#known.set(id, known);
    await writeFile(this.#file(id, 'servers.state'), state.text);
    const master = Number(await readFile(this.#file(id, 'pid'), 'utf8'));
    await this.#awaitWorker(id, before, () => signal(master, 'SIGUSR2'));
  }

  async #workerPid(id: number): Promise<string | undefined> {
    const info = await askHaproxy(this.#file(id, 'stats.sock'), 'show info').catch(() => '');
    return /^Pid: (\d+)/m.exec(info)?.[1];
  }

  /** A signal that comes while the master still ends an earlier reload may be lost, so it is repeated. */
  async #awaitWorker(id: number, before: string | undefined, reload?: () => void): Promise<void> {
    const { clock } = this.#options;
    const startedMs = clock.monotonicMs();
    let reloads = 0;
    for (;;) {
      if (clock.monotonicMs() - startedMs >= reloads * signalAgainMs) {
        reload?.();
        reloads += 1;
      }
      const now = await this.#workerPid(id);
      if (now !== undefined && now !== before) return;
      if (clock.monotonicMs() - startedMs > changeBoundMs) {
        const log = await readFile(this.log(id), 'utf8').catch(() => '');
        throw new UnderstudyError(
          'lab-balancer-stuck',
          `Balancer ${id} has no new worker after ${changeBoundMs / 1000} s. HAProxy said: ${log.trim().split('\n').slice(-4).join(' | ')}`,
          {
            facts: { id },
          },
        );
      }
      await clock.sleep(pollMs);
    }
  }
}
