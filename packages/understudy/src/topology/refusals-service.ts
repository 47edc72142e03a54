// Refusals about the service: its port, its artifact and command, its workers, its environment.
import { imagesWithPython, pythonOf } from './images.ts';
import { machineSize } from './machine-types.ts';
import { pathRefusals, type Refusal } from './refusal.ts';
import { commandRefusals } from './refusals-command.ts';
import type { TopologyFile } from './schema.ts';

/** Ports of a service machine that others hold: SSH, and the engine's, which must not be mistaken for the service. */
const takenPorts: ReadonlyMap<number, string> = new Map([
  [22, 'SSH listens there'],
  [9200, "it is the engine's HTTP port, and a mistake would expose the engine to the balancer"],
  [9300, "it is the engine's transport port"],
]);

/** Runtimes whose artifact says how it is started. */
const knowsItsCommand: readonly string[] = ['node', 'go'];

export function serviceRefusals({ image, service }: TopologyFile): Refusal[] {
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
  if (service.runtime !== 'node' && builtin)
    found.push({
      path: ['service', 'artifact'],
      saw: 'no artifact',
      allowed: 'the path of the directory of your application',
      message: 'the builtin service runs on node',
      remedy: `name the directory and set command, or remove runtime: ${service.runtime}`,
    });
  if (!builtin && service.command === undefined && !knowsItsCommand.includes(service.runtime))
    found.push({
      path: ['service', 'command'],
      allowed: 'a list of words',
      message: 'an artifact of your own needs a start command',
      remedy: 'set command, such as [gunicorn, -w, "{workers}", -b, "{host}:{port}", "app:app"]',
    });
  if (builtin && service.command !== undefined)
    found.push({
      path: ['service', 'command'],
      allowed: 'nothing, for the builtin service',
      message: 'the builtin service has its own start command',
      remedy: 'remove command, or set artifact',
    });
  if (builtin && service.gateway !== undefined && service.gateway !== 'off')
    found.push({
      path: ['service', 'gateway'],
      saw: typeof service.gateway === 'string' ? service.gateway : 'a mapping',
      allowed: 'off, for the built-in service',
      message: 'the built-in service has the client in it and would not use the gateway',
      remedy: 'remove gateway, or set artifact',
    });
  if (service.workers === undefined && machineSize(service.machineType) === undefined)
    found.push({
      path: ['service', 'workers'],
      allowed: 'a whole number from 1 to 64',
      message: `the number of CPUs of ${service.machineType} is not known to this version`,
      remedy: 'set workers to the number of its CPUs',
    });
  return [
    ...found,
    ...commandRefusals(service.command),
    ...pythonRefusals(image, service),
    ...rolloutRefusals(service),
    ...pathRefusals(['service', 'healthPath'], service.healthPath),
    ...askedPathRefusals(['service', 'readyPath'], service.readyPath),
    ...service.rollout.paths.flatMap((path, order) => askedPathRefusals(['service', 'rollout', 'paths', order], path)),
  ];
}

/** Of paths that a script on the machine asks for, and no balancer. */
function askedPathRefusals(path: Refusal['path'], value: string | undefined): Refusal[] {
  if (value === undefined || /^[\w/\-%?&=.~+,:;@!]*$/.test(value)) return [];
  return [
    {
      path,
      saw: value,
      allowed: 'letters, digits and / - _ . ~ % ? & = + , : ; @ !',
      message: 'a path is requested as it stands here',
      remedy: 'write any other character as % and two hex digits, such as %20 for a space',
    },
  ];
}

function rolloutRefusals({ rollout, instances }: TopologyFile['service']): Refusal[] {
  if (rollout.maxUnavailable < instances) return [];
  return [
    {
      path: ['service', 'rollout', 'maxUnavailable'],
      allowed: `a whole number from 1 to ${instances - 1}`,
      message: `of ${instances} service machines one at least has to serve while the others are changed`,
      remedy: 'leave it out for 1, or ask for more service.instances',
    },
  ];
}

function pythonRefusals(image: string, { runtime, python }: TopologyFile['service']): Refusal[] {
  if (runtime !== 'python') {
    if (python === undefined) return [];
    const message = 'only the runtime python reads it';
    return [
      { path: ['service', 'python'], allowed: `nothing, with runtime: ${runtime}`, message, remedy: 'remove it' },
    ];
  }
  if (pythonOf(image, python) !== undefined) return [];
  return [
    {
      path: ['service', 'python'],
      saw: `nothing, with image: ${image}`,
      allowed: `an image whose Python is known (${imagesWithPython.join(', ')}), or a version such as '3.12'`,
      message: 'wheels are chosen for one version of Python',
      remedy: 'set service.python to what python3 --version says on that image',
    },
  ];
}

/** What the tool itself sets and has a field for; see the service's environment in the machines room. */
const reservedNames: readonly string[] = ['HOST', 'INDEX', 'PORT', 'WORKERS'];

const loginNames = /^(?:AUTH(?:_[A-Z_]+)?|PEER_SECRET(?:_FILE)?)$/;

/** Where the tool says who may call, a variable of the user's would undo it. */
function loginRefusals({ artifact, auth, environment, secrets }: TopologyFile['service']): Refusal[] {
  if (artifact !== 'builtin' && auth === undefined) return [];
  return [['environment', environment] as const, ['secrets', secrets] as const].flatMap(([field, values]) =>
    Object.keys(values)
      .filter((name) => loginNames.test(name))
      .map((name) => ({
        path: ['service', field, name],
        saw: name,
        allowed: 'any name but AUTH, AUTH_…, PEER_SECRET and PEER_SECRET_FILE',
        message: 'the tool sets this variable from service.auth',
        remedy: 'remove it, and write service.auth',
      })),
  );
}

export function environmentRefusals({ service }: TopologyFile): Refusal[] {
  const { environment, secrets } = service;
  return [
    ...loginRefusals(service),
    ...Object.keys(environment).flatMap((name) => nameRefusals(['service', 'environment', name], name)),
    ...Object.keys(secrets).flatMap((name) => nameRefusals(['service', 'secrets', name], name)),
    ...Object.entries(environment).flatMap(([name, value]) => valueRefusals(name, value)),
    ...Object.keys(secrets).flatMap((name) => (Object.hasOwn(environment, name) ? [duplicates(name)] : [])),
  ];
}

function nameRefusals(path: readonly string[], name: string): Refusal[] {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    const allowed = 'letters, digits and _, not first a digit';
    return [{ path, saw: name, allowed, message: 'it is not a valid name of a variable', remedy: 'rename it' }];
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
    message: 'it is unclear which of the two applies',
    remedy: 'remove one of them',
  };
}
