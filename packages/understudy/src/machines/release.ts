// Releases on a machine, of the service and of the gateway: a directory per release, named by its content, and one symlink that says
// which is current. The link is replaced by a rename, so there is never a moment without a current release.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Where the releases of one program lie on a machine. */
export interface ReleasePlace {
  readonly releases: string;
  /** The symlink to the one that is current. */
  readonly current: string;
  /** The symlink to the one that was current before the last switch. */
  readonly previous: string;
  /** How many stay; the current one and the one before always do. */
  readonly kept: number;
}

function placeIn(home: string, kept: number): ReleasePlace {
  return { releases: `${home}/releases`, current: `${home}/current`, previous: `${home}/previous`, kept };
}

export const servicePlace = placeIn('/opt/understudy', 5);
export const { releases: releasesDirectory, current: currentRelease, previous: previousRelease } = servicePlace;
/** Releases that did not serve on this machine; see rejected-releases.ts. */
export const rejectedPath = '/opt/understudy/rejected';
/** Each holds a whole Node, and there is no command to go back further than one. */
export const gatewayHome = '/opt/understudy-gateway';
export const gatewayPlace = placeIn(gatewayHome, 2);

/** A release on the operator's machine, ready to be sent. */
export interface Release {
  /** 16 hex digits of the content's hash: the directory's name on the machine. */
  readonly id: string;
  readonly directory: string;
}

async function filesUnder(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** Names a directory by its content: paths, execute bits, bytes. The same content has the same id on every machine. */
export async function releaseOf(directory: string): Promise<Release> {
  const hash = createHash('sha256');
  for (const path of await filesUnder(directory)) {
    const file = join(directory, path);
    const about = await lstat(file);
    hash.update(`${path}\0${about.isSymbolicLink() ? 'link' : (about.mode & 0o111) === 0 ? 'file' : 'program'}\0`);
    if (about.isSymbolicLink()) hash.update(await readlink(file));
    else for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    hash.update('\0');
  }
  return { id: hash.digest('hex').slice(0, 16), directory };
}

/** Packs the release to stdout; owners are root and times are zero, so that they say nothing of the operator. */
export function packCommand(release: Release): readonly string[] {
  return ['tar', '-C', release.directory, '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '-cf', '-', '.'];
}

/**
 * Unpacks a release (tar, gzip) from stdin beside the others; nothing is switched yet. An executable `bin/prepare` in the release is run once
 * there, before it counts as complete (an interpreter's packages, for example).
 */
export function unpackScript(id: string, { releases }: ReleasePlace = servicePlace): string {
  const home = `${releases}/${id}`;
  return `set -eu
umask 022
mkdir -p ${releases}
if [ -d ${home} ]; then cat > /dev/null; exit 0; fi
rm -rf ${home}.partial
mkdir ${home}.partial
tar -C ${home}.partial -xzf -
if [ -x ${home}.partial/bin/prepare ]; then (cd ${home}.partial && ./bin/prepare); fi
touch ${home}.partial
mv ${home}.partial ${home}
`;
}

/** Exits with 0 when the release lies on the machine, unpacked and prepared. */
export function isUnpackedScript(id: string, { releases }: ReleasePlace = servicePlace): string {
  return `test -d ${releases}/${id}`;
}

/**
 * Makes a release current and removes all but the newest few; the current one and the one before always stay. The link to the one
 * before changes only when another release becomes current.
 */
export function switchScript(id: string, place: ReleasePlace = servicePlace): string {
  const { releases, current, previous } = place;
  return `set -eu
cd ${releases}
test -d ${id}
touch ${id}
before=$(readlink ${current} || true)
if [ -n "$before" ] && [ "$before" != ${releases}/${id} ]; then ln -sfnT "$before" ${previous}; fi
ln -sfn ${releases}/${id} ${current}.new
mv -fT ${current}.new ${current}
kept=$(basename "$(readlink ${previous} || echo none)")
first=${place.kept}
if [ "$kept" != ${id} ] && [ -d "./$kept" ]; then first=${place.kept - 1}; fi
ls -1t | grep -v -e '^${id}$' -e "^$kept$" | tail -n "+$first" | while read -r old; do rm -rf "./$old"; done
`;
}

/** The id of the release that a symlink `current` leads to; undefined when it leads to none. */
export function releaseIdOf(link: string | undefined, { releases }: ReleasePlace): string | undefined {
  return link?.startsWith(`${releases}/`) === true ? link.slice(releases.length + 1) : undefined;
}
