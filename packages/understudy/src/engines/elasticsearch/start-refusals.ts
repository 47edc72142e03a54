// Which settings and keystore entries Elasticsearch refuses at its start. One rule, one function; each was seen on the real server.
import { notBooleans, type StartRefusal } from '../start-check.ts';

export interface StartInput {
  readonly settings: ReadonlyMap<string, readonly string[]>;
  readonly keystore: 'absent' | 'unreadable' | 'read' | 'password';
  /** Names of the keystore's entries. */
  readonly entries: ReadonlySet<string>;
  /** Files below the configuration directory that the engine's user can read, relative to it. */
  readonly readable: ReadonlySet<string>;
}

type Rule = (input: StartInput) => readonly StartRefusal[];

const layers = ['xpack.security.transport.ssl', 'xpack.security.http.ssl'] as const;

const one = ({ settings }: StartInput, name: string): string | undefined => settings.get(name)?.[0];
const isOn = (input: StartInput, name: string): boolean => one(input, name) === 'true';
/** On where nothing is said: the default of version 8 and later. */
const securityOn = (input: StartInput): boolean => one(input, 'xpack.security.enabled') !== 'false';

/** Any word about TLS without saying whether it is on. Entries of the keystore count, also while security is off. */
const undecided: Rule = (input) =>
  layers.flatMap((layer) => {
    const names = [...input.settings.keys(), ...input.entries].filter((name) => name.startsWith(`${layer}.`)).sort();
    if (names.length === 0 || input.settings.has(`${layer}.enabled`)) return [];
    const where = names.map((name) => (input.entries.has(name) ? `${name} (in the keystore)` : name));
    return [{ setting: `${layer}.enabled`, seen: `not set, beside ${where.join(', ')}`, allowed: 'true or false' }];
  });

const booleans: Rule = ({ settings }) =>
  notBooleans(settings, [
    ...['xpack.security.enabled', 'xpack.security.enrollment.enabled'],
    ...layers.map((layer) => `${layer}.enabled`),
  ]);

/** TLS on without a key and a certificate. */
const keyless: Rule = (input) =>
  layers.flatMap((layer) => {
    if (!isOn(input, `${layer}.enabled`)) return [];
    const has = (name: string): boolean => input.settings.has(`${layer}.${name}`);
    const allowed = `${layer}.keystore.path, or both ${layer}.key and ${layer}.certificate`;
    if (has('keystore.path') && (has('key') || has('certificate'))) {
      return [{ setting: layer, seen: 'keystore.path and key or certificate', allowed: `one of the two: ${allowed}` }];
    }
    if (has('keystore.path') || (has('key') && has('certificate'))) return [];
    const seen =
      has('key') || has('certificate') ? 'only one of key and certificate' : 'neither a key nor a certificate';
    return [{ setting: layer, seen, allowed }];
  });

/** Files that a layer names, when TLS is on. A name from elsewhere than the configuration directory cannot be judged here. */
const files: Rule = (input) =>
  layers.flatMap((layer) =>
    ['keystore.path', 'truststore.path', 'key', 'certificate', 'certificate_authorities'].flatMap((name) => {
      if (!isOn(input, `${layer}.enabled`)) return [];
      return (input.settings.get(`${layer}.${name}`) ?? []).flatMap((file) => {
        const below = file.replace(/^\/etc\/elasticsearch\//, '').replace(/^\.\//, '');
        if (below.startsWith('/') || below.includes('..') || input.readable.has(below)) return [];
        const allowed = 'a file below /etc/elasticsearch that the user elasticsearch can read';
        return [{ setting: `${layer}.${name}`, seen: `${file}, which is absent or unreadable`, allowed }];
      });
    }),
  );

/** A password written into the settings file instead of the keystore. */
const secretsInFile: Rule = ({ settings }) =>
  [...settings.keys()]
    .filter((name) => name.startsWith('xpack.security.') && /(^|\.)secure_[a-z_]+$/.test(name))
    .map((setting) => ({ setting, seen: 'in elasticsearch.yml', allowed: 'in the keystore alone' }));

/** The old name of a password in the file, and the new one in the keystore. */
const twoPasswords: Rule = ({ settings, entries }) =>
  [...settings.keys()]
    .filter((name) => /^xpack\.security\.(transport|http)\.ssl\.(keystore|truststore)\.password$/.test(name))
    .filter((name) => entries.has(name.replace(/password$/, 'secure_password')))
    .map((setting) => ({ setting, seen: 'here, and as secure_password in the keystore', allowed: 'one of the two' }));

const isLoopback = (host: string): boolean => /^(127\.|::1$|\[::1\]$|localhost$|_local(:ip[v46]*)?_$)/.test(host);
const hostSettings = ['network', 'transport'].flatMap((part) =>
  ['host', 'bind_host', 'publish_host'].map((name) => `${part}.${name}`),
);

/** Users without TLS between the nodes, on an address that others reach. */
const openTransport: Rule = (input) => {
  const open = hostSettings.flatMap((name) => input.settings.get(name) ?? []).filter((host) => !isLoopback(host));
  const alone = one(input, 'discovery.type') === 'single-node';
  if (!securityOn(input) || isOn(input, 'xpack.security.transport.ssl.enabled') || open.length === 0 || alone)
    return [];
  const seen = `${one(input, 'xpack.security.transport.ssl.enabled') ?? 'not set'}, with security on and the address ${open.join(', ')}`;
  return [{ setting: 'xpack.security.transport.ssl.enabled', seen, allowed: 'true, or xpack.security.enabled: false' }];
};

const singleNode: Rule = (input) =>
  one(input, 'discovery.type') === 'single-node' && input.settings.has('cluster.initial_master_nodes')
    ? [
        {
          setting: 'cluster.initial_master_nodes',
          seen: 'set, with discovery.type: single-node',
          allowed: 'one of the two',
        },
      ]
    : [];

/** The engine makes a missing keystore itself, which its user may not do in the package's directory. */
const keystore: Rule = ({ keystore: state }) => {
  if (state === 'read') return [];
  const seen = {
    absent: 'missing',
    unreadable: 'unreadable for the user elasticsearch',
    password: 'protected by a password',
  };
  const allowed = {
    absent: 'one made by: elasticsearch-keystore create; chown root:elasticsearch; chmod 660',
    unreadable: 'owner root:elasticsearch, mode 660',
    password: 'no password: nobody enters it when the unit starts (elasticsearch-keystore passwd removes it)',
  };
  return [{ setting: '/etc/elasticsearch/elasticsearch.keystore', seen: seen[state], allowed: allowed[state] }];
};

const rules = [keystore, undecided, booleans, keyless, files, secretsInFile, twoPasswords, openTransport, singleNode];

/** Empty when nothing is known that would keep the engine from starting. */
export function refusedSettings(input: StartInput): readonly StartRefusal[] {
  return rules.flatMap((rule) => rule(input));
}
