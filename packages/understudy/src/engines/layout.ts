// Where an engine's own Debian package puts things, and what a package repository is.

export interface EngineLayout {
  readonly packageName: string;
  readonly unit: string;
  readonly user: string;
  readonly configFile: string;
  readonly configDirectory: string;
  readonly dataDirectory: string;
  readonly logDirectory: string;
  /** `user:group` and mode that the package's own scripts give to files of the configuration directory, at every installation. */
  readonly configFiles: { readonly owner: string; readonly mode: string };
  /**
   * A file of the configuration directory that the package's own scripts append to. dpkg takes it for an administrator's work and keeps
   * it on an upgrade, but a new major version does not start with the old one. Undefined where the package leaves its files alone.
   */
  readonly editedByPackage?: { readonly path: string; readonly appendedFrom: string };
}

/** Where both vendors' Debian packages put things, by the package's name. Sources: the file layouts in the vendors' pages on their packages. */
export function debianLayout(name: string): EngineLayout {
  return {
    packageName: name,
    unit: `${name}.service`,
    user: name,
    configFile: `/etc/${name}/${name}.yml`,
    configDirectory: `/etc/${name}`,
    dataDirectory: `/var/lib/${name}`,
    logDirectory: `/var/log/${name}`,
    configFiles: { owner: `root:${name}`, mode: '0660' },
  };
}

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
