// What this process holds: things that would be left if it ended now, each with what undoes or finishes it. It only remembers; the
// command line reads it when a person ends the process at once.

export interface Held {
  /** What would be left. */
  readonly what: string;
  /** The command that undoes or finishes it, or what happens by itself. */
  readonly remedy: string;
}

/** Ends with `release`, or with its scope. */
export interface Hold extends Disposable {
  release(): void;
}

const held = new Set<Held>();
const children = new Set<number>();

/** From now until it is released, this is what would be left. */
export function hold(one: Held): Hold {
  const entry = { ...one };
  held.add(entry);
  const release = (): void => void held.delete(entry);
  return { release, [Symbol.dispose]: release };
}

/** The newest first: the order in which it is to be undone. */
export function heldNow(): readonly Held[] {
  return [...held].reverse();
}

/** A child in a process group of its own that is to end with this process all the same; released when it has ended. */
export function endsWithProcess(pid: number): Hold {
  children.add(pid);
  const release = (): void => void children.delete(pid);
  return { release, [Symbol.dispose]: release };
}

/** Ids of those children. */
export function childrenToEnd(): readonly number[] {
  return [...children];
}
