// How the service's environment and unit on a machine differ from the intended ones, by the names of variables and settings: never by
// their values, which may be secret.
import { absent, shown } from '@understudy/foundation';
import {
  contentHash,
  partOf,
  serviceEnvironmentPath,
  serviceUnitPath,
  type ManagedFile,
  type ObservedMachine,
} from '../../machines/index.ts';

/** Clauses: `LOG_LEVEL changed`; empty when the content of both files is the intended one, or could not be read. */
export function settingDifferences(files: readonly ManagedFile[], seen: ObservedMachine): string[] {
  return files.flatMap((file) => {
    const there = partOf(seen.files, file.path);
    if (there.state === 'unknown') return [];
    if (there.state === 'absent') return [`${file.path} is missing`];
    if (there.value.hash === contentHash(file.content)) return [];
    const named = nameDifferences(linesOf(file.path, seen), assignments(file.content));
    return named.length > 0 ? named : [`${file.path} differs from what was written`];
  });
}

/** Name -> hash of its lines; undefined when the machine did not tell. */
function linesOf(path: string, seen: ObservedMachine): ReadonlyMap<string, string> | undefined {
  if (path === serviceEnvironmentPath) return shown(partOf(seen.assignments, path));
  const text = path === serviceUnitPath ? shown(partOf(seen.records, path)) : absent.state;
  return text === undefined ? undefined : assignments(text);
}

function assignments(content: string): Map<string, string> {
  const byName = new Map<string, string>();
  for (const line of content.split('\n')) {
    const name = /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(line)?.[1];
    // A setting of a unit may have several lines.
    if (name !== undefined) byName.set(name, `${byName.get(name) ?? ''}${contentHash(line)}`);
  }
  return byName;
}

function nameDifferences(
  there: ReadonlyMap<string, string> | undefined,
  wanted: ReadonlyMap<string, string>,
): string[] {
  if (there === undefined) return [];
  const changed = [...wanted].flatMap(([name, hash]) => {
    if (!there.has(name)) return [`${name} is new`];
    return there.get(name) === hash ? [] : [`${name} changed`];
  });
  return [...changed, ...[...there.keys()].filter((name) => !wanted.has(name)).map((name) => `${name} is gone`)];
}
