// A list of what this process would leave unfinished if it ended now, each entry with the command that undoes or finishes it. It
// runs nothing; the command line prints it when a person ends the process at once.

export interface Unfinished {
  /** What would be left. */
  readonly what: string;
  /** The command that undoes or finishes it, or what happens by itself. */
  readonly remedy: string;
}

/** An entry of the list; it ends with `release`, or with its scope. */
export interface Tracked extends Disposable {
  release(): void;
}

const unfinished = new Set<Unfinished>();
const children = new Set<number>();

/** Lists this entry until it is released. */
export function trackUnfinished(one: Unfinished): Tracked {
  const entry = { ...one };
  unfinished.add(entry);
  const release = (): void => void unfinished.delete(entry);
  return { release, [Symbol.dispose]: release };
}

/** The newest first: the order in which it is to be undone. */
export function unfinishedNow(): readonly Unfinished[] {
  return [...unfinished].reverse();
}

/** A child that has its own process group and must still end with this process; released when it has ended. */
export function endsWithProcess(pid: number): Tracked {
  children.add(pid);
  const release = (): void => void children.delete(pid);
  return { release, [Symbol.dispose]: release };
}

/** Ids of those children. */
export function childrenToEnd(): readonly number[] {
  return [...children];
}
