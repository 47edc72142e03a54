// Repair commands that a person can paste: a command on one machine, and a request to the engine through one. Names of indices and settings
// may hold any character, so every part of a line is quoted for both shells that read it.
import { userOf } from '../engines/index.ts';
import { shellLine } from '../machines/index.ts';
import type { View } from './finding.ts';
import type { Status } from './status.ts';

type Machine = Status['machines'][number];

export function commandOnMachine({ addresses }: Pick<Machine, 'addresses'>, argv: readonly string[]): string {
  return shellLine(['ssh', `root@${addresses.public ?? addresses.vpc}`, shellLine(argv)]);
}

/** One word of the remote shell: it reads better than nested single quotes, since the whole command stands in these. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"$`]/g, '\\$&')}"`;
}

export interface EngineRequest {
  readonly method: 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

/** Which machines there are, and who asks. */
type Asking = Pick<View, 'machines' | 'own'>;

/** Through the first search machine that answers, since the engine listens inside the VPC only. */
export function engineRequest({ machines, own }: Asking, { method, path, body }: EngineRequest): string {
  const search = machines.filter(({ role }) => role === 'search');
  const way = search.find(({ reachable }) => reachable) ?? search[0];
  if (!way) return `${method} ${path}`;
  const url = `${way.engineUrl ?? ''}${path}`;
  const sent = body === undefined ? [] : ['-H', 'content-type:application/json', '-d', quoted(JSON.stringify(body))];
  const secured = url.startsWith('https:');
  // curl asks for the password, for which it needs a terminal: it never stands in a command line.
  const login = secured
    ? ['--cacert', '/etc/*/understudy/authority.crt', '-u', own.operatorUser ?? userOf('operator')]
    : [];
  const line = ['curl', '-sS', ...login, '-X', method, quoted(url), ...sent].join(' ');
  return shellLine(['ssh', ...(secured ? ['-t'] : []), `root@${way.addresses.public ?? way.addresses.vpc}`, line]);
}

/** Names of indices as a part of a path. */
export function inPath(name: string): string {
  return encodeURIComponent(name).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Removes settings of the whole cluster, wherever they were set. */
export function clearingRequest(view: Asking, settings: readonly string[]): string {
  const nothing = Object.fromEntries(settings.map((setting) => [setting, null]));
  const body = { persistent: nothing, transient: nothing };
  return engineRequest(view, { method: 'PUT', path: '/_cluster/settings', body });
}
