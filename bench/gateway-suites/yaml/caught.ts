// The expression after `catch`, and the two forms of an error that it may be written for: JSON, or a map of Java as text.

/** In `match` white space is free; here every character counts. */
export function errorPatternOf(text: string): RegExp | undefined {
  const inner = /^\s*\/([\s\S]*)\/\s*$/.exec(text)?.[1];
  return inner === undefined ? undefined : new RegExp(inner);
}

/** `error` of an answer; undefined where it has none. */
export function errorOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly error?: unknown } | null)?.error;
  } catch {
    return undefined;
  }
}

/** As Java writes what it read from JSON: `{type=x, reason=y}`, `[a, b]`. The engines' own runner compares with that. */
export function javaText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  const entries = Object.entries(value).map(([name, inner]) => `${name}=${javaText(inner)}`);
  return `{${entries.join(', ')}}`;
}
