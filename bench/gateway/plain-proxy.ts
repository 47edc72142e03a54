// What a gateway of the same runtime costs at least: `relay` passes bytes between two sockets, `proxy` is node:http before an undici
// pool and does nothing else. Neither retries, times out or counts anything.
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { Pool } from 'undici';

const [kind = '', engine = '', port = ''] = process.argv.slice(2);
const { hostname, port: enginePort } = new URL(engine);

function relay(): void {
  createServer({ noDelay: true }, (inner) => {
    const outer = connect({ host: hostname, port: Number(enginePort), noDelay: true });
    inner.pipe(outer).pipe(inner);
    inner.on('error', () => outer.destroy());
    outer.on('error', () => inner.destroy());
  }).listen(Number(port), '127.0.0.1');
}

function proxy(): void {
  const pool = new Pool(engine, { connections: 128 });
  createHttpServer({ noDelay: true }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = chunks.length === 0 ? null : Buffer.concat(chunks);
      const answer: Buffer[] = [];
      const { 'content-type': type = 'application/json' } = request.headers;
      pool.dispatch(
        { method: request.method ?? 'GET', path: request.url ?? '/', headers: ['content-type', type], body },
        {
          onRequestStart: () => undefined,
          onResponseStart: (_, status, headers) => void response.writeHead(status, headers),
          onResponseData: (_, chunk) => void answer.push(chunk),
          onResponseEnd: () => void response.end(Buffer.concat(answer)),
          onResponseError: () => response.destroy(),
        },
      );
    });
  }).listen(Number(port), '127.0.0.1');
}

if (kind === 'relay') relay();
else proxy();
