// Which failed items of a bulk may be sent again without changing what the bulk means: its items take effect in their order. An engine may
// carry out a later item of a document and not an earlier one: without a master Elasticsearch 9.5.3 refused the first of two with a field
// that has no mapping yet (503 `master_not_discovered_exception`), and carried out the second (201).

/**
 * Of `items`, in their order, those that `isRetryable`, but none before an item with the same id that is not sent again: repeated alone, the
 * earlier one would undo the later one. An id in two indices counts as the same, for both names may be of one index.
 */
export function repeatableInOrder<T>(
  items: readonly T[],
  idOf: (item: T) => string | undefined,
  isRetryable: (item: T) => boolean,
): readonly T[] {
  const ended = new Set<string>();
  const again = items.toReversed().filter((item) => {
    const id = idOf(item);
    if (isRetryable(item) && (id === undefined || !ended.has(id))) return true;
    if (id !== undefined) ended.add(id);
    return false;
  });
  return again.reverse();
}
