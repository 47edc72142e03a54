// What differs between the engines the lab can package: artifacts, names, places. Everything else here works from these facts.
import { elasticsearch } from './elasticsearch/facts.ts';

export const engineNames = ['elasticsearch', 'opensearch'] as const;
export type EngineName = (typeof engineNames)[number];

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
  /** A main class of ours in place of the vendor's, compiled against the version's jars. */
  readonly launcher?: string;
  /** Flags for this engine's JVM that its own start script would add. */
  readonly jvmFlags: readonly string[];
}

const artifactsOf = (versioned: readonly string[], first: readonly string[] = []) => ({
  artifacts: [...first, ...versioned],
  versionedArtifacts: versioned,
});

const engines: Readonly<Record<EngineName, (version: string) => Engine>> = {
  elasticsearch,
  opensearch: (version) => ({
    name: 'opensearch',
    version,
    title: 'OpenSearch',
    documentation: 'https://opensearch.org',
    ...artifactsOf(
      [
        `org.opensearch:opensearch:${version}`,
        `org.opensearch.plugin:transport-netty4-client:${version}`,
        `org.opensearch:opensearch-plugin-classloader:${version}`,
        `org.opensearch:opensearch-agent:${version}`,
      ],
      // First, so that the API it brings is of its own version; the server's own project leaves it out.
      ['org.apache.logging.log4j:log4j-core:2.21.0'],
    ),
    transport: { module: 'transport-netty4', pluginClass: 'org.opensearch.transport.Netty4ModulePlugin' },
    placed: {
      'modules/transport-netty4': ['netty-', 'transport-netty4-client-'],
      agent: [`opensearch-agent-${version}`, 'opensearch-agent-bootstrap-', 'byte-buddy-'],
    },
    classArchive: false,
    mainClass: 'org.opensearch.bootstrap.OpenSearch',
    propertyPrefix: 'opensearch',
    environmentPrefix: 'OPENSEARCH',
    javaMajor: 21,
    jvmFlags: [
      '-Dopensearch.networkaddress.cache.ttl=60',
      '-Dopensearch.networkaddress.cache.negative.ttl=10',
      '-Dopensearch.distribution.type=deb',
      `-javaagent:agent/opensearch-agent-${version}.jar`,
      '--add-modules=jdk.incubator.vector',
      '--enable-native-access=ALL-UNNAMED',
    ],
  }),
};

/** The facts of one engine at one version. */
export function engineFacts(name: EngineName, version: string): Engine {
  return engines[name](version);
}
