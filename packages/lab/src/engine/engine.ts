// What differs between the engines the lab can package: artifacts, names, places. Everything else here works from these facts.
import { openSearch } from './opensearch/facts.ts';

export const engineNames = ['elasticsearch', 'opensearch'] as const;
export type EngineName = (typeof engineNames)[number];

export interface EnginePlugin {
  readonly name: string;
  /** Coordinates of the plugin as its vendor packs it. */
  readonly zip?: string;
  /** Coordinates of jars that go beside, with their dependencies. */
  readonly jars: readonly string[];
}

export interface Engine {
  readonly name: EngineName;
  readonly version: string;
  /** As people write it, in unit descriptions. */
  readonly title: string;
  /** Vendor's page, for the unit's Documentation= and the package's Homepage. */
  readonly documentation: string;
  /** Maven coordinates, group:artifact:version; their dependencies come along. */
  readonly artifacts: readonly string[];
  /** Those of them that the vendor publishes with each version of the engine, though not with every one. */
  readonly versionedArtifacts: readonly string[];
  /** Plugins that the package has, in plugins/ of the home. */
  readonly plugins: readonly EnginePlugin[];
  /** Folder under modules/ and the class in its descriptor. */
  readonly transport: { readonly module: string; readonly pluginClass: string };
  /** Folder of the home -> the beginnings of the names of its jars; all others lie in lib/. */
  readonly placed: Readonly<Record<string, readonly string[]>>;
  /** Whether its JVM can use a class archive: none can be made under a Java agent. */
  readonly classArchive: boolean;
  readonly mainClass: string;
  /** Prefix of the engine's system properties: es.path.home, opensearch.path.home. */
  readonly propertyPrefix: 'es' | 'opensearch';
  /** Prefix of the engine's environment variables: ES_PATH_CONF, OPENSEARCH_PATH_CONF. */
  readonly environmentPrefix: 'ES' | 'OPENSEARCH';
  /** The oldest Java that it runs on; what we compile for it is for that one. */
  readonly javaMajor: 17 | 21;
  /** Flags for this engine's JVM that its own start script would add. */
  readonly jvmFlags: readonly string[];
}

const majorOf = (version: string): number => Number(version.split('.')[0]);

const artifactsOf = (versioned: readonly string[], first: readonly string[] = []) => ({
  artifacts: [...first, ...versioned],
  versionedArtifacts: versioned,
});

const engines: Readonly<Record<EngineName, (version: string) => Engine>> = {
  elasticsearch: (version) => ({
    name: 'elasticsearch',
    version,
    title: 'Elasticsearch',
    documentation: 'https://www.elastic.co',
    ...artifactsOf([
      `org.elasticsearch:elasticsearch:${version}`,
      `org.elasticsearch.plugin:transport-netty4:${version}`,
    ]),
    plugins: [],
    transport: { module: 'transport-netty4', pluginClass: 'org.elasticsearch.transport.netty4.Netty4Plugin' },
    placed: { 'modules/transport-netty4': ['netty-', 'transport-netty4-'] },
    classArchive: true,
    mainClass: 'org.elasticsearch.bootstrap.ElasticsearchLauncher',
    propertyPrefix: 'es',
    environmentPrefix: 'ES',
    javaMajor: majorOf(version) < 9 ? 17 : 21,
    jvmFlags: [
      '-Des.networkaddress.cache.ttl=60',
      '-Des.networkaddress.cache.negative.ttl=10',
      '-Des.distribution.type=deb',
      // libvec, Elastic's SIMD code, is not published; without this flag its absence disables all native access.
      '-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false',
      '--add-modules=jdk.incubator.vector',
      '--enable-native-access=ALL-UNNAMED',
    ],
  }),
  opensearch: openSearch,
};

/** The facts of one engine at one version. */
export function engineFacts(name: EngineName, version: string): Engine {
  return engines[name](version);
}
