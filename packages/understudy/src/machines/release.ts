// Releases of the service on a machine: a directory per release, named by its content, and one symlink that says which is
// current. The link is replaced by a rename, so there is never a moment without a current release.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';

export const releasesDirectory = '/opt/understudy/releases';
export const currentRelease = '/opt/understudy/current';
/** The release that was current before the last switch. */
export const previousRelease = '/opt/understudy/previous';
/** Releases that did not serve on this machine; see rejected-releases.ts. */
export const rejectedPath = '/opt/understudy/rejected';
const keptReleases = 5;

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
export function unpackScript(id: string): string {
  const home = `${releasesDirectory}/${id}`;
  return `set -eu
umask 022
mkdir -p ${releasesDirectory}
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
export function isUnpackedScript(id: string): string {
  return `test -d ${releasesDirectory}/${id}`;
}

/**
 * Makes a release current and removes all but the newest few; the current one and the one before always stay. The link to the one
 * before changes only when another release becomes current.
 */
export function switchScript(id: string): string {
  return `set -eu
cd ${releasesDirectory}
test -d ${id}
touch ${id}
before=$(readlink ${currentRelease} || true)
if [ -n "$before" ] && [ "$before" != ${releasesDirectory}/${id} ]; then ln -sfnT "$before" ${previousRelease}; fi
ln -sfn ${releasesDirectory}/${id} ${currentRelease}.new
mv -fT ${currentRelease}.new ${currentRelease}
kept=$(basename "$(readlink ${previousRelease} || echo none)")
first=${keptReleases}
if [ "$kept" != ${id} ] && [ -d "./$kept" ]; then first=${keptReleases - 1}; fi
ls -1t | grep -v -e '^${id}$' -e "^$kept$" | tail -n "+$first" | while read -r old; do rm -rf "./$old"; done
`;
}
