// The region behind one function: the same API code for the lab on this machine and for a region in memory.
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Secret, silentLogger, systemClock, type Clock, type Logger } from '@understudy/foundation';
import { images as allImages, typeOf } from './catalogue.ts';
import { addControl, type EngineSource } from './control.ts';
import { Faults } from './faults.ts';
import { linodeLimits, type Limits } from './rate-limit.ts';
import { routes } from './routes.ts';
import { buildServer, type ApiToken } from './server.ts';
import type { Hardware } from '../hardware.ts';
import { EventLog } from '../state/events.ts';
import { LifeCycle, linodeTimings, type Timings } from '../state/life-cycle.ts';
import { LabStore, memoryStateStore, type StateStore } from '../state/store.ts';
import { HardwareSync } from '../state/sync.ts';

export interface RegionOptions {
  readonly hardware: Hardware;
  readonly token: Secret;
  /** Further tokens with narrower scopes. */
  readonly tokens?: readonly ApiToken[];
  readonly clock?: Clock;
  /** In [0, 1); ids of hosts and MAC addresses come from it. */
  readonly random?: () => number;
  readonly logger?: Logger;
  readonly stateStore?: StateStore;
  /** Speed of work on machines as a multiple of Linode's. `Infinity`: as fast as the hardware. Default 1. */
  readonly speed?: number;
  readonly limits?: Limits;
  /** What the lab's package repository has and can get; a region in memory may have none. */
  readonly engines?: EngineSource;
  /** Ids of the images that the hardware has; default all that the catalogue knows. */
  readonly imageIds?: readonly string[];
}

export interface RegionApi {
  /** Reads the stored state and takes up unfinished work. Call it once, before `listen`. */
  start(): Promise<void>;
  /** Port 0 takes a free one. Resolves with the base URL, without `/v4`. */
  listen(port: number, host?: string): Promise<string>;
  /** Compares idle machines with the hardware; one that stopped is shown offline. */
  observe(): Promise<void>;
  /** Resolves when no work is under way. */
  settled(): Promise<void>;
  /** Stops listening and waits for running work; machines keep running. */
  stop(): Promise<void>;
  readonly faults: Faults;
  readonly store: LabStore;
  /** For requests without a socket. */
  readonly server: FastifyInstance;
}

export function createRegionApi(options: RegionOptions): RegionApi {
  const { hardware, clock = systemClock, random = Math.random, logger = silentLogger } = options;
  const store = new LabStore(options.stateStore ?? memoryStateStore);
  const events = new EventLog(store, clock);
  const faults = new Faults(clock);
  const sync = new HardwareSync(store, hardware, clock, logger);
  const sizeOf = (id: string): { memory: number; vcpus: number } => typeOf(id) ?? { memory: 1024, vcpus: 1 };
  const minimum = faster(linodeTimings, options.speed ?? 1);
  const lifeCycle = new LifeCycle({ store, hardware, sync, events, clock, logger, minimum, faults, sizeOf });
  const tokens = [{ token: options.token, scopes: ['*'] }, ...(options.tokens ?? [])];
  const images = allImages.filter((image) => options.imageIds?.includes(image.id) ?? true);
  const region = { images, store, hardware, lifeCycle, sync, events, clock, random, logger };
  const parts = { region, routes, faults, limits: options.limits ?? linodeLimits, tokens };
  const server = buildServer(parts);
  addControl(server, parts, { reset: () => reset(store, lifeCycle, sync), engines: options.engines });
  const settled = async (): Promise<void> => {
    await lifeCycle.settled();
    await sync.settled();
  };
  return {
    faults,
    store,
    server,
    settled,
    observe: () => lifeCycle.observe(),
    async start() {
      await store.restore();
      sync.applyAll();
      await lifeCycle.resume();
    },
    async listen(port, host = '127.0.0.1') {
      await server.listen({ port, host });
      const address = server.server.address() as AddressInfo;
      return `http://${host}:${address.port}`;
    },
    async stop() {
      await server.close();
      await lifeCycle.stop();
      await sync.settled();
      await store.persist();
    },
  };
}

function faster(timings: Timings, speed: number): Timings {
  const { create, boot, shutdown, reboot, rebuild, delete: remove } = timings;
  return {
    create: create / speed,
    boot: boot / speed,
    shutdown: shutdown / speed,
    reboot: reboot / speed,
    rebuild: rebuild / speed,
    delete: remove / speed,
  };
}

/** Objects first, then what carries them; resolves when the hardware is empty too. */
async function reset(store: LabStore, lifeCycle: LifeCycle, sync: HardwareSync): Promise<void> {
  for (const id of store.balancers.keys()) sync.remove({ kind: 'balancer', id, afterMachines: [] });
  for (const collection of [store.balancerNodes, store.balancerConfigs, store.balancerVpcs, store.balancers])
    collection.clear();
  for (const id of store.firewalls.keys()) sync.remove({ kind: 'firewall', id, afterMachines: [] });
  store.firewalls.clear();
  store.firewallSettings = { linode: null, nodebalancer: null, public_interface: null, vpc_interface: null };
  const machines = [...store.machines.values()];
  for (const machine of machines) if (machine.status !== 'deleting') lifeCycle.enqueue(machine, 'delete');
  const afterMachines = machines.map((machine) => machine.id);
  for (const id of store.subnets.keys()) sync.remove({ kind: 'subnet', id, afterMachines });
  for (const collection of [store.subnets, store.vpcs, store.placementGroups, store.sshKeys]) collection.clear();
  for (const collection of [store.domainRecords, store.domains]) collection.clear();
  store.tags = [];
  store.touch();
  await store.persist();
  await lifeCycle.settled();
  await sync.settled();
}
