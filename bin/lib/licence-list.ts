// What licences the dependencies have, read from the lockfile, and which licences are allowed. Refuses what it cannot read.

/** A package of package-lock.json, as far as it matters here. */
export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
}

export interface Licensed {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, or undefined where the package names none. */
  readonly licence: string | undefined;
  /** It comes along with the published packages; the others only build and test them. */
  readonly published: boolean;
}

/** Licences that ask for no more than to keep their text and the names of the authors. https://spdx.org/licenses/ */
const allowed = new Set([
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense', 'Zlib'],
]);

/**
 * Every package of the lockfile but the workspace's own, by name and version. `licenceOf` is asked where the lockfile has no licence:
 * it has none of packages that name theirs in the old form.
 */
export function licencesIn(
  locked: Readonly<Record<string, LockedPackage>>,
  licenceOf: (path: string) => string | undefined,
): readonly Licensed[] {
  const found = new Map<string, Licensed>();
  for (const [path, { version = '', license, dev, devOptional, link }] of Object.entries(locked)) {
    const at = path.lastIndexOf('node_modules/');
    if (at === -1 || link === true) continue;
    const name = path.slice(at + 'node_modules/'.length);
    const key = `${name} ${version}`;
    const published = dev !== true && devOptional !== true;
    const known = found.get(key);
    if (known === undefined || (published && !known.published)) {
      found.set(key, { name, version, licence: license ?? licenceOf(path), published });
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, licensed]) => licensed);
}

/** Names joined by AND need every one of them allowed, by OR one; anything else than that is not allowed. */
export function isAllowed(licence: string | undefined): boolean {
  const words = (licence ?? '').replace(/^\((.*)\)$/, '$1');
  if (words.includes(' OR ')) return words.split(' OR ').some((name) => allowed.has(name));
  return words.split(' AND ').every((name) => allowed.has(name));
}

/** docs/licences.md. */
export function licencePage(licensed: readonly Licensed[]): string {
  const published = licensed.filter((one) => one.published);
  const others = Map.groupBy(
    licensed.filter((one) => !one.published),
    ({ licence = 'none named' }) => licence,
  );
  const counts = [...others].sort(([a], [b]) => (a < b ? -1 : 1));
  return `# Licences of the dependencies

Written by \`npm run licences\` from the lockfile; a test holds it up to date and refuses any licence but ${[...allowed].join(', ')}.

What an installed tool brings along. Of \`@esbuild/*\` one is installed, that of the platform.

| package | version | licence |
|---|---|---|
${published.map(({ name, version, licence = 'none named' }) => `| ${name} | ${version} | ${licence} |`).join('\n')}

Nothing of a search engine is in the project. The lab fetches the published jars of Elasticsearch from Maven Central to the machine on which it
runs, with that machine's own Maven client, and packs them there. The server's jars are offered under the AGPL-3.0, the SSPL-1.0 or the
Elastic License 2.0; the modules x-pack-core and x-pack-security (users, TLS) under the
[Elastic License 2.0](https://www.elastic.co/licensing/elastic-license) alone, whose text is in each jar. It allows use and copies for oneself. It
does not allow to give the engine to others as a managed service or to remove what its licence key controls; the lab runs the basic licence
and changes no class of theirs. Packages that the lab has built are for the machine that built them: do not publish them.

What only builds and tests it, by licence:

| licence | packages |
|---|---|
${counts.map(([licence, ones]) => `| ${licence} | ${ones.length} |`).join('\n')}
`;
}
