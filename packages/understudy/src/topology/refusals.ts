// Topologies whose every field is well formed and which are still refused: unsafe, or beyond what Linode allows. Each refusal
// says why and what to do instead.
import { accessRefusals, networkRefusals } from './refusals-network.ts';
import { heapMbOf } from './resolve.ts';
import { leastHeapMb, machineSize, mostHeapMb } from './machine-types.ts';
import { mostMachinesPerGroup } from './plan.ts';
import type { TopologyFile } from './schema.ts';

/** A problem before it is given its place in the file. */
export interface Refusal {
  readonly path: readonly (string | number)[];
  /** Shown as the value seen; default: the field's value. */
  readonly saw?: string;
  readonly allowed: string;
  readonly message: string;
  readonly wayOut: string;
}

export function refusals(file: TopologyFile): Refusal[] {
  return [
    ...clusterRefusals(file),
    ...heapRefusals(file),
    ...serviceRefusals(file),
    ...environmentRefusals(file),
    ...listenerRefusals(file),
    ...checkRefusals(file),
    ...placementRefusals(file),
    ...networkRefusals(file),
    ...accessRefusals(file),
  ];
}

function clusterRefusals({ search }: TopologyFile): Refusal[] {
  const { engine, version, nodes, index } = search;
  const found: Refusal[] = [];
  const major = Number(version.split('.')[0]);
  const majors = { elasticsearch: [8, 9], opensearch: [2, 3] } as const;
  if (!(majors[engine] as readonly number[]).includes(major)) {
    const other = engine === 'elasticsearch' ? 'opensearch' : 'elasticsearch';
    const isOther = (majors[other] as readonly number[]).includes(major);
    found.push({
      path: ['search', 'version'],
      allowed: `${engine} ${majors[engine].join('.x or ')}.x`,
      message: isOther ? `that is a version of ${other}` : `this tool does not know ${engine} ${major}`,
      wayOut: isOther
        ? `set engine: ${other}, or a version of ${engine}`
        : `choose a release of ${engine} ${majors[engine][1]}`,
    });
  }
  if (nodes % 2 === 0)
    found.push({
      path: ['search', 'nodes'],
      allowed: 'an odd whole number, 3 at least',
      message:
        `of ${nodes} master-eligible machines ${nodes / 2 + 1} must agree, so ${nodes} survive no more deaths than ${nodes - 1}, and an ` +
        'even split has no majority without a tiebreaker',
      wayOut: `set ${nodes - 1} or ${nodes + 1}`,
    });
  if (index.replicas >= nodes)
    found.push({
      path: ['search', 'index', 'replicas'],
      allowed: `a whole number from 1 to ${nodes - 1}`,
      message: `${index.replicas + 1} copies of a shard need as many machines and there are ${nodes}, so the cluster would never be green`,
      wayOut: `set ${nodes - 1} or fewer, or more search.nodes`,
    });
  if (/^\.+$/.test(index.name))
    found.push({
      path: ['search', 'index', 'name'],
      allowed: 'a name that is not only dots',
      message: 'the engine refuses it',
      wayOut: 'choose another name, such as documents',
    });
  return found;
}

function heapRefusals({ search }: TopologyFile): Refusal[] {
  const path = ['search', 'heap'];
  const heapMb = heapMbOf(search);
  const size = machineSize(search.machineType);
  const allowed = `${leastHeapMb}m to ${size ? `${Math.min(mostHeapMb, Math.floor(size.memoryMb / 2))}m` : '31g'}`;
  if (heapMb === undefined) {
    const message = `the memory of ${search.machineType} is not known to this version`;
    return [{ path, allowed, message, wayOut: "set heap to half of the machine's memory, such as 4g" }];
  }
  if (heapMb < leastHeapMb)
    return [
      { path, allowed, message: 'the engine does not start with so little', wayOut: `set ${leastHeapMb}m or more` },
    ];
  if (heapMb > mostHeapMb)
    return [{ path, allowed, message: 'above 31g the JVM loses compressed pointers', wayOut: 'set 31g or less' }];
  if (size !== undefined && heapMb > size.memoryMb / 2)
    return [
      {
        path,
        allowed,
        message: `it is more than half of the ${size.memoryMb} MB of ${search.machineType}, and the file cache needs the other half`,
        wayOut: `set ${Math.floor(size.memoryMb / 2)}m or less, or choose a bigger machineType`,
      },
    ];
  return [];
}

/** Ports of a service machine that others hold: SSH, and the engine's, which must not be mistaken for the service. */
const takenPorts: ReadonlyMap<number, string> = new Map([
  [22, 'SSH listens there'],
  [9200, "it is the engine's HTTP port, and a mix-up would open the engine to the balancer"],
  [9300, "it is the engine's transport port"],
]);

