// Values that a test has stored, and a path into an answer: names, places in a list, `$stored` and `_arbitrary_key_`.

export type Stored = Map<string, unknown>;

/** Puts stored values where `$name` or `${name}` stands, also inside lists and objects. */
export function filled(value: unknown, stored: Stored): unknown {
  if (typeof value === 'string') return filledText(value, stored);
  if (Array.isArray(value)) return value.map((entry) => filled(entry, stored));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [String(filledText(name, stored)), filled(inner, stored)]),
  );
}

function filledText(text: string, stored: Stored): unknown {
  const whole = /^\$\{?(\w+)\}?$/.exec(text)?.[1];
  if (whole !== undefined && stored.has(whole)) return stored.get(whole);
  return text.replaceAll(/\$\{(\w+)\}|\$(\w+)/g, (found, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    return stored.has(name) ? String(stored.get(name)) : found;
  });
}

/** What stands at the path; undefined when nothing does. `$body` and the empty path are the whole answer. */
export function lookUp(path: string, answer: unknown, stored: Stored): unknown {
  if (path === '' || path === '$body') return answer;
  const steps = path.split(/(?<!\\)\./).map((step) => step.replaceAll('\\.', '.'));
  let value: unknown = answer;
  for (const [at, raw] of steps.entries()) {
    if (at === 0 && raw === '$body') continue;
    const step = String(filledText(raw, stored));
    if (at === 0 && steps.length === 1 && raw.startsWith('$') && stored.has(raw.slice(1)))
      return stored.get(raw.slice(1));
    if (value === null || value === undefined || typeof value !== 'object') return undefined;
    if (step === '_arbitrary_key_') return Object.keys(value)[0];
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
