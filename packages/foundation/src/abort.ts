// Listening to an AbortSignal that is shared by many: the signal has one listener however many wait, and none when nobody does.

const waiting = new WeakMap<AbortSignal, { readonly all: Set<() => void>; readonly fire: () => void }>();

/**
 * Calls `stop` once when the signal aborts, at once when it has. Returns the function that takes it back. A signal that is given to a
 * hundred operations has one listener, so Node has nothing to warn of.
 */
export function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    stop();
    return () => undefined;
  }
  const entry = waiting.get(signal) ?? begin(signal);
  // The same function may be given twice.
  const call = (): void => stop();
  entry.all.add(call);
  return () => {
    entry.all.delete(call);
    if (entry.all.size > 0 || waiting.get(signal) !== entry) return;
    waiting.delete(signal);
    signal.removeEventListener('abort', entry.fire);
  };
}

function begin(signal: AbortSignal): { readonly all: Set<() => void>; readonly fire: () => void } {
  const all = new Set<() => void>();
  const fire = (): void => {
    waiting.delete(signal);
    for (const call of all) call();
  };
  const entry = { all, fire };
  waiting.set(signal, entry);
  signal.addEventListener('abort', fire, { once: true });
  return entry;
}

/** The result of `work`, or the signal's reason when it aborts first; the work itself goes on. */
export async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return await work;
  let unlisten = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    unlisten = onAbort(signal, () => reject(signal.reason as Error));
  });
  aborted.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([aborted, work]);
  } finally {
    unlisten();
  }
}
