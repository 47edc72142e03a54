// Reading a value at a place in JSON: RFC 6901, with what is not there as undefined.

/** The value at `pointer`, such as `/hits/0/_id`; the empty pointer is the whole. */
export function valueAt(json: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((here, key) => {
      if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
      return (here as Record<string, unknown>)[key];
    }, json);
}
