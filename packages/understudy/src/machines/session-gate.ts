// The bound on commands at once over one connection.

/** A gate for each address, made when it is first asked for. */
export class Gates {
  readonly #gates = new Map<string, Gate>();
  readonly #width: number;

  constructor(width: number) {
    this.#width = width;
  }

  of(address: string): Gate {
    const gate = this.#gates.get(address) ?? new Gate(this.#width);
    this.#gates.set(address, gate);
    return gate;
  }
}

/** Lets a bounded number pass at once, in order. */
class Gate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(width: number) {
    this.#free = width;
  }

  async pass<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
