// Which document each request carries. One writer per id; an id is rewritten only after its last write was acknowledged,
// so that what must be there at the end is never in doubt.
import type { CorpusEntry } from './corpus.ts';
import { pick } from './random.ts';
import { shardOf, type Routing } from './routing.ts';
import type { DrillDocument } from '../history/digest.ts';

export interface Write {
  readonly id: string;
  readonly revision: number;
  readonly document: DrillDocument;
}

interface Known {
  readonly id: string;
  readonly entry: CorpusEntry;
  revision: number;
  inFlight: boolean;
}

export interface DocumentsOptions {
  readonly corpus: readonly CorpusEntry[];
  /** A word that marks every document of the run. */
  readonly mark: string;
  readonly shards: number;
  readonly routing: Routing | null;
  readonly rewriteShare: number;
  readonly random: () => number;
}

/** Hands out writes and remembers what was acknowledged. */
export class Documents {
  readonly #options: DocumentsOptions;
  readonly #acknowledged = new Map<number | null, Known[]>();
  readonly #known = new Map<string, Known>();
  #count = 0;

  constructor(options: DocumentsOptions) {
    this.#options = options;
  }

  /** The next write of a lane; `shard` null means any. */
  nextWrite(shard: number | null): Write {
    const known = this.#rewritable(shard) ?? this.#fresh(shard);
    known.inFlight = true;
    return { id: known.id, revision: known.revision + 1, document: this.#document(known) };
  }

  /** The write ended: only an acknowledged one makes the id readable and rewritable. */
  settle(write: Write, shard: number | null, acknowledged: boolean): void {
    const known = this.#known.get(write.id);
    if (known === undefined || !acknowledged) return;
    known.inFlight = false;
    known.revision = write.revision;
    if (write.revision > 1) return;
    const list = this.#acknowledged.get(shard);
    if (list) list.push(known);
    else this.#acknowledged.set(shard, [known]);
  }

  /** An id that was acknowledged in this shard, or undefined while there is none. */
  acknowledgedId(shard: number | null): string | undefined {
    return pick(this.#acknowledged.get(shard) ?? [], this.#options.random)?.id;
  }

  /** A word worth searching for. */
  searchWord(words: (entry: CorpusEntry) => string[]): string {
    const entry = pick(this.#options.corpus, this.#options.random);
    return (entry && pick(words(entry), this.#options.random)) ?? this.#options.mark;
  }

  #rewritable(shard: number | null): Known | undefined {
    if (this.#options.random() >= this.#options.rewriteShare) return undefined;
    const candidate = pick(this.#acknowledged.get(shard) ?? [], this.#options.random);
    return candidate?.inFlight === false ? candidate : undefined;
  }

  #fresh(shard: number | null): Known {
    const { mark, shards, routing } = this.#options;
    let id: string;
    do {
      this.#count += 1;
      id = `${mark}-${this.#count}`;
    } while (shard !== null && routing !== null && shardOf(id, shards, routing) !== shard);
    const entry = this.#options.corpus[this.#count % this.#options.corpus.length] ?? { title: id, text: id };
    const known = { id, entry, revision: 0, inFlight: false };
    this.#known.set(id, known);
    return known;
  }

  /** Revision and mark are words of the content, so that every revision differs and a search for the mark finds them all. */
  #document({ id, entry, revision }: Known): DrillDocument {
    return {
      title: entry.title,
      content: `${entry.text} (${this.#options.mark}, ${id}, revision ${revision + 1})`,
    };
  }
}
