// Which versions of an engine this tool knows how to run, by their number alone: whether one was released is for others to say.
import { engineNamed, engineNames, type EngineVersion } from './engines.ts';

export interface UnsupportedVersion {
  readonly allowed: string;
  readonly message: string;
  readonly remedy: string;
}

/** Why this version cannot be run; undefined when it can. */
export function unsupportedVersion({ engine, version }: EngineVersion): UnsupportedVersion | undefined {
  const { majors } = engineNamed(engine);
  const [, majorText] = /^(\d+)\.\d+\.\d+$/.exec(version) ?? [];
  const major = Number(majorText);
  if (majors.includes(major)) return undefined;
  const other = engineNames.find((name) => name !== engine && engineNamed(name).majors.includes(major));
  return {
    allowed: `${engine} ${majors.join('.x or ')}.x`,
    message: other ? `that is a version of ${other}` : `this tool does not know ${engine} ${majorText ?? version}`,
    remedy: other
      ? `set engine: ${other}, or a version of ${engine}`
      : `choose a release of ${engine} ${majors.at(-1) ?? ''}`,
  };
}

/** Whether this version is newer than any that the tool was run against, and the newest of those. */
export function untriedVersion({ engine, version }: EngineVersion): { readonly newestTried: string } | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [triedMajor, triedMinor] = engineNamed(engine).newestTried;
  if (major < triedMajor || (major === triedMajor && minor <= triedMinor)) return undefined;
  return { newestTried: `${triedMajor}.${triedMinor}` };
}
