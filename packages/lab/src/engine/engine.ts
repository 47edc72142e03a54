// What differs between the engines the lab can package: artifacts, names, places. Everything else here works from these facts.

export const engineNames = ['elasticsearch', 'opensearch'] as const;
export type EngineName = (typeof engineNames)[number];

/** A module of the vendor's beside the transport, or one of ours. */
export interface EngineModule {
  /** Its folder below modules/. */
  readonly name: string;
  readonly description: string;
  readonly pluginClass: string;
  /** Modules whose classes it sees. */
  readonly extends?: readonly string[];
  /** Artifact ids: their jars, and those of their dependencies that nothing before them in `artifacts` has brought, lie in it. */
  readonly brings: readonly string[];
  /** Beginnings of the names of jars that it has a copy of, beside the transport's. */
  readonly copies?: readonly string[];
}

export interface EnginePlugin {
  readonly name: string;
  /** Coordinates of the plugin as its vendor packs it. */
  readonly zip?: string;
  /** Coordinates of jars that go beside, with their dependencies. */
  readonly jars: readonly string[];
}

/** Java of ours in the package, compiled against each version's jars. */
export interface OwnJava {
  /** `elasticsearch` in them stands for the engine's name. */
  readonly sources: readonly string[];
  /** Path of a jar in the home -> the package whose classes it holds. */
  readonly jars: Readonly<Record<string, string>>;
}

export type MaintainerScripts = Readonly<Record<'preinst' | 'postinst' | 'prerm' | 'postrm', string>>;

export interface ConfigurationFile {
  readonly path: string;
  readonly content: string;
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
  readonly plugins?: readonly EnginePlugin[];
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
  readonly java: OwnJava;
  /** Artifact -> what is not taken along with it, as group:artifact or group:*. */
  readonly exclusions?: Readonly<Record<string, readonly string[]>>;
  /** Beginnings of the names of jars that are left out: the engine refuses a class that it finds twice. */
  readonly leftOut?: readonly string[];
  readonly modules: readonly EngineModule[];
  /** Further scripts below bin/, by name. */
  readonly tools?: Readonly<Record<string, string>>;
  /** Settings of a node that is started outside a package, from `config/` beside its home. */
  readonly homeSettings: string;
  /** What the package does when it is installed, upgraded and removed: what the vendor's does. */
  readonly maintainerScripts: MaintainerScripts;
  /** Beside the common ones. */
  readonly conffiles?: readonly ConfigurationFile[];
  /** Debian packages that its maintainer scripts need. */
  readonly depends?: readonly string[];
  /** What the package's description says of what it lacks. */
  readonly lacks: string;
  /** Flags for this engine's JVM that its own start script would add. */
  readonly jvmFlags: readonly string[];
}
