// Calls of the engine's API whose answers must be the same with and without the gateway. `index` is another one for each side.

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Calls {
  readonly name: string;
  readonly requests: readonly ((index: string) => Call)[];
}

type Make = (index: string) => Call;
const json = (value: unknown): string => JSON.stringify(value);

const created =
  (shards: number): Make =>
  (index) => ({
    method: 'PUT',
    // With its copies, because answers to writes count them.
    path: `/${index}?wait_for_active_shards=all`,
    body: json({
      settings: { number_of_shards: shards, number_of_replicas: 1 },
      mappings: { properties: { n: { type: 'long' }, text: { type: 'text' } } },
    }),
  });
const create = created(2);
/** For documents whose ids the engine makes: their sequence numbers depend on the shard. */
const createOneShard = created(1);
const call =
  (method: string, path: string, body?: unknown, headers?: Call['headers']): Make =>
  (index) => ({
    method,
    path: path.replaceAll('{index}', index),
    ...(body === undefined
      ? {}
      : { body: (typeof body === 'string' ? body : json(body)).replaceAll('{index}', index) }),
    ...(headers === undefined ? {} : { headers }),
  });
const put = (id: string, body: unknown, query = ''): Make => call('PUT', `/{index}/_doc/${id}${query}`, body);
const refresh = call('POST', '/{index}/_refresh');
const lines = (...values: readonly unknown[]): string => values.map((value) => `${json(value)}\n`).join('');
const vendor = { accept: 'application/vnd.elasticsearch+json; compatible-with=9' };

