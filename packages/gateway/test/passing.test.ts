// What is passed on stays as it is: headers, compressed bodies, HEAD, chunks, large bodies in both directions with bounded memory,
// connections that are used again, and requests that are sent in advance.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { rawExchange, startGateway } from './harness/running.ts';
import { headerOf, sendJson, Stub } from './harness/stub.ts';

const megabyte = 1024 * 1024;

async function send(
  url: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly agent?: Agent },
  body?: Buffer | Readable,
): Promise<{ readonly response: IncomingMessage; readonly body: Buffer }> {
  const sent = httpRequest(url, options);
  if (body instanceof Readable) body.pipe(sent);
  else sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { response, body: await buffer(response) };
}

test('headers and compressed bodies pass in both directions as they are', async () => {
  const zipped = gzipSync('{"hits":{}}');
  await using stub = await Stub.start((_, response) => {
    response.writeHead(
      200,
      [
        ['X-elastic-product', 'Elasticsearch'],
        ['Warning', '299 one'],
        ['Warning', '299 two'],
        ['content-encoding', 'gzip'],
        ['content-length', String(zipped.length)],
        ['connection', 'x-private'],
        ['x-private', '1'],
      ].flat(),
    );
    response.end(zipped);
  });
  await using gateway = await startGateway([stub.url]);
  const question = gzipSync('{"size":0}');
  const headers = {
    'content-encoding': 'gzip',
    'content-type': 'application/json',
    'accept-encoding': 'gzip',
    'x-opaque-id': '7',
  };
  const { response, body } = await send(`${gateway.url}/a/_search`, { method: 'POST', headers }, question);
  assert.deepEqual(body, zipped);
  assert.equal(response.headers['x-elastic-product'], 'Elasticsearch');
  assert.equal(response.headers['content-encoding'], 'gzip');
  assert.deepEqual(response.headersDistinct['warning'], ['299 one', '299 two']);
  assert.equal(response.headers['x-private'], undefined);
  const [seen] = stub.seen;
  assert.ok(seen);
  assert.deepEqual(seen.body, question);
  for (const [name, value] of Object.entries(headers)) assert.equal(headerOf(seen.headers, name), value);
});

test('HEAD has the length of the answer and no body, and its connection is used again', async () => {
  const ports = new Set<number | undefined>();
  await using stub = await Stub.start((_, response, request) => {
    ports.add(request.socket.remotePort);
    response.writeHead(200, { 'content-length': '7' });
    response.end();
  });
  await using gateway = await startGateway([stub.url]);
  for (let n = 0; n < 5; n++) {
    const { response, body } = await send(`${gateway.url}/a`, { method: 'HEAD' });
    assert.deepEqual([response.headers['content-length'], body.length], ['7', 0]);
  }
  assert.equal(ports.size, 1);
});

test('the body of a GET, chunks and Expect: 100-continue arrive', async () => {
  await using stub = await Stub.start(({ body, method }, response) =>
    sendJson(response, 200, { method, got: body.toString() }),
  );
  await using gateway = await startGateway([stub.url]);
  const get = await send(
    `${gateway.url}/a/_search`,
    { method: 'GET', headers: { 'content-length': '2' } },
    Buffer.from('{}'),
  );
  assert.deepEqual(JSON.parse(get.body.toString()), { method: 'GET', got: '{}' });
  const chunks = await send(
    `${gateway.url}/x`,
    { method: 'POST' },
    Readable.from([Buffer.from('ab'), Buffer.from('cd')]),
  );
  assert.deepEqual(JSON.parse(chunks.body.toString()), { method: 'POST', got: 'abcd' });
  const text =
    'POST /x HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi';
  assert.match(
    await rawExchange(gateway.port, text),
    /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[^]*"got":"hi"/,
  );
});

test('large bodies in both directions are not kept', async () => {
  const size = 60 * megabyte;
  let received = 0;
  let produced = 0;
  await using stub = await Stub.start(() => assert.fail('it is answered below'));
  stub.server.removeAllListeners('request');
  stub.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url !== '/_bulk') return sendJson(response, 200, {});
    request.on('data', (chunk: Buffer) => (received += chunk.length));
    return request.on('end', () => {
      response.writeHead(200, { 'content-length': String(size) });
      Readable.from(chunks(size, (bytes) => (produced += bytes))).pipe(response);
    });
  });
  await using gateway = await startGateway([stub.url], ['--kept-body-bytes', String(megabyte)]);
  const sent = httpRequest(`${gateway.url}/_bulk`, { method: 'POST', headers: { 'content-length': String(size) } });
  Readable.from(chunks(size)).pipe(sent);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  assert.equal(received, size);
  // Nobody reads: the answer must wait at the node and not here.
  await sleep(300);
  assert.ok(produced < size / 2, `${produced} of ${size} bytes have left the node`);
  let read = 0;
  for await (const chunk of response) read += (chunk as Buffer).length;
  assert.equal(read, size);
});

function* chunks(bytes: number, onChunk: (bytes: number) => void = () => undefined): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= 65_536) {
    const length = Math.min(left, 65_536);
    onChunk(length);
    yield Buffer.alloc(length, 0x20);
  }
}

