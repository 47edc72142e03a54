// An engine that answers every request at once with the same small search result.
import { createServer } from 'node:http';

const found = Buffer.from(
  JSON.stringify({
    took: 1,
    timed_out: false,
    hits: { total: { value: 0, relation: 'eq' }, max_score: null, hits: [] },
  }),
);
const headers = {
  'x-elastic-product': 'Elasticsearch',
  'content-type': 'application/json',
  'content-length': found.length,
};

createServer((request, response) => {
  request.resume().on('end', () => {
    if (request.url?.startsWith('/_cluster/state/master_node')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.end('{"master_node":"m"}');
    }
    response.writeHead(200, headers);
    return response.end(found);
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
