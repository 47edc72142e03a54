// Which node holds the primary of a document, for bulks that are divided by it. Known only for an index by its own name and without an
// ingest pipeline: for an alias, or a pipeline that renames, two items of one document could be told different nodes.
import type { ShardMap } from './shard-map.ts';

/** Asks the cluster about an index: `GET /index/_search_shards` and the pipelines of `GET /index/_settings`. */
export type AskPrimaries = (index: string) => Promise<Primaries | undefined>;

export interface Primaries {
  /** The index by its own name. */
  readonly name: string;
  readonly hasPipeline: boolean;
  /** From the number of a shard to the engine's id of the node that holds its primary; none while no node does. */
  readonly nodes: ReadonlyMap<number, string>;
}

interface Known {
  readonly nodes: ReadonlyMap<number, string> | null;
  readonly learntMs: number;
}

/** Used meanwhile as it was: a primary that has moved costs one hop, never correctness. */
const refreshEveryMs = 5000;
/** More indexes than this are not remembered. */
const mostIndexes = 1000;

export class PrimaryMap {
  readonly #shards: ShardMap;
  readonly #ask: AskPrimaries;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  readonly #learning = new Set<string>();
  #forgottenMs = -Infinity;

  constructor(shards: ShardMap, ask: AskPrimaries, now: () => number) {
    this.#shards = shards;
    this.#ask = ask;
    this.#now = now;
  }

  /**
   * The engine's id of the node with the primary of `routing` in `index`; empty while no node has it, undefined when that is not known
   * (yet): the first call for an index asks for it.
   */
  nodeOf(index: string, routing: string): string | undefined {
    const known = this.#known.get(index);
    const isFresh = known && known.learntMs > this.#forgottenMs && this.#now() - known.learntMs <= refreshEveryMs;
    if (!isFresh) void this.#learn(index);
    if (!known?.nodes) return undefined;
    const shard = this.#shards.shardOf(index, routing);
    return shard < 0 ? undefined : (known.nodes.get(shard) ?? '');
  }

  /** Primaries may have moved: all are asked for again when they are needed next. */
  refresh(): void {
    this.#forgottenMs = this.#now();
  }

  async #learn(index: string): Promise<void> {
    if (this.#learning.has(index) || this.#learning.size >= mostIndexes) return;
    this.#learning.add(index);
    const askedMs = this.#now();
    const answer = await this.#ask(index).catch(() => undefined);
    if (this.#known.size >= mostIndexes && !this.#known.has(index)) this.#known.clear();
    const nodes = answer?.name === index && !answer.hasPipeline ? answer.nodes : null;
    this.#known.set(index, { nodes, learntMs: askedMs });
    this.#shards.shardOf(index, '');
    this.#learning.delete(index);
  }
}
