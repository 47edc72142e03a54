// The record on a machine of releases that did not serve there: one line for each, with the time and the reason. It decides nothing.
import { rejectedPath } from './release.ts';
import { shellLine } from './shell.ts';

export interface RejectedRelease {
  readonly id: string;
  /** What the service was started with beside the release: with other settings the release may be tried again. */
  readonly settings: string;
  /** RFC 3339, UTC: by the clock of the operator's machine. */
  readonly at: string;
  /** A sentence. */
  readonly reason: string;
}

const longestReason = 300;
/** Stands for all settings: an operator's decision on a release holds whatever the settings are. */
export const anySettings = '0'.repeat(16);

/** Replaces the line of the same release. */
export function rejectScript({ id, settings, at, reason }: RejectedRelease): string {
  const oneLine = reason.replace(/\s+/g, ' ').trim().slice(0, longestReason);
  const line = shellLine(['printf', '%s\\n', [id, settings, at, oneLine].join(' ')]);
  return `set -eu
umask 077
{ grep -v '^${id} ' ${rejectedPath} 2>/dev/null || true; ${line}; } > ${rejectedPath}.new
mv -f ${rejectedPath}.new ${rejectedPath}
`;
}

/** Forgets that a release was rejected; without an id, all of them. */
export function clearRejectedScript(id?: string): string {
  if (id === undefined) return `rm -f ${rejectedPath}\n`;
  return `set -eu
[ -e ${rejectedPath} ] || exit 0
umask 077
{ grep -v '^${id} ' ${rejectedPath} || true; } > ${rejectedPath}.new
mv -f ${rejectedPath}.new ${rejectedPath}
`;
}

/** Lines that cannot be read are left out. */
export function readRejected(text: string): RejectedRelease[] {
  return text.split('\n').flatMap((line) => {
    const [, id, settings, at, reason] = /^([0-9a-f]{16}) ([0-9a-f]{16}) (\S+) (.*)$/.exec(line) ?? [];
    return id !== undefined && settings !== undefined && at !== undefined && reason !== undefined
      ? [{ id, settings, at, reason }]
      : [];
  });
}
