// Work that is asked for again and again about the same thing, done once.

/**
 * `work`, done once for each object; its result is kept as long as the object exists. Only for pure work on values that never
 * change: a plan of many machines asks the same of the same topology for each of them.
 */
export function oncePer<Key extends object, Value>(work: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    const kept = known.get(key);
    if (kept) return kept.value;
    const value = work(key);
    known.set(key, { value });
    return value;
  };
}