function serviceRefusals({ service }: TopologyFile): Refusal[] {
  const found: Refusal[] = [];
  const taken = takenPorts.get(service.port) ?? (service.port < 1024 ? 'the service does not run as root' : undefined);
  if (taken !== undefined)
    found.push({
      path: ['service', 'port'],
      allowed: 'a port from 1024 to 65535 but 9200 and 9300',
      message: taken,
      wayOut: 'leave it out for 5000',
    });
  const builtin = service.artifact === 'builtin';
  if (service.runtime === 'python' && builtin)
    found.push({
      path: ['service', 'artifact'],
      saw: 'no artifact',
      allowed: 'the path of a directory with the service and its requirements.txt',
      message: 'the builtin service runs on node',
      wayOut: 'name the directory and set command, or remove runtime: python',
    });
  if (!builtin && service.command === undefined)
    found.push({
      path: ['service', 'command'],
      allowed: 'a list of words',
      message: 'an artifact of your own must say how it is started',
      wayOut: 'set command, such as [gunicorn, -w, "{workers}", -b, "{host}:{port}", "app:app"]',
    });
  if (builtin && service.command !== undefined)
    found.push({
      path: ['service', 'command'],
      allowed: 'nothing, for the builtin service',
      message: 'the builtin service knows its own start command',
      wayOut: 'remove command, or set artifact',
    });
  if (service.workers === undefined && machineSize(service.machineType) === undefined)
    found.push({
      path: ['service', 'workers'],
      allowed: 'a whole number from 1 to 64',
      message: `the number of CPUs of ${service.machineType} is not known to this version`,
      wayOut: 'set workers to the number of its CPUs',
    });
  return [...found, ...pathRefusals(['service', 'healthPath'], service.healthPath)];
}

/** The characters that Linode takes in a check's path: the pattern of `check_path` in its OpenAPI file. */
function pathRefusals(path: readonly string[], value: string | undefined): Refusal[] {
  if (value === undefined || /^\/[a-zA-Z0-9/\-%?&=.]*$/.test(value)) return [];
  return [
    {
      path,
      allowed: 'letters, digits and / - % ? & = .',
      message: "the balancer's check takes no other character",
      wayOut: 'choose a plainer path, such as /healthz',
    },
  ];
}

/** What the tool itself sets; see the service's environment in the machines room. */
const reservedNames: readonly string[] = ['ES_HOSTS', 'HOST', 'INDEX', 'PORT', 'WORKERS'];

function environmentRefusals({ service }: TopologyFile): Refusal[] {
  return Object.entries(service.environment).flatMap(([name, value]): Refusal[] => {
    const path = ['service', 'environment', name];
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      const allowed = 'letters, digits and _, not first a digit';
      return [{ path, saw: name, allowed, message: 'it is no name of a variable', wayOut: 'rename it' }];
    }
    if (reservedNames.includes(name)) {
      const allowed = `any name but ${reservedNames.join(', ')}`;
      const wayOut = 'remove it; ports, workers and index have fields of their own';
      return [{ path, saw: name, allowed, message: 'the tool sets this variable', wayOut }];
    }
    if (/[\u0000-\u001f\u007f]/.test(String(value))) {
      const message = 'systemd reads one line for each variable';
      return [{ path, saw: 'a control character', allowed: 'one line of text', message, wayOut: 'put it on one line' }];
    }
    return [];
  });
}

function listenerRefusals({ balancer }: TopologyFile): Refusal[] {
  return balancer.listeners.flatMap(({ port, protocol, certificate }, index): Refusal[] => {
    const path = ['balancer', 'listeners', index];
    const found: Refusal[] = [];
    if (balancer.listeners.findIndex((other) => other.port === port) < index)
      found.push({
        path: [...path, 'port'],
        allowed: 'a port that no other listener has',
        message: 'two listeners cannot share a port',
        wayOut: 'change or remove one of them',
      });
    if (protocol === 'https' && certificate === undefined)
      found.push({
        path: [...path, 'certificate'],
        allowed: 'self-signed, or certPath and keyPath',
        message: 'https needs a certificate',
        wayOut: 'set certificate: self-signed to try it, or name your PEM files',
      });
    if (protocol === 'http' && certificate !== undefined)
      found.push({
        path: [...path, 'certificate'],
        saw: 'a certificate',
        allowed: 'nothing, for http',
        message: 'http would not use it',
        wayOut: 'set protocol: https or remove it',
      });
    return found;
  });
}

function checkRefusals({ balancer: { check } }: TopologyFile): Refusal[] {
  const path = ['balancer', 'check'];
  const found = pathRefusals([...path, 'path'], check.path);
  if (check.intervalS <= check.timeoutS)
    found.push({
      path: [...path, 'intervalS'],
      allowed: `a whole number above timeoutS (${check.timeoutS})`,
      message: 'Linode refuses a check that may last into the next one',
      wayOut: `set intervalS to ${check.timeoutS + 2}, or a shorter timeoutS`,
    });
  if (check.type === 'http_body' && check.body === undefined)
    found.push({
      path: [...path, 'body'],
      allowed: 'a regular expression',
      message: 'http_body compares the body with it',
      wayOut: 'set body, or type: http',
    });
  if (check.type !== 'http_body' && check.body !== undefined)
    found.push({
      path: [...path, 'body'],
      allowed: `nothing, for type ${check.type}`,
      message: `a check of type ${check.type} reads no body`,
      wayOut: 'remove body, or set type: http_body',
    });
  if (check.type === 'connection' && check.path !== undefined)
    found.push({
      path: [...path, 'path'],
      allowed: 'nothing, for type connection',
      message: 'a connection check asks for no path',
      wayOut: 'remove path, or set type: http',
    });
  return found;
}

function placementRefusals({ placement, search, service }: TopologyFile): Refusal[] {
  if (placement.policy === 'flexible') return [];
  const roles = [
    ['search', 'nodes', search.nodes],
    ['service', 'instances', service.instances],
  ] as const;
  return roles
    .filter(([, , count]) => count > mostMachinesPerGroup)
    .map(([role, fieldName]) => ({
      path: [role, fieldName],
      allowed: `${mostMachinesPerGroup} at most with placement.policy: strict`,
      message: `a placement group of Linode holds ${mostMachinesPerGroup} machines, so more of them cannot all be promised hosts of their own`,
      wayOut: `set ${mostMachinesPerGroup} or fewer, or placement: {policy: flexible} for several groups, best effort`,
    }));
}
