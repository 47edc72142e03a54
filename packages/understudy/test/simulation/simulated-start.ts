// What a simulated machine answers when the tool asks what its engine would start with: the settings file that is on it, and a keystore
// with the entries that the package of Elasticsearch leaves.
import type { SimulatedMachine } from './simulated-machine.ts';

const leftByThePackage = [
  'autoconfiguration.password_hash',
  'keystore.seed',
  'xpack.security.http.ssl.keystore.secure_password',
  'xpack.security.transport.ssl.keystore.secure_password',
  'xpack.security.transport.ssl.truststore.secure_password',
];

/** Undefined for any other script. */
export function askedOfStart(machine: SimulatedMachine, script: string): { code: number; stdout: string } | undefined {
  const engine = (['elasticsearch', 'opensearch'] as const).find((name) => script.includes(`${name}.keystore`));
  if (engine === undefined) return undefined;
  const directory = `/etc/${engine}/`;
  const settings = machine.files.get(`${directory}${engine}.yml`)?.content ?? '';
  const lines = [
    ['settings', Buffer.from(settings).toString('base64')],
    ...[...machine.files.keys()]
      .filter((path) => path.startsWith(directory))
      .map((path) => ['readable', path.slice(directory.length)]),
    ['keystore', machine.keystore],
    ...(engine === 'elasticsearch' ? leftByThePackage.map((name) => ['entry', name]) : []),
    ['end'],
  ];
  return { code: 0, stdout: lines.map((line) => `${line.join('\t')}\n`).join('') };
}
