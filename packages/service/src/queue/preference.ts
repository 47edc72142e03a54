// The Prefer header: whether a caller wants a write to be queued rather than refused. https://www.rfc-editor.org/rfc/rfc7240

export interface WritePreference {
  readonly respondAsync: boolean;
  /** How long the caller would wait for the engine before its write is queued; undefined when it does not say. */
  readonly waitMs: number | undefined;
}

/** Preferences that are unknown or make no sense are ignored, as the RFC demands; of a repeated one the first counts. */
export function readPreference(header: string | readonly string[] | undefined): WritePreference {
  const text = typeof header === 'string' ? header : (header ?? []).join(',');
  const values = new Map<string, string>();
  for (const part of text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []) {
    // Parameters of a preference follow a semicolon; neither of ours has any.
    const [name = '', value = ''] = (part.split(';', 1)[0] as string).split('=', 2).map((word) => word.trim());
    const key = name.toLowerCase();
    if (!values.has(key)) values.set(key, value);
  }
  const wait = values.get('wait')?.replaceAll('"', '') ?? '';
  return {
    respondAsync: values.has('respond-async'),
    waitMs: /^\d{1,6}$/.test(wait) ? Number(wait) * 1000 : undefined,
  };
}

/** The header that says the same; undefined when nothing is to be queued. */
export function preferenceHeader({ respondAsync, waitMs }: WritePreference): string | undefined {
  if (!respondAsync) return undefined;
  return waitMs === undefined ? 'respond-async' : `respond-async, wait=${waitMs / 1000}`;
}
