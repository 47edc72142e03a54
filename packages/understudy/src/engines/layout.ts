// Where each engine's own Debian package puts things, and where packages come from. One place, so that a dialect of paths
// is a table and not a branch.
import type { Engine } from '../topology/index.ts';

export interface EngineLayout {
  readonly packageName: string;
  readonly unit: string;
  readonly user: string;
  readonly configFile: string;
  readonly configDirectory: string;
  readonly dataDirectory: string;
  readonly logDirectory: string;
}

function layout(name: string): EngineLayout {
  return {
    packageName: name,
    unit: `${name}.service`,
    user: name,
    configFile: `/etc/${name}/${name}.yml`,
    configDirectory: `/etc/${name}`,
    dataDirectory: `/var/lib/${name}`,
    logDirectory: `/var/log/${name}`,
  };
}

/** Sources: the file layouts in the vendors' pages on their Debian packages. */
export const engineLayouts: Readonly<Record<Engine, EngineLayout>> = {
  elasticsearch: layout('elasticsearch'),
  opensearch: layout('opensearch'),
};

export const httpPort = 9200;
export const transportPort = 9300;

/** An apt repository that carries the engine's package. */
export interface PackageRepository {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** How apt knows that the packages are genuine. `trusted` is for a repository on a network nobody else can reach: the lab. */
  readonly key:
    | { readonly kind: 'url'; readonly url: string }
    | { readonly kind: 'armored'; readonly text: string }
    | { readonly kind: 'trusted' };
  /** True when the package carries the vendor's security module, which must then be configured one way or the other. */
  readonly securityModule: boolean;
}

/** The vendor's own repository for the major line of `version`. */
export function vendorRepository(engine: Engine, version: string): PackageRepository {
  const line = `${version.split('.')[0] ?? version}.x`;
  const source =
    engine === 'elasticsearch'
      ? {
          uri: `https://artifacts.elastic.co/packages/${line}/apt`,
          url: 'https://artifacts.elastic.co/GPG-KEY-elasticsearch',
        }
      : {
          uri: `https://artifacts.opensearch.org/releases/bundle/opensearch/${line}/apt`,
          url: 'https://artifacts.opensearch.org/publickeys/opensearch-release.pgp',
        };
  return {
    uri: source.uri,
    suite: 'stable',
    components: ['main'],
    key: { kind: 'url', url: source.url },
    securityModule: true,
  };
}
