// Ranges of versions in YAML tests: which of them include the version of an engine. Asks no server.

/** `version` of the answer to `GET /`. */
export interface EngineVersion {
  readonly number: string;
  /** `opensearch`; absent for Elasticsearch. */
  readonly distribution?: string;
}

/** Ranges are separated by commas; an end that is left out is open. Bounds belong to their range. */
export function includes(ranges: string, { number, distribution }: EngineVersion): boolean {
  // OpenSearch began at 1.0 after 7.10 of the engine that it was made from, so its tests' versions from 5 on are older than all others.
  const isOld = (major: number): boolean => distribution === 'opensearch' && major >= 5;
  const order = (text: string): number => {
    const [major = 0, minor = 0, patch = 0] = text.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0);
    return ((isOld(major) ? major - 1000 : major) * 1000 + minor) * 1000 + patch;
  };
  const own = order(number);
  return ranges.split(',').some((range) => {
    const [, from = '', to = ''] = /^\s*([\w.]*)\s*-\s*([\w.]*)\s*$/.exec(range) ?? [];
    if (from === '' && to === '') throw new Error(`'${range}' is no range of versions, such as 2.0.0 - 2.14.99.`);
    return (from === '' || order(from) <= own) && (to === '' || own <= order(to));
  });
}