export const calls: readonly Calls[] = [
  {
    name: 'single writes, the first alone and the others gathered',
    requests: [
      create,
      put('1', { n: 1 }),
      put('2', { n: 2 }),
      put('2', { n: 3 }),
      put('a%20b%2Fc', { n: 3 }),
      put("it's(~)!*", { n: 3 }),
      put('%C3%BC%E2%82%AC', { n: 3, text: 'ü€ \u2028' }),
      put('3', { n: 1 }, '?routing=r%20x'),
      put('4', '{\n  "n": 5,\r\n  "text": "two\\nlines"\n}\n'),
      put('5', { n: 1 }, '?if_seq_no=0&if_primary_term=1'),
      put('6', { n: 1 }, '?op_type=create'),
      put('6', { n: 1 }, '?op_type=create'),
      call('PUT', '/{index}/_create/7', { n: 1 }),
      call('POST', '/{index}/_create/7', { n: 1 }),
      call('DELETE', '/{index}/_doc/1'),
      call('DELETE', '/{index}/_doc/7'),
      call('DELETE', '/{index}/_doc/missing'),
      call('GET', '/{index}/_doc/4'),
      call('GET', '/{index}/_source/4'),
      call('HEAD', '/{index}/_doc/4'),
      call('HEAD', '/{index}/_doc/missing'),
    ],
  },
  {
    name: 'writes that the engine refuses',
    requests: [
      create,
      put('1', { n: 1 }),
      put('1', { n: 'no number' }),
      put('1', '{"n": '),
      put('1', '{"n": 1} {"n": 2}'),
      put('1', ''),
      put('1', '[]'),
      put('1', { n: 1 }, '?if_seq_no=77&if_primary_term=1'),
      put('1', { n: 1 }, '?if_seq_no=77'),
      put('1', { n: 1 }, '?pipeline=missing'),
      put('1', { n: 1 }, '?unknown=1'),
      put('x'.repeat(600), { n: 1 }),
      call('PUT', '/{index}/_create/1', { n: 1 }),
      call('POST', '/UPPER/_doc/1', { n: 1 }),
      call('DELETE', '/{index}-missing/_doc/1'),
      call('PATCH', '/{index}/_doc/1', { n: 1 }),
    ],
  },
  {
    name: 'writes with parameters that a bulk cannot express, and without an id',
    requests: [
      createOneShard,
      put('1', { n: 1 }, '?refresh=true'),
      put('2', { n: 1 }, '?refresh=wait_for'),
      put('3', { n: 1 }, '?timeout=5s&wait_for_active_shards=1'),
      put('4', { n: 1 }, '?version=7&version_type=external'),
      put('4', { n: 1 }, '?version=6&version_type=external'),
      put('5', { n: 1 }, '?pretty'),
      put('5', { n: 1 }, '?filter_path=result'),
      call('POST', '/{index}/_doc', { n: 1 }),
      call('POST', '/{index}/_update/1', { doc: { n: 4 } }),
      call('POST', '/{index}/_update/1', { doc: { n: 4 } }),
      call('POST', '/{index}/_update/missing', { doc: { n: 4 } }),
      call('POST', '/{index}/_update/1', { script: { source: 'ctx._source.n += 1' } }),
    ],
  },
  {
    name: 'media types of the official clients',
    requests: [
      create,
      ...['1', '2', '3'].map((id) =>
        call(
          'PUT',
          `/{index}/_doc/${id}`,
          { n: 1 },
          { ...vendor, 'content-type': 'application/vnd.elasticsearch+json; compatible-with=9' },
        ),
      ),
      call('GET', '/{index}/_doc/1', undefined, vendor),
      call('PUT', '/{index}/_doc/9', { n: 1 }, { 'x-opaque-id': 'mine' }),
    ],
  },
  {
    name: 'searches and their relatives',
    requests: [
      create,
      ...Array.from({ length: 5 }, (_, n) => put(String(n), { n, text: `word${n} common` })),
      refresh,
      call('GET', '/{index}/_search?q=common&sort=n'),
      call('POST', '/{index}/_search', { query: { match: { text: 'word1' } } }),
      call('GET', '/{index}/_search', { query: { range: { n: { gte: 2 } } }, sort: ['n'] }),
      call('POST', '/{index}/_search', { query: { no_such_query: {} } }),
      call('POST', '/{index}-missing/_search', {}),
      call('POST', '/{index}/_count', { query: { match_all: {} } }),
      call('POST', '/{index}/_mget', { ids: ['1', 'missing'] }),
      call('POST', '/{index}/_msearch', lines({}, { query: { match_all: {} }, size: 0 }), {
        'content-type': 'application/x-ndjson',
      }),
      call('GET', '/{index}/_field_caps?fields=*'),
      call('POST', '/{index}/_validate/query', { query: { match_all: {} } }),
      call('GET', '/{index}/_explain/1?q=common'),
      call('POST', '/{index}/_search?scroll=1m', { size: 2, sort: ['n'] }),
      call('GET', '/{index}/_mapping'),
      call('HEAD', '/{index}'),
      call('HEAD', '/{index}-missing'),
      call('GET', '/_cat/indices/{index}?h=health,pri,rep,docs.count'),
      call('GET', '/_no_such_api'),
      call('OPTIONS', '/{index}/_search'),
    ],
  },
  {
    name: 'bulks',
    requests: [
      createOneShard,
      call(
        'POST',
        '/_bulk',
        lines(
          { index: { _index: '{index}', _id: '1' } },
          { n: 1 },
          { create: { _index: '{index}', _id: '1' } },
          { n: 1 },
        ),
      ),
      call(
        'POST',
        '/{index}/_bulk?refresh=true',
        lines(
          { index: { _id: '2' } },
          { n: 'no number' },
          { delete: { _id: '1' } },
          { update: { _id: 'x' } },
          { doc: {} },
        ),
      ),
      call('POST', '/{index}/_bulk', lines({ index: {} }, { n: 1 })),
      call('POST', '/{index}/_bulk', '{"index":{}}\n{"n":1}'),
      call('POST', '/{index}/_bulk', '{"nonsense":{}}\n{"n":1}\n'),
      call('POST', '/{index}/_bulk', ''),
      call('PUT', '/{index}/_bulk', lines({ index: { _id: '3', if_seq_no: 99, if_primary_term: 1 } }, { n: 1 })),
    ],
  },
  {
    name: 'administration',
    requests: [
      create,
      put('1', { n: 1 }),
      refresh,
      call('PUT', '/{index}/_mapping', { properties: { more: { type: 'keyword' } } }),
      call('PUT', '/{index}/_settings', { index: { number_of_replicas: 0 } }),
      create,
      call('DELETE', '/{index}'),
      call('DELETE', '/{index}'),
    ],
  },
];
