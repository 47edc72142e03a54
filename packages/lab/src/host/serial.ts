// One thing at a time per key: two calls about the same machine never run side by side, calls about different ones do.

export class Serial {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `work` after everything queued earlier under `key`, whether that succeeded or not. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(work, work);
    const tail = result.catch(() => undefined);
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    return result;
  }
}
