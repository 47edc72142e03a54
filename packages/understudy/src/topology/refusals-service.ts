// Refusals about the service: its port, its artifact and command, its workers, its environment.
import { machineSize } from './machine-types.ts';
import { pathRefusals, type Refusal } from './refusal.ts';
import type { TopologyFile } from './schema.ts';

/** Ports of a service machine that others hold: SSH, and the engine's, which must not be mistaken for the service. */
const takenPorts: ReadonlyMap<number, string> = new Map([
  [22, 'SSH listens there'],
  [9200, "it is the engine's HTTP port, and a mix-up would open the engine to the balancer"],
  [9300, "it is the engine's transport port"],
]);

export function serviceRefusals({ service }: TopologyFile): Refusal[] {
  const found: Refusal[] = [];
  const taken = takenPorts.get(service.port) ?? (service.port < 1024 ? 'the service does not run as root' : undefined);
  if (taken !== undefined)
    found.push({
      path: ['service', 'port'],
      allowed: 'a port from 1024 to 65535 but 9200 and 9300',
      message: taken,
      remedy: 'leave it out for 5000',
    });
  const builtin = service.artifact === 'builtin';
  if (service.runtime === 'python' && builtin)
    found.push({
      path: ['service', 'artifact'],
      saw: 'no artifact',
      allowed: 'the path of a directory with the service and its requirements.txt',
      message: 'the builtin service runs on node',
      remedy: 'name the directory and set command, or remove runtime: python',
    });
  if (!builtin && service.command === undefined)
    found.push({
      path: ['service', 'command'],
      allowed: 'a list of words',
      message: 'an artifact of your own must say how it is started',
      remedy: 'set command, such as [gunicorn, -w, "{workers}", -b, "{host}:{port}", "app:app"]',
    });
  if (builtin && service.command !== undefined)
    found.push({
      path: ['service', 'command'],
      allowed: 'nothing, for the builtin service',
      message: 'the builtin service knows its own start command',
      remedy: 'remove command, or set artifact',
    });
  if (service.workers === undefined && machineSize(service.machineType) === undefined)
    found.push({
      path: ['service', 'workers'],
      allowed: 'a whole number from 1 to 64',
      message: `the number of CPUs of ${service.machineType} is not known to this version`,
      remedy: 'set workers to the number of its CPUs',
    });
  return [...found, ...pathRefusals(['service', 'healthPath'], service.healthPath)];
}

/** What the tool itself sets; see the service's environment in the machines room. */
const reservedNames: readonly string[] = ['ES_HOSTS', 'HOST', 'INDEX', 'PORT', 'WORKERS'];

export function environmentRefusals({ service }: TopologyFile): Refusal[] {
  const { environment, secrets } = service;
  return [
    ...Object.keys(environment).flatMap((name) => nameRefusals(['service', 'environment', name], name)),
    ...Object.keys(secrets).flatMap((name) => nameRefusals(['service', 'secrets', name], name)),
    ...Object.entries(environment).flatMap(([name, value]) => valueRefusals(name, value)),
    ...Object.keys(secrets).flatMap((name) => (Object.hasOwn(environment, name) ? [duplicates(name)] : [])),
  ];
}

function nameRefusals(path: readonly string[], name: string): Refusal[] {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    const allowed = 'letters, digits and _, not first a digit';
    return [{ path, saw: name, allowed, message: 'it is no name of a variable', remedy: 'rename it' }];
  }
  if (!reservedNames.includes(name)) return [];
  const allowed = `any name but ${reservedNames.join(', ')}`;
  const remedy = 'remove it; ports, workers and index have fields of their own';
  return [{ path, saw: name, allowed, message: 'the tool sets this variable', remedy }];
}

function valueRefusals(name: string, value: unknown): Refusal[] {
  if (!/[\u0000-\u001f\u007f]/.test(String(value))) return [];
  const path = ['service', 'environment', name];
  const message = 'systemd reads one line for each variable';
  return [{ path, saw: 'a control character', allowed: 'one line of text', message, remedy: 'put it on one line' }];
}

function duplicates(name: string): Refusal {
  return {
    path: ['service', 'secrets', name],
    saw: name,
    allowed: 'a name that service.environment does not have',
    message: 'it is unclear which of the two counts',
    remedy: 'remove one of them',
  };
}
