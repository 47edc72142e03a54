// What a simulated machine answers when the tool asks what its engine would start with: the settings file that is on it, and a keystore
// with the entries that the vendor's package leaves.
import type { SimulatedMachine } from './simulated-machine.ts';

const directory = '/etc/elasticsearch/';

const leftByThePackage = [
  'autoconfiguration.password_hash',
  'keystore.seed',
  'xpack.security.http.ssl.keystore.secure_password',
  'xpack.security.transport.ssl.keystore.secure_password',
  'xpack.security.transport.ssl.truststore.secure_password',
];

/** Undefined for any other script. */
export function askedOfStart(machine: SimulatedMachine, script: string): { code: number; stdout: string } | undefined {
  if (!script.includes('elasticsearch-keystore')) return undefined;
  const settings = machine.files.get('/etc/elasticsearch/elasticsearch.yml')?.content ?? '';
  const lines = [
    ['settings', Buffer.from(settings).toString('base64')],
    ...[...machine.files.keys()]
      .filter((path) => path.startsWith(directory))
      .map((path) => ['readable', path.slice(directory.length)]),
    ['keystore', machine.keystore],
    ...leftByThePackage.map((name) => ['entry', name]),
    ['end'],
  ];
  return { code: 0, stdout: lines.map((line) => `${line.join('\t')}\n`).join('') };
}
