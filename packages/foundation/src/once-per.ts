// Memoization: a pure function that is computed once for each object.

/**
 * `work`, called once for each object; the result is kept as long as the object exists. Only for pure functions of immutable
 * values: planning looks up the same topology for each machine.
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
