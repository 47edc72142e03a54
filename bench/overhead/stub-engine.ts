// A server that acknowledges every write like an engine, in a process of its own, so that its work is not counted as the
// client's. Tells its port to the process that forked it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const result = {
  _index: 'a',
  _id: '1',
  _version: 1,
  result: 'updated',
  _shards: { total: 2, successful: 2, failed: 0 },
  _seq_no: 1,
  _primary_term: 1,
};
const [beforeId = '', afterId = ''] = JSON.stringify(result).split('"1"');

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('latin1');
  request.on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    const headers = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' };
    response.writeHead(200, headers);
    const id = /\/_doc\/([^?]+)/.exec(request.url ?? '')?.[1] ?? '1';
    if (request.url?.startsWith('/_bulk') !== true) return response.end(`${beforeId}"${id}"${afterId}`);
    const ids = [...body.matchAll(/^\{"index":\{"_index":"a","_id":"([^"]+)"/gm)];
    response.end(
      JSON.stringify({
        took: 1,
        errors: false,
        items: ids.map(([, id]) => ({ index: { ...result, _id: id, status: 200 } })),
      }),
    );
  });
});

server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
