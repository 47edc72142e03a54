// Fills in what depends on several fields, after the file's own shape is right: the result is the Topology.
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { formatRange, parseRange } from './address.ts';
import { heapFor, machineSize } from './machine-types.ts';
import { pythonOf } from './images.ts';
import type { Index, Listener, Topology } from './model.ts';
import { index as indexSchema } from './schema-index.ts';
import { gatewayDefaults } from './schema-service.ts';
import type { TopologyFile } from './schema.ts';

/** How the release of the builtin service is started; see the service's own release. */
const builtinCommand = ['bin/node', 'service.mjs'] as const;

/** `path` is the topology file's: relative paths in it count from there. What cannot be resolved was refused before. */
export function resolveTopology(file: TopologyFile, path: string): Topology {
  const { name, region, image, placement, network, search, service, balancer, access, drills } = file;
  const { heap, index, indices, ...restOfSearch } = search;
  const { path: checkPath, body, passive, ...restOfCheck } = balancer.check;
  const { workload, ...restOfDrills } = drills;
  const builtin = service.artifact === 'builtin';
  const absolute = (relative: string) => absolutePath(relative, path);
  const [main, ...others] = indicesOf({ index, indices });
  const first = resolveIndex(main, builtin, absolute);
  const more = others.map((one) => resolveIndex(one, builtin, absolute));
  return {
    name,
    region,
    image,
    network: { range: network.range, balancerRange: network.balancerRange ?? defaultBalancerRange(network.range) },
    search: {
      ...restOfSearch,
      index: first,
      indices: [first, ...more],
      heapMb: heapMbOf({ heap, machineType: search.machineType }) ?? 0,
    },
    service: resolveService(service, image, absolute),
    balancer: {
      ...balancer,
      listeners: balancer.listeners.map((listener) => resolveListener(listener, absolute)),
      check: {
        ...restOfCheck,
        path: checkPath ?? service.healthPath,
        // An application that answers 5xx for its own faults, or the engine's, would be put out of the balancer by them.
        passive: passive ?? builtin,
        passiveGiven: passive !== undefined,
        ...(body === undefined ? {} : { body }),
      },
    },
    access: {
      adminNetworks: access.adminNetworks,
      sshKeys: access.sshKeys.map((key) => (isPublicKey(key) ? key : absolute(key))),
    },
    placement,
    drills: { ...restOfDrills, goals: definedGoals(drills.goals), ...(workload === undefined ? {} : { workload }) },
  };
}

function resolveService(
  service: TopologyFile['service'],
  image: string,
  absolute: (path: string) => string,
): Topology['service'] {
  const {
    command,
    python: version,
    workers,
    environment,
    secrets,
    artifact,
    readyPath,
    gateway,
    auth,
    ...rest
  } = service;
  const python = service.runtime === 'python' ? pythonOf(image, version) : undefined;
  const builtin = artifact === 'builtin';
  return {
    ...rest,
    ...(python && { python }),
    ...(readyPath === undefined ? {} : { readyPath }),
    artifact: builtin ? 'builtin' : absolute(artifact),
    command: command ?? (builtin ? builtinCommand : []),
    // The built-in service has the client in it.
    gateway: resolveGateway(gateway ?? (builtin ? 'off' : 'on')),
    auth: auth ?? (builtin ? 'keys' : 'none'),
    workers: workers ?? machineSize(service.machineType)?.vcpus ?? 1,
    environment: Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)])),
    secrets: Object.fromEntries(Object.entries(secrets).map(([key, file]) => [key, absolute(file)])),
  };
}

function resolveGateway(given: NonNullable<TopologyFile['service']['gateway']>): Topology['service']['gateway'] {
  return given === 'on' ? gatewayDefaults : given;
}

type IndexInFile = NonNullable<TopologyFile['search']['index']>;

/** The indices of the file: the list, or the short form, or the one index that is meant when nothing is said. */
export function indicesOf({
  index,
  indices,
}: Pick<TopologyFile['search'], 'index' | 'indices'>): [IndexInFile, ...IndexInFile[]] {
  const [first = index ?? indexSchema.parse({}), ...more] = indices ?? [];
  return [first, ...more];
}

function resolveIndex({ template, ...rest }: IndexInFile, builtin: boolean, absolute: (path: string) => string): Index {
  const from = template ?? (builtin ? 'built-in' : 'none');
  return {
    ...rest,
    template: from === 'built-in' || from === 'none' ? { from } : { from: 'file', path: absolute(from) },
  };
}

/** The given heap, or half of the memory of a known type; undefined when neither is known. */
export function heapMbOf({
  heap,
  machineType,
}: Pick<TopologyFile['search'], 'heap' | 'machineType'>): number | undefined {
  if (heap !== undefined) return Number(heap.slice(0, -1)) * (/g$/i.test(heap) ? 1024 : 1);
  const size = machineSize(machineType);
  return size && heapFor(size);
}

/** The last /30 that leaves Linode's two reserved addresses at the end alone: .248/30 in a /24. */
export function defaultBalancerRange(networkRange: string): string {
  const parsed = parseRange(networkRange);
  if (parsed === undefined) return '';
  return formatRange({ first: parsed.last - 7, last: parsed.last - 4, prefix: 30 });
}

/** https://letsencrypt.org/docs/staging-environment/ */
const letsEncrypt = {
  production: 'https://acme-v02.api.letsencrypt.org/directory',
  staging: 'https://acme-staging-v02.api.letsencrypt.org/directory',
} as const;

function resolveListener(
  { port, protocol, certificate }: TopologyFile['balancer']['listeners'][number],
  absolute: (path: string) => string,
): Listener {
  if (certificate === undefined) return { port, protocol };
  if (certificate === 'self-signed') return { port, protocol, certificate };
  if ('acme' in certificate) {
    const { domains, email, directory, challenge } = certificate.acme;
    const directoryUrl = directory in letsEncrypt ? letsEncrypt[directory as keyof typeof letsEncrypt] : directory;
    return {
      port,
      protocol,
      certificate: { acme: { domains, challenge, directoryUrl, ...(email === undefined ? {} : { email }) } },
    };
  }
  return {
    port,
    protocol,
    certificate: { certPath: absolute(certificate.certPath), keyPath: absolute(certificate.keyPath) },
  };
}

function absolutePath(given: string, topologyPath: string): string {
  if (given.startsWith('~/')) return resolve(homedir(), given.slice(2));
  return resolve(dirname(resolve(topologyPath)), given);
}

/** A whole OpenSSH public key, in contrast to the path of one. */
function isPublicKey(text: string): boolean {
  return /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp\d+|sk-[a-z0-9@.-]+) [A-Za-z0-9+/=]+(?: .*)?$/.test(text.trim());
}

function definedGoals(goals: TopologyFile['drills']['goals']): Topology['drills']['goals'] {
  return Object.fromEntries(
    Object.entries(goals).map(([drill, goal]) => [
      drill,
      Object.fromEntries(Object.entries(goal).filter(([, value]) => value !== undefined)),
    ]),
  );
}
