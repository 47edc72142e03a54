// Which operation a request is, and how it may be repeated; and the table in the documentation, compared with the code.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { classify, table } from '../src/routes/index.ts';

const routeOf = (request: string): string => {
  const [method = '', target = ''] = request.split(' ');
  const [path = '', query = ''] = target.split('?');
  const { operation, safety, handling, hedge, preference } = classify(method, path, query);
  const marks = [handling === 'plain' ? '' : handling, hedge ? 'hedged' : '', preference ? 'preference' : ''];
  return [operation, safety, ...marks].filter((word) => word !== '').join(' ');
};

const expected: Readonly<Record<string, string>> = {
  'GET /': 'state read',
  'POST /a,b*/_search?size=1': 'search read hedged preference',
  'GET /_search': 'search read hedged preference',
  'POST /a/_search?scroll=1m': 'search read',
  'POST /a/_search?preference=_local': 'search read hedged',
  'GET /_search?source={"pit":{"id":"a"}}&source_content_type=application/json': 'search read hedged',
  'POST /a/_search?%70reference=_local': 'search once',
  'POST /_msearch': 'msearch read hedged',
  'GET /a/_doc/1': 'get read hedged preference',
  'HEAD /a/_source/1': 'get read hedged preference',
  'GET /a/_doc/_search': 'get read hedged preference',
  'PUT /a/_doc/1': 'index replayable index',
  'POST /a/_doc/1?routing=x': 'index replayable index',
  'PUT /a/_doc/1?op_type=create': 'create replayable create',
  'PUT /a/_doc/1?op%5Ftype=create': 'index once',
  'PUT /a/_create/1': 'create replayable create',
  'DELETE /a/_doc/1': 'delete replayable delete',
  'POST /a/_doc': 'index-without-id once',
  'POST /a/_doc?op_type=create': 'index-without-id once',
  'POST /a/_update/1': 'update once',
  'POST /a/_update/1?if_seq_no=1&if_primary_term=1': 'update replayable',
  'POST /_bulk': 'bulk once bulk',
  'POST /a/_bulk?refresh=true': 'bulk once bulk',
  'POST /a/_update_by_query': 'by-query once',
  'POST /_reindex': 'by-query once',
  'POST /_search/scroll': 'scroll once',
  'GET /_search/scroll': 'scroll once',
  'DELETE /_search/scroll': 'context-close once',
  'POST /a/_pit?keep_alive=1m': 'context-open read',
  'POST /a/_search/point_in_time?keep_alive=1m': 'context-open read',
  'POST /a/_async_search': 'async-search-submit once',
  'GET /_async_search/x': 'async-search-read read',
  'GET /_cat/indices/a?v': 'state read',
  'GET /_cluster/health': 'state read',
  'POST /_cluster/reroute': 'other once',
  'GET /a/_mapping/field/x': 'metadata read',
  'PUT /a/_mapping': 'settings replayable',
  'PUT /a': 'other once',
  'DELETE /a': 'other once',
  'GET /a': 'metadata read',
  'POST /a/_forcemerge': 'other once',
  'POST /_aliases': 'other once',
  // Written unusually: nothing is concluded.
  'POST /a/%5Fdoc/1': 'other once',
  'GET /%5Fsearch': 'other once',
  'GET /%5fdoc': 'other once',
  'GET //_search': 'other once',
  'GET /a//_search': 'other once',
  'POST /a/_search/': 'other once',
  'GET /_plugins/_security/x': 'other once',
  'MERGE /a/_search': 'other once',
};

for (const [request, is] of Object.entries(expected))
  test(`${request} is: ${is}`, () => assert.equal(routeOf(request), is));

test('nothing that may change a document twice is taken for repeatable', () => {
  const writes = [
    '_update',
    '_doc',
    '_bulk',
    '_update_by_query',
    '_delete_by_query',
    '_forcemerge',
    '_open',
    '_close',
    '_rollover',
  ];
  for (const name of writes)
    for (const path of [`/a/${name}`, `/a/${name}/`, `/a/b/${name}`, `/a/${name}/b/c`, `/a%2F${name}`])
      assert.equal(classify('POST', path, '').safety, 'once', path);
});

test('the table of the documentation has every operation and how it is repeated', () => {
  const page = readFileSync(new URL('../../../docs/gateway.md', import.meta.url), 'utf8');
  const words = { read: 'yes', replayable: 'yes', once: 'no' } as const;
  for (const { operation, methods, paths, safety, hedge } of table) {
    const row = page.split('\n').find((line) => line.startsWith(`| ${operation} |`));
    assert.ok(row, `docs/gateway.md has no row for ${operation}`);
    const [, , requests = '', repeated = '', hedged = ''] = row.split('|').map((cell) => cell.trim());
    assert.equal(requests.split(' ')[0], methods.join(','), operation);
    assert.ok(
      paths.some((path) => requests.includes(`\`${path}\``)),
      `${operation} names none of its paths`,
    );
    assert.equal(repeated.split(/[,;: ]/)[0], words[safety], operation);
    assert.equal(hedged, hedge ? 'yes' : 'no', operation);
  }
});
