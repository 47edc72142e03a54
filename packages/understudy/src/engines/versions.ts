// Which versions of an engine this tool knows how to run, by their number alone: whether one was released is for others to say.
import type { Engine } from '../topology/index.ts';

/** Major versions whose settings, packages and API this tool knows, oldest first. */
const majors: Readonly<Record<Engine, readonly number[]>> = { elasticsearch: [8, 9], opensearch: [2, 3] };

/** Why this version cannot be run; undefined when it can. */
export function unsupportedVersion(
  engine: Engine,
  version: string,
): { readonly allowed: string; readonly message: string; readonly wayOut: string } | undefined {
  const [, majorText] = /^(\d+)\.\d+\.\d+$/.exec(version) ?? [];
  const major = Number(majorText);
  if (majors[engine].includes(major)) return undefined;
  const other = engine === 'elasticsearch' ? 'opensearch' : 'elasticsearch';
  const isOther = majors[other].includes(major);
  return {
    allowed: `${engine} ${majors[engine].join('.x or ')}.x`,
    message: isOther ? `that is a version of ${other}` : `this tool does not know ${engine} ${majorText ?? version}`,
    wayOut: isOther
      ? `set engine: ${other}, or a version of ${engine}`
      : `choose a release of ${engine} ${majors[engine].at(-1) ?? ''}`,
  };
}
