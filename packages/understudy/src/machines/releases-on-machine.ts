// What a service machine says about its releases: which lie there, which is current, which were rejected. Reads only.
import { readRejected } from './rejected-releases.ts';
import { currentRelease, rejectedPath, releaseIdOf, releasesDirectory, servicePlace } from './release.ts';

export interface ReleaseOnMachine {
  readonly id: string;
  /** When its directory was made, RFC 3339, UTC; null where the file system does not keep that. */
  readonly unpackedAt: string | null;
  /** When it last became current, or was unpacked; RFC 3339, UTC. */
  readonly usedAt: string;
}

export interface ReleasesOnMachine {
  /** The last used first. */
  readonly releases: readonly ReleaseOnMachine[];
  /** Null when there is none. */
  readonly current: string | null;
  readonly rejected: readonly { readonly id: string; readonly reason: string }[];
}

/** Prints what `parseReleases` reads. */
export const releasesScript = `set -u
echo "current $(readlink ${currentRelease} 2>/dev/null || echo -)"
for home in ${releasesDirectory}/*; do
  if [ -d "$home" ]; then echo "release $(basename "$home") $(stat -c '%W %Y' "$home")"; fi
done
if [ -r ${rejectedPath} ]; then sed 's/^/rejected /' ${rejectedPath}; fi
`;

export function parseReleases(text: string): ReleasesOnMachine {
  const lines = text.split('\n');
  const all = (pattern: RegExp): string[][] =>
    lines.flatMap((line) => [pattern.exec(line)?.slice(1) ?? []].filter(([id]) => id !== undefined));
  const isoOf = (seconds = ''): string => new Date(Number(seconds) * 1000).toISOString();
  const [[current] = []] = all(/^current (\S+)$/);
  const releases = all(/^release ([0-9a-f]{16}) (\d+|-) (\d+)$/)
    .sort((a, b) => Number(b[2]) - Number(a[2]))
    .map(([id = '', made, used]) => ({
      id,
      unpackedAt: Number(made) > 0 ? isoOf(made) : null,
      usedAt: isoOf(used),
    }));
  return {
    releases,
    current: releaseIdOf(current, servicePlace) ?? null,
    rejected: readRejected(text.replaceAll(/^rejected /gm, '')).map(({ id, reason }) => ({ id, reason })),
  };
}
