// What the gateway knows of the engine's API: one row for each kind of operation, with the way it may be repeated. What has no row
// is passed on and repeated only when no byte of it reached a node.
import type { Safety } from '@understudy/client/forward';

/** What is done beyond passing the request on. */
export type Handling =
  | 'plain'
  /** A whole document by id: sent together with others. */
  | 'index'
  | 'create'
  | 'delete'
  /** Many writes: the items that failed are repeated where that is safe. */
  | 'bulk';

export interface Row {
  /** Names it in metrics, logs and the documentation. */
  readonly operation: string;
  readonly methods: readonly string[];
  /** `{index}` is one part that is no name of the API, `{id}` is any part, `**` is any number of parts. */
  readonly paths: readonly string[];
  readonly safety: Safety;
  readonly handling?: Handling;
  /** A slow one is sent to a second node too. */
  readonly hedge?: boolean;
  /** It takes `preference=`, by which copies on unhealthy nodes are avoided. */
  readonly preference?: boolean;
  /** It may take hours: it has no deadline unless the request brings one, and does not count against the limit. */
  readonly unbounded?: boolean;
  /** Why it may be repeated like that, when that is not plain. */
  readonly why?: string;
}

const read = ['GET', 'HEAD'];
const query = ['GET', 'POST'];
const anyIndex = (name: string): readonly string[] => [`/${name}`, `/{index}/${name}`];

export const table: readonly Row[] = [
  {
    operation: 'search',
    methods: query,
    paths: anyIndex('_search'),
    safety: 'read',
    hedge: true,
    preference: true,
    why: 'with `scroll=` it is not hedged, because each copy keeps a context open',
  },
  {
    operation: 'msearch',
    methods: query,
    paths: [...anyIndex('_msearch'), ...anyIndex('_msearch/template')],
    safety: 'read',
    hedge: true,
  },
  { operation: 'count', methods: query, paths: anyIndex('_count'), safety: 'read', hedge: true, preference: true },
  { operation: 'mget', methods: query, paths: anyIndex('_mget'), safety: 'read', hedge: true, preference: true },
  {
    operation: 'get',
    methods: read,
    paths: ['/{index}/_doc/{id}', '/{index}/_source/{id}'],
    safety: 'read',
    hedge: true,
    preference: true,
  },
  {
    operation: 'other-search',
    methods: query,
    paths: [
      ...['_search/template', '_field_caps', '_validate/query', '_rank_eval', '_mtermvectors'].flatMap(anyIndex),
      ...['_render/template', '_search_shards', '_analyze', '_ingest/pipeline/_simulate'].flatMap(anyIndex),
      ...['_termvectors', '_explain'].flatMap((name) => [`/{index}/${name}`, `/{index}/${name}/{id}`]),
      ...['_terms_enum', '_knn_search', '_eql/search'].map((name) => `/{index}/${name}`),
      '/_render/template/{id}',
      '/_ingest/pipeline/{id}/_simulate',
      '/_query',
    ],
    safety: 'read',
  },
  { operation: 'state', methods: read, paths: ['/', '/_cat/**', '/_cluster/**', '/_nodes/**'], safety: 'read' },
  {
    operation: 'metadata',
    methods: read,
    paths: [
      '/{index}',
      ...['_stats', '_segments', '_recovery', '_shard_stores'].flatMap((name) => [...anyIndex(name), `/${name}/**`]),
      ...['_mapping', '_settings', '_alias'].flatMap((name) => [
        ...anyIndex(name),
        `/${name}/{id}`,
        `/{index}/${name}/**`,
      ]),
      ...['_index_template', '_component_template', '_template', '_data_stream'].flatMap((name) => [
        `/${name}`,
        `/${name}/{id}`,
      ]),
      ...['_ingest/pipeline', '_scripts', '_resolve/index', '_ilm/policy', '_tasks'].flatMap((name) => [
        `/${name}`,
        `/${name}/{id}`,
      ]),
      '/_aliases',
      '/_snapshot/**',
      '/_license',
      '/_xpack',
      '/_remote/info',
    ],
    safety: 'read',
  },
  {
    operation: 'index',
    methods: ['PUT', 'POST'],
    paths: ['/{index}/_doc/{id}'],
    safety: 'replayable',
    handling: 'index',
    why: 'the same document under the same id ends in the same state; with `op_type=create` it is a create',
  },
  {
    operation: 'create',
    methods: ['PUT', 'POST'],
    paths: ['/{index}/_create/{id}'],
    safety: 'replayable',
    handling: 'create',
    why: 'a conflict with its own earlier attempt is found by reading the document back',
  },
  {
    operation: 'delete',
    methods: ['DELETE'],
    paths: ['/{index}/_doc/{id}'],
    safety: 'replayable',
    handling: 'delete',
    why: 'repeated after it was carried out it answers 404 `not_found`',
  },
  {
    operation: 'index-without-id',
    methods: ['POST'],
    paths: ['/{index}/_doc'],
    safety: 'once',
    why: 'each copy would become a document of its own',
  },
  {
    operation: 'update',
    methods: ['POST'],
    paths: ['/{index}/_update/{id}'],
    safety: 'once',
    why: 'with `if_seq_no` it is repeatable, because a second copy is refused',
  },
  {
    operation: 'bulk',
    methods: ['POST', 'PUT'],
    paths: anyIndex('_bulk'),
    safety: 'once',
    handling: 'bulk',
    why: 'repeatable when every item has an id and none is an update without `if_seq_no`',
  },
  {
    operation: 'by-query',
    methods: ['POST'],
    paths: ['/{index}/_update_by_query', '/{index}/_delete_by_query', '/_reindex'],
    safety: 'once',
    unbounded: true,
  },
  {
    operation: 'scroll',
    methods: query,
    paths: ['/_search/scroll', '/_search/scroll/{id}'],
    safety: 'once',
    why: 'it moves the scroll on: what a lost answer held would be skipped',
  },
  {
    operation: 'context-open',
    methods: ['POST'],
    paths: ['/{index}/_pit', '/{index}/_search/point_in_time'],
    safety: 'read',
    why: 'a second copy is a context that nobody uses, until its time ends',
  },
  {
    operation: 'context-close',
    methods: ['DELETE'],
    paths: [
      ...['/_search/scroll', '/_search/scroll/{id}', '/_pit', '/_search/point_in_time'],
      '/_search/point_in_time/_all',
    ],
    safety: 'once',
  },
  { operation: 'async-search-submit', methods: ['POST'], paths: anyIndex('_async_search'), safety: 'once' },
  {
    operation: 'async-search-read',
    methods: ['GET'],
    paths: ['/_async_search/{id}', '/_async_search/status/{id}'],
    safety: 'read',
  },
  {
    operation: 'settings',
    methods: ['PUT'],
    paths: [
      ...['_mapping', '_settings'].flatMap((name) => [`/{index}/${name}`]),
      ...['_cluster/settings', '_index_template/{id}', '_component_template/{id}', '_template/{id}'].map(
        (p) => `/${p}`,
      ),
      ...['_ingest/pipeline/{id}', '_scripts/{id}', '_ilm/policy/{id}'].map((p) => `/${p}`),
    ],
    safety: 'replayable',
    why: 'the whole value is given each time',
  },
  { operation: 'refresh', methods: query, paths: anyIndex('_refresh'), safety: 'replayable' },
];
