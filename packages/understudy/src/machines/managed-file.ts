// A file that the tool owns on a machine: path, content, who may read it. It writes nothing itself.
import { createHash } from 'node:crypto';

export interface ManagedFile {
  readonly path: string;
  readonly content: string;
  /** Octal permission bits as `chmod` takes them, for example `0644`. */
  readonly mode: string;
  /** `user:group` as `chown` takes them. */
  readonly owner: string;
}

/** SHA-256 of the content in hex: what `sha256sum` prints on the machine. */
export function contentHash(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Whether a unit was started with this file as it is to be. `record`: lines of `sha256sum`, written when the unit started. */
export function isRecorded(record: string, { path, content }: Pick<ManagedFile, 'path' | 'content'>): boolean {
  return record.includes(`${contentHash(content)}  ${path}`);
}

/**
 * A shell script that puts the files in place, each by a rename so that no reader ever sees half of one. The script goes to
 * the machine on stdin of `sh -s`: a file's content may be secret, and arguments are visible in process lists.
 */
export function writeFilesScript(files: readonly ManagedFile[], then: readonly string[] = []): string {
  const put = files.map((file) => {
    const base64 = Buffer.from(file.content).toString('base64');
    return `put ${file.path} ${file.mode} ${file.owner} <<'UNDERSTUDY'\n${base64}\nUNDERSTUDY`;
  });
  return ['set -eu', 'umask 077', putFunction, ...put, ...then, ''].join('\n');
}

const putFunction = `changed=
put() {
  (umask 022; mkdir -p "$(dirname "$1")")
  base64 -d > "$1.understudy-new"
  cmp -s "$1.understudy-new" "$1" || changed="$changed $1"
  chown "$3" "$1.understudy-new"
  chmod "$2" "$1.understudy-new"
  mv -f "$1.understudy-new" "$1"
}`;

/** For `then` of a script that writes files: runs `command` only when that file's content has changed. */
export function whenChanged(path: string, command: string): string {
  return `case " $changed " in *" ${path} "*) ${command} ;; esac`;
}