test('an answer that breaks off breaks the connection of the application too', async () => {
  await using stub = await Stub.start((_, response) => {
    response.writeHead(200, { 'content-length': String(2 * megabyte) });
    response.write(Buffer.alloc(megabyte), () => setTimeout(() => response.destroy(), 20));
  });
  await using gateway = await startGateway([stub.url]);
  await assert.rejects(send(`${gateway.url}/a/_search`, { method: 'POST' }));
});

for (const [method, path, body] of [
  ['POST', '/a/_search', '{}'],
  ['PUT', '/a/_doc/1', '{"n":1}'],
  ['POST', '/_bulk', '{"index":{"_index":"a","_id":"1"}}\n{"n":1}\n'],
] as const) {
  /** Sends it, and goes away when the node has it. */
  const sendAndLeave = async (stub: Stub, url: string): Promise<void> => {
    const sent = httpRequest(url + path, { method, headers: { 'content-type': 'application/json' } });
    sent.on('error', () => undefined);
    sent.end(body);
    while (stub.seen.length === 0) await sleep(5);
    sent.destroy();
  };

  test(`an application that goes away ends its request at the node: ${method} ${path}`, async () => {
    await using stub = await Stub.start(() => undefined);
    const gone = new Promise<void>((resolve) => {
      stub.answer = (_, response) => void response.on('close', resolve);
    });
    await using gateway = await startGateway([stub.url]);
    await sendAndLeave(stub, gateway.url);
    await gone;
  });

  test(`what an application has left is not repeated: ${method} ${path}`, async () => {
    await using stub = await Stub.start((_, response) => sendJson(response, 503, {}));
    const backoff = { baseMs: 300, capMs: 300, jitter: false };
    await using gateway = await startGateway([stub.url], ['--log-every', '1'], { backoff });
    await sendAndLeave(stub, gateway.url);
    while (gateway.log.length === 0) await sleep(5);
    assert.match(gateway.log.join(''), /"status":499/);
    await sleep(600);
    assert.equal(stub.seen.length, 1);
  });
}

test('one connection of an application serves many requests, and those sent in advance begin one after the other', async () => {
  let running = 0;
  let most = 0;
  await using stub = await Stub.start(({ url }, response) => {
    most = Math.max(most, ++running);
    setTimeout(() => {
      running--;
      sendJson(response, 200, { url });
    }, 20);
  });
  await using gateway = await startGateway([stub.url]);
  const one = (n: number): string => `PUT /p${n} HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n${n}`;
  const answers = await rawExchange(gateway.port, [1, 2, 3, 4].map(one).join(''), /"\/p4"/);
  assert.deepEqual(answers.match(/"\/p\d"/g), ['"/p1"', '"/p2"', '"/p3"', '"/p4"']);
  assert.equal(most, 1);
});

test('credentials of the gateway are used only where the application brings none', async () => {
  await using stub = await Stub.start(({ headers }, response) =>
    sendJson(response, 200, { by: headerOf(headers, 'authorization') }),
  );
  await using gateway = await startGateway([stub.url], ['--username', 'gw', '--password', 'p']);
  const own = await send(`${gateway.url}/a`, { headers: { authorization: 'ApiKey mine' } });
  const none = await send(`${gateway.url}/a`, {});
  assert.deepEqual(JSON.parse(own.body.toString()), { by: 'ApiKey mine' });
  assert.deepEqual(JSON.parse(none.body.toString()), { by: `Basic ${Buffer.from('gw:p').toString('base64')}` });
});

test('an answer that the runtime refuses to send becomes an error, and the gateway goes on', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('HTTP/1.1 001 odd\r\ncontent-length: 2\r\n\r\n{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    await using gateway = await startGateway([`http://127.0.0.1:${port}`], ['--deadline-ms', '500']);
    for (let n = 0; n < 2; n++) {
      const { response } = await send(`${gateway.url}/a/_search`, { method: 'POST' });
      assert.ok((response.statusCode ?? 0) >= 500);
    }
  } finally {
    server.close();
  }
});

test('an asynchronous search passes as it is: started once, read and deleted by its id', async () => {
  const id = 'FmRldE8zREVEUzA2ZVpUeGs2ejJFUFEaMkZ5QTVrSTZSaVN3WlNFVmtlWHJsdzoxMDc=';
  const body = ` {"id":"${id}", "is_running":false, "response":{"took":9007199254740993}}`;
  await using stub = await Stub.start((seen, response) => {
    response.writeHead(seen.method === 'POST' ? 202 : 200, { 'content-type': 'application/json', 'x-id': id });
    response.end(body);
  });
  await using gateway = await startGateway([stub.url]);
  const targets = [
    ['POST', '/a/_async_search?wait_for_completion_timeout=1ms&keep_on_completion=true'],
    ['GET', `/_async_search/${id}?wait_for_completion_timeout=1s`],
    ['GET', `/_async_search/status/${id}`],
    ['DELETE', `/_async_search/${id}`],
  ] as const;
  for (const [method, path] of targets) {
    const { response, body: got } = await send(`${gateway.url}${path}`, { method });
    assert.deepEqual(
      [response.statusCode, response.headers['x-id'], got.toString()],
      [method === 'POST' ? 202 : 200, id, body],
    );
  }
  assert.deepEqual(
    stub.seen.map(({ method, url }) => [method, url]),
    targets,
  );
});
