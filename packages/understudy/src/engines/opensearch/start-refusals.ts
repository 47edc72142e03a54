// Which settings OpenSearch and its security plugin refuse at the start. One rule, one function; each was seen on the real server.
import { notBooleans, type StartRefusal } from '../start-check.ts';

export const keystoreStates = ['absent', 'to be made', 'unreadable', 'read', 'password', 'broken'] as const;

export interface StartInput {
  readonly settings: ReadonlyMap<string, readonly string[]>;
  /** `to be made`: there is none, and the engine may make it. */
  readonly keystore: (typeof keystoreStates)[number];
  /** Files below the configuration directory that the engine's user can read, relative to it. */
  readonly readable: ReadonlySet<string>;
}

type Rule = (input: StartInput) => readonly StartRefusal[];

const disabled = 'plugins.security.disabled';
const layers = ['transport', 'http'] as const;

const one = ({ settings }: StartInput, name: string): string | undefined => settings.get(name)?.[0];
const securityOn = (input: StartInput): boolean => one(input, disabled) !== 'true';
/** With security, TLS between nodes is on unless it is said to be off, and TLS for clients only when it is said to be on. */
function layerOn(input: StartInput, layer: (typeof layers)[number]): boolean {
  const said = one(input, `plugins.security.ssl.${layer}.enabled`);
  return securityOn(input) && (layer === 'http' ? said === 'true' : said !== 'false');
}

const booleans: Rule = ({ settings }) =>
  notBooleans(settings, [disabled, ...layers.map((layer) => `plugins.security.ssl.${layer}.enabled`)]);

/** TLS without a key, a certificate and authorities. */
const keyless: Rule = (input) =>
  layers.flatMap((layer) => {
    if (!layerOn(input, layer)) return [];
    const setting = `plugins.security.ssl.${layer}`;
    const has = (name: string): boolean => input.settings.has(`${setting}.${name}`);
    if (has('keystore_filepath') && has('truststore_filepath')) return [];
    const needed = ['pemkey_filepath', 'pemcert_filepath', 'pemtrustedcas_filepath'];
    const missing = needed.filter((name) => !has(name) && !(layer === 'http' && name === 'pemtrustedcas_filepath'));
    if (missing.length === 0) return [];
    const allowed = `${setting}.keystore_filepath and truststore_filepath, or ${needed.join(', ')}`;
    return [{ setting, seen: `no ${missing.join(', no ')}`, allowed }];
  });

/** Files that a layer names. Those elsewhere than in the configuration directory cannot be judged here. */
const files: Rule = (input) =>
  layers.flatMap((layer) =>
    ['pemkey', 'pemcert', 'pemtrustedcas', 'keystore', 'truststore'].flatMap((name) => {
      const setting = `plugins.security.ssl.${layer}.${name}_filepath`;
      const file = one(input, setting);
      if (!layerOn(input, layer) || file === undefined) return [];
      const below = file.replace(/^\/etc\/opensearch\//, '').replace(/^\.\//, '');
      if (below.startsWith('/') || below.includes('..') || input.readable.has(below)) return [];
      const allowed = 'a file below /etc/opensearch that the user opensearch can read';
      return [{ setting, seen: `${file}, which is absent or unreadable`, allowed }];
    }),
  );

const singleNode: Rule = (input) =>
  ['cluster.initial_cluster_manager_nodes', 'cluster.initial_master_nodes'].flatMap((setting) =>
    one(input, 'discovery.type') === 'single-node' && input.settings.has(setting)
      ? [{ setting, seen: 'set, with discovery.type: single-node', allowed: 'one of the two' }]
      : [],
  );

const refusedKeystores: Partial<Record<StartInput['keystore'], readonly [seen: string, allowed: string]>> = {
  absent: ['missing, and the user opensearch may not make it', 'a directory that the user opensearch may write to'],
  unreadable: ['unreadable for the user opensearch', 'owner opensearch:opensearch, mode 660'],
  password: [
    'protected by a password',
    'no password: nobody enters it when the unit starts (opensearch-keystore passwd removes it)',
  ],
  broken: ['not a keystore', 'one made by: opensearch-keystore create'],
};

const keystore: Rule = ({ keystore: state }) => {
  const refused = refusedKeystores[state];
  if (refused === undefined) return [];
  const [seen, allowed] = refused;
  return [{ setting: '/etc/opensearch/opensearch.keystore', seen, allowed }];
};

const rules = [keystore, booleans, keyless, files, singleNode];

/** Empty when nothing is known that would keep the engine from starting. */
export function refusedSettings(input: StartInput): readonly StartRefusal[] {
  return rules.flatMap((rule) => rule(input));
}
