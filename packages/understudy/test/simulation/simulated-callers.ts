// Whom the service of a simulated machine lets in: by its file of keys and its file of secrets of service machines, which it reads at once.
import { createHash } from 'node:crypto';
import { verify } from '../../../service/src/auth/peer-signature.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import { serves, type Said } from './simulated-service.ts';

const keysPath = '/etc/understudy/service-keys.json';
const peersPath = '/etc/understudy/service-peers';

/** The answer to a script that only asks about callers; undefined for any other script. */
export function askedOfCallers(machine: SimulatedMachine, script: string): Said | undefined {
  if (script === 'date +%s%3N\n') return { code: 0, stdout: `${Date.now() + machine.clockAheadMs}\n` };
  if (script.startsWith(`[ ! -e ${keysPath} ]`)) return { code: 0, stdout: machine.files.get(keysPath)?.content ?? '' };
  if (!script.startsWith('ask() {')) return undefined;
  const lines = [...script.matchAll(/^ask '([^']*)'$/gm)].map(([, header = '']) => {
    const status = statusOf(machine, header);
    return `${status} ${machine.takesPeers && status === 200 && header.startsWith('Auth') ? 'peers' : '-'}\n`;
  });
  return { code: 0, stdout: lines.join('') };
}

/** A script that has put keys there waits until the service knows the caller; `code`: how it ended until then. */
export function afterKeys(machine: SimulatedMachine, script: string, code: number): Said {
  const bearer = /'(Authorization: Bearer) %s\\n' '([^']*)'/.exec(script);
  if (code !== 0 || !bearer) return { code, stdout: '' };
  if (!serves(machine)) return { code: 3, stdout: '' };
  const status = statusOf(machine, `${bearer[1]} ${bearer[2]}`);
  return status === 200 ? { code: 0, stdout: '' } : { code: 4, stdout: String(status) };
}

/** What GET /whoami answers to a header line. */
export function statusOf(machine: SimulatedMachine, header: string): number {
  if (!serves(machine)) return 0;
  const [, key] = /^Authorization: Bearer (\S+)$/.exec(header) ?? [];
  if (key !== undefined) return holdsKey(machine, key) ? 200 : 401;
  const [, signed = ''] = /^X-Understudy-Peer: (.*)$/.exec(header) ?? [];
  const secrets = machine.takesPeers ? peerSecretsOn(machine) : [];
  const now = Date.now() + machine.clockAheadMs;
  return verify(secrets, signed, { method: 'GET', path: '/whoami' }, now) === undefined ? 401 : 200;
}

export function peerSecretsOn(machine: SimulatedMachine): string[] {
  return (machine.files.get(peersPath)?.content ?? '').split('\n').filter((line) => line !== '');
}

function holdsKey(machine: SimulatedMachine, bearer: string): boolean {
  const [, id, secret = ''] = /^us_([a-z0-9-]+)_(.{43})$/.exec(bearer) ?? [];
  const { keys } = JSON.parse(machine.files.get(keysPath)?.content ?? '{"keys":[]}') as {
    keys: { id: string; sha256: string }[];
  };
  const hash = createHash('sha256').update(secret).digest('hex');
  return keys.some((record) => record.id === id && record.sha256 === hash);
}
