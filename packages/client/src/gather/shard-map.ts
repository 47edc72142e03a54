// Which primary shard a document belongs to, as far as it can be computed here. Read per index from the cluster and
// verified against it; a wrong or missing map costs speed, never correctness, and then all writes share one lane.
import { floorMod, routingHash } from './murmur3.ts';

/** Asks the cluster for the shards of an index: `GET /index/_search_shards`, with or without a routing value. */
export type AskShards = (index: string, routing: string | undefined) => Promise<ShardsAnswer | undefined>;

export interface ShardsAnswer {
  readonly shards: readonly (readonly { readonly index: string; readonly shard: number }[])[];
}

type Formula = (hash: number) => number;

interface Known {
  readonly formula: Formula | null;
  readonly learntMs: number;
  readonly goodForMs: number;
}

const verifyWith = ['0', 'a', 'understudy', 'Z-9', 'ö', '12345', 'lane', 'x_y', 'probe-8', 'shard'];
const refreshEveryMs = 300_000;
const retryEveryMs = 5000;

export class ShardMap {
  readonly #ask: AskShards;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  readonly #learning = new Set<string>();

  constructor(ask: AskShards, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  /** The shard of `routing` in `index`, or -1 when it is not known (yet): the first call for an index requests its shards. */
  shardOf(index: string, routing: string): number {
    const known = this.#known.get(index);
    if (known === undefined || this.#now() - known.learntMs > known.goodForMs) this.#learn(index);
    return known?.formula ? known.formula(routingHash(routing)) : -1;
  }

  #learn(index: string): void {
    if (this.#learning.has(index)) return;
    this.#learning.add(index);
    void this.#formulaOf(index)
      .catch(() => null)
      .then((formula) => {
        const goodForMs = formula ? refreshEveryMs : retryEveryMs;
        this.#known.set(index, { formula, learntMs: this.#now(), goodForMs });
        this.#learning.delete(index);
      });
  }

  async #formulaOf(index: string): Promise<Formula | null> {
    const all = await this.#ask(index, undefined);
    if (!all || all.shards.length === 0) return null;
    // An alias or a pattern over several indices has no single answer.
    if (new Set(all.shards.flat().map((copy) => copy.index)).size !== 1) return null;
    const seen: [number, number][] = [];
    for (const routing of verifyWith) {
      const one = await this.#ask(index, routing);
      const shard = one?.shards.length === 1 ? one.shards[0]?.[0]?.shard : undefined;
      if (shard === undefined) return null;
      seen.push([routingHash(routing), shard]);
    }
    return (
      candidates(all.shards.length).find((formula) => seen.every(([hash, shard]) => formula(hash) === shard)) ?? null
    );
  }
}

/**
 * Indices created by current Elasticsearch use the number of shards itself (measured on 9.5); older ones and OpenSearch use
 * a number of routing shards, by default the largest multiple of the shards by a power of two up to 1024.
 */
function candidates(shards: number): readonly Formula[] {
  let routingShards = shards;
  while (routingShards * 2 <= 1024) routingShards *= 2;
  const factor = routingShards / shards;
  return [(hash) => floorMod(hash, shards), (hash) => Math.floor(floorMod(hash, routingShards) / factor)];
}
