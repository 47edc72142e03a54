// What is compared, behind one small interface: the three clients, each as an application that uses it would write, and applications, which
// users ask over HTTP.
import { Client as OfficialClient } from '@elastic/elasticsearch';
import { request } from 'undici';
import { articlePreset, createClient, withArticleRetries, type Client, type ClientOptions } from '@understudy/client';

const applicationNames = [
  'article-flask',
  'article-flask-gateway',
  'flask-example',
  'flask-example-gateway',
  'infinilabs',
] as const;
export type ApplicationName = (typeof applicationNames)[number];
export const contenderNames = ['bare', 'article', 'ours', ...applicationNames] as const;
export type ContenderName = (typeof contenderNames)[number];

export function isApplication(name: ContenderName): name is ApplicationName {
  return applicationNames.some((one) => one === name);
}

export const contenderAbout: Readonly<Record<ContenderName, string>> = {
  bare: 'the official @elastic/elasticsearch client with its defaults',
  article: "the article's settings: 3 retries at once, 30 s each, 5 application attempts with 2^n s between",
  ours: '@understudy/client with its defaults',
  'article-flask':
    "the article's Flask application; of its two servers one asks the node of the fault, one another node",
  'article-flask-gateway': 'the same, both servers behind understudy-gateway',
  'flask-example': 'examples/flask-service, which asks every node',
  'flask-example-gateway': 'the same behind understudy-gateway',
  infinilabs: "the article's Flask application behind INFINI Gateway",
};

/** The index of every run: the article's application has this name in its code. */
export const index = 'my-index';
/** One document of each shard has this word in `content`. */
export const wordOfEachShard = 'each';
export const shards = 3;

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

/**
 * @param servers URLs, asked in turn.
 * @param timeoutMs after which a user hangs up.
 */
export function application(servers: readonly string[], timeoutMs: number): Contender {
  let turn = 0;
  const ask = async (path: string, document?: object): Promise<unknown> => {
    const answer = await request(`${servers[turn++ % servers.length] ?? ''}${path}`, {
      signal: AbortSignal.timeout(timeoutMs),
      ...(document && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(document),
      }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 200 && answer.statusCode < 300) return JSON.parse(text);
    // An id of the request would make each error another one.
    throw Object.assign(new Error(text.replace(/,?"request_id":"[^"]*"/, '')), { code: `http-${answer.statusCode}` });
  };
  /** The answer does not say whether every shard was asked, but then one hit of each is in it. */
  const search = async (): Promise<Found> => {
    const hits = await ask(`/search?q=${wordOfEachShard}`);
    return { complete: Array.isArray(hits) && hits.length === shards };
  };
  return {
    write: (_, id, document) => ask('/index', { id, data: { ...document, content: 'written' } }),
    get: search,
    search,
    hedges: () => 0,
    onEvent: () => undefined,
  };
}

/** @param nodes of the engine; of an application the servers. */
export function createContender(name: ContenderName, nodes: readonly string[], timeoutMs: number): Contender {
  if (isApplication(name)) return application(nodes, timeoutMs);
  if (name === 'bare') return bare(nodes);
  if (name === 'article') return own({ nodes, ...articlePreset }, withArticleRetries, true);
  return own({ nodes }, (work) => work());
}
