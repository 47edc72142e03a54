// The index files of an apt repository, as text. https://wiki.debian.org/DebianRepository/Format
import { createHash } from 'node:crypto';

export interface IndexedPackage {
  /** The package's control data as `dpkg-deb --field` prints it. */
  readonly control: string;
  /** Path below the repository. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface IndexFile {
  /** Path below dists/<suite>/. */
  readonly path: string;
  readonly content: Uint8Array;
}

export const suite = 'stable';
export const component = 'main';
const architecture = 'amd64';
export const packagesPath = `${component}/binary-${architecture}/Packages`;

/** The Packages file: one stanza each. */
export function packagesIndex(packages: readonly IndexedPackage[]): string {
  return packages
    .map(
      ({ control, path, bytes, sha256 }) =>
        `${control.trimEnd()}\nFilename: ${path}\nSize: ${bytes}\nSHA256: ${sha256}\n`,
    )
    .join('\n');
}

/** The Release file over `files`. */
export function releaseFile(files: readonly IndexFile[], date: Date): string {
  const sums = files.map(({ path, content }) => {
    const sum = createHash('sha256').update(content).digest('hex');
    return ` ${sum} ${content.byteLength} ${path}`;
  });
  return `Origin: Understudy lab
Label: Understudy lab
Suite: ${suite}
Codename: ${suite}
Date: ${date.toUTCString().replace('GMT', 'UTC')}
Architectures: ${architecture}
Components: ${component}
Description: Search engines for the machines of the lab
SHA256:
${sums.join('\n')}
`;
}
