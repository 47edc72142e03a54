// Hostile and unusual requests: refused, or passed on to the node exactly as they came; never to another host, never as two.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { rawExchange, startGateway, type RunningGateway } from './harness/running.ts';
import { headerOf, sendJson, Stub } from './harness/stub.ts';

describe('hostile requests', () => {
  let stub: Stub;
  let other: Stub;
  let gateway: RunningGateway;

  before(async () => {
    stub = await Stub.start((_, response) => sendJson(response, 200, {}));
    other = await Stub.start((_, response) => sendJson(response, 200, {}));
    gateway = await startGateway([stub.url]);
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await stub[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    stub.seen.length = 0;
  });

  const ask = (head: string, rest = ''): Promise<string> =>
    rawExchange(gateway.port, `${head}\r\nhost: x\r\nconnection: close\r\n\r\n${rest}`);

  const refused: readonly (readonly [name: string, target: string])[] = [
    ['an absolute target', 'http://127.0.0.1:1/a'],
    ['an absolute target without a scheme of HTTP', 'ftp://x/a'],
    ['a target without a slash', 'a/_search'],
    ['a backslash', '/a\\b'],
    ['a fragment', '/a#b'],
    ['a tab', '/a\tb'],
    ['a control character', '/a\u0001b'],
    ['an asterisk', '*'],
  ];
  for (const [name, target] of refused)
    test(`${name} is refused`, async () => {
      const answer = await ask(`GET ${target} HTTP/1.1`);
      assert.match(answer, /^HTTP\/1\.1 400 /);
      assert.deepEqual(stub.seen, []);
    });

  const unchanged = [
    '/../_cat',
    '/a/%2e%2e/b',
    '//evil.example/x',
    '/a//b',
    '/%5C',
    '/a?b=c?d',
    '/a?',
    "/~!$&'()*+,;=:@%20",
  ];
  for (const target of unchanged)
    test(`${target} reaches the node as it is`, async () => {
      assert.match(await ask(`GET ${target} HTTP/1.1`), /^HTTP\/1\.1 200 /);
      assert.deepEqual(
        stub.seen.map(({ url }) => url),
        [target],
      );
    });

  test('a dot segment cannot leave the prefix of a node', async () => {
    await using prefixed = await startGateway([`${stub.url}/prefix`]);
    const answer = await rawExchange(prefixed.port, 'GET /../secret HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 400 /);
    await rawExchange(prefixed.port, 'GET /a/_search HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    assert.deepEqual(
      stub.seen.map(({ url }) => url).filter((url) => !url.startsWith('/prefix/_nodes')),
      ['/prefix/a/_search'],
    );
  });

  const malformed: readonly (readonly [name: string, text: string])[] = [
    [
      'content-length and transfer-encoding',
      'POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'],
    ['a length that is no number', 'POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 3x\r\n\r\nabc'],
    ['a space before the colon', 'GET /a HTTP/1.1\r\nhost : x\r\n\r\n'],
    ['a header of 100 kB', `GET /a HTTP/1.1\r\nhost: x\r\ny: ${'z'.repeat(100_000)}\r\n\r\n`],
    ['no version', 'GET /a\r\n\r\n'],
    [
      'another encoding than chunked',
      'POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a line feed in a header', 'GET /a HTTP/1.1\r\nhost: x\r\ny: a\nGET /b HTTP/1.1\r\n\r\n'],
    ['CONNECT', 'CONNECT 127.0.0.1:1 HTTP/1.1\r\nhost: x\r\n\r\n'],
  ];
  for (const [name, text] of malformed)
    test(`${name}: no request reaches the node`, async () => {
      const answer = await rawExchange(gateway.port, text);
      assert.doesNotMatch(answer, /^HTTP\/1\.1 2/);
      assert.deepEqual(stub.seen, []);
    });

  test('a host header and forwarding headers change nothing about where it goes', async () => {
    const { host } = new URL(other.url);
    await rawExchange(
      gateway.port,
      `GET /a HTTP/1.1\r\nhost: ${host}\r\nx-forwarded-host: ${host}\r\nconnection: close\r\n\r\n`,
    );
    assert.equal(other.seen.length, 0);
    assert.equal(headerOf(stub.seen[0]!.headers, 'host'), new URL(stub.url).host);
  });

  test('headers of the connection, those that it names, and those of the gateway stay here', async () => {
    const head =
      'GET /a HTTP/1.1\r\nhost: x\r\nconnection: close, x-secret\r\nx-secret: 1\r\nte: trailers\r\nupgrade: h2c\r\nproxy-authorization: b\r\nx-understudy-deadline-ms: 900\r\nx-kept: 1';
    await rawExchange(gateway.port, `${head}\r\n\r\n`);
    const names = stub.seen[0]!.headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    assert.deepEqual(names, ['host', 'connection', 'x-kept']);
  });

  test('a deadline that is none is refused with what is allowed', async () => {
    const answer = await rawExchange(
      gateway.port,
      'GET /a HTTP/1.1\r\nhost: x\r\nx-understudy-deadline-ms: soon\r\nconnection: close\r\n\r\n',
    );
    assert.match(answer, /^HTTP\/1\.1 400 [^]*understudy_invalid_deadline[^]*'soon'; it must be a whole number from 1/);
  });
});
