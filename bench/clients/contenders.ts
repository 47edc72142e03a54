// The three clients behind one small interface: each does what an application that uses it would write, and no more.
import { Client as OfficialClient } from '@elastic/elasticsearch';
import { articlePreset, createClient, withArticleRetries, type Client, type ClientOptions } from '@understudy/client';

export const contenderNames = ['bare', 'article', 'ours'] as const;
export type ContenderName = (typeof contenderNames)[number];

export const contenderAbout: Readonly<Record<ContenderName, string>> = {
  bare: 'the official @elastic/elasticsearch client with its defaults',
  article: "the article's settings: 3 retries at once, 30 s each, 5 application attempts with 2^n s between",
  ours: '@understudy/client with its defaults',
};

/** A search is `complete` when every shard has answered it. */
export interface Found {
  readonly complete: boolean;
}

export interface Contender {
  write(index: string, id: string, document: object): Promise<unknown>;
  get(index: string, id: string): Promise<unknown>;
  /** @param routing confines the search to one shard. */
  search(index: string, query: object, routing: string | undefined): Promise<Found>;
  /** Reads sent a second time beside the first, for the load that hedging adds. */
  hedges(): number;
  /** Calls `say` with a line for each event of the client. */
  onEvent(say: (text: string) => void): void;
}

function bare(nodes: readonly string[]): Contender {
  const client = new OfficialClient({ nodes: [...nodes] });
  return {
    write: (index, id, document) => client.index({ index, id, document }),
    get: (index, id) => client.get({ index, id }),
    async search(index, query, routing) {
      const { _shards: shards } = await client.search({ index, query, size: 5, ...(routing ? { routing } : {}) });
      return { complete: shards.failed === 0 };
    },
    hedges: () => 0,
    onEvent: () => undefined,
  };
}

type Around = <R>(work: () => Promise<R>) => Promise<R>;

/** @param allowPartial what an application gets that does not ask: the engine's default, or the client's own. */
function own(options: ClientOptions, around: Around, allowPartial?: boolean): Contender {
  const client: Client = createClient(options);
  const partial = allowPartial === undefined ? {} : { allowPartial };
  return {
    write: (index, id, document) => around(() => client.index({ index, id, document })),
    get: (index, id) => around(() => client.get({ index, id })),
    async search(index, query, routing) {
      const found = await around(() =>
        client.search({ index, body: { query, size: 5 }, ...partial, ...(routing ? { routing } : {}) }),
      );
      return { complete: !found.partial };
    },
    hedges: () => client.metrics().counters.hedges,
    onEvent(say) {
      client.on('node', ({ node, from, to, reason }) => {
        if (from !== 'suspect' || to !== 'up') say(`${node} ${from} -> ${to}: ${reason}`);
      });
      client.on('lanes', ({ kind, divided }) => say(`lanes of ${kind}s ${divided ? 'divided' : 'shared'}`));
      client.on('breaker', ({ state, reason }) => say(`breaker ${state}: ${reason}`));
      client.on('gathering', ({ kind, on }) => say(`gathering of ${kind}s ${on ? 'on' : 'off'}`));
    },
  };
}

export function createContender(name: ContenderName, nodes: readonly string[]): Contender {
  if (name === 'bare') return bare(nodes);
  if (name === 'article') return own({ nodes, ...articlePreset }, withArticleRetries, true);
  return own({ nodes }, (work) => work());
}
