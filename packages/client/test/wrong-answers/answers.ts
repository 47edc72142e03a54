// The wrong answers: what is sent in place of the right one, and what that proves.
import { gzipSync } from 'node:zlib';
import { jsonType, send, type Exchange } from './engine.ts';

export interface WrongAnswer {
  readonly name: string;
  /**
   * `ambiguous`: a write may have been carried out or not, and no client can know. `refused`: it was not, and the answer says so.
   * `partly`: the engine's own answer for some items, which may be used. `right`: unusual, but the engine's own answer.
   */
  readonly proves: 'ambiguous' | 'refused' | 'partly' | 'right';
  readonly send: (exchange: Exchange) => void;
  /** Nothing ends it but a deadline. */
  readonly hangs: boolean;
}

type Send = WrongAnswer['send'];
const html = 'content-type: text/html\r\n';
const page = '<html><body>proxy</body></html>';
const error = (type: string, status: number): string => JSON.stringify({ error: { type, reason: 'by plan' }, status });

/** The right answer behind other bytes: `HTTP/1.1 200 OK` and headers as given. */
const raw =
  (head: string | ((body: string) => string), body?: (body: string) => string, end?: 'close' | 'reset'): Send =>
  ({ socket, body: right }) => {
    socket.write(typeof head === 'string' ? head : head(right));
    if (body) socket.write(body(right));
    // What was written is to arrive before the connection ends.
    if (end === 'close') socket.end();
    if (end === 'reset') setTimeout(() => socket.resetAndDestroy(), 5);
  };

const bytes = (text: string): number => Buffer.byteLength(text);
const ok = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const half = (text: string): string => text.slice(0, Math.floor(text.length / 2));

/** The right status with another body. */
const body =
  (change: (right: string) => string | Buffer): Send =>
  (exchange) =>
    send(exchange, exchange.status, jsonType, change(exchange.body));

/** The right answer with its list of items changed; an answer without one becomes an empty object. */
const items = (change: (list: unknown[]) => unknown): Send =>
  body((right) => {
    const parsed = JSON.parse(right) as Record<string, unknown>;
    for (const name of ['items', 'docs', 'responses']) {
      const list = parsed[name];
      if (Array.isArray(list)) return JSON.stringify({ ...parsed, [name]: change(list) });
    }
    return '{}';
  });

/** The right answer with every value of a kind replaced, however deep. */
const values = (change: (key: string, value: unknown) => unknown): Send =>
  body((right) => JSON.stringify(JSON.parse(right, (key, value: unknown) => change(key, value))));

/** Each item of a bulk with this status and error; another answer has them itself. */
const itemsWith = (status: number, type: string): Send => {
  const refusal = { status, error: { type, reason: 'by plan' } };
  return (exchange) => {
    const { items: list } = JSON.parse(exchange.body) as { items?: Record<string, object>[] };
    if (!list) return send(exchange, status, jsonType, error(type, status));
    const changed = list.map((item) =>
      Object.fromEntries(
        Object.entries(item).map(([op, one]) => [op, { _index: 'a', _id: (one as { _id: string })._id, ...refusal }]),
      ),
    );
    send(exchange, 200, jsonType, JSON.stringify({ errors: true, items: changed }));
  };
};

const status =
  (code: number, headers: string, text: string | Buffer): Send =>
  (exchange) =>
    send(exchange, code, headers, text);

const ambiguous: Readonly<Record<string, Send>> = {
  '500 of a proxy': status(500, html, page),
  '500 of the engine': status(500, jsonType, error('null_pointer_exception', 500)),
  '501': status(501, '', ''),
  '502 empty': status(502, '', ''),
  '503 of a proxy': status(503, html, page),
  '503 unavailable_shards_exception': status(503, jsonType, error('unavailable_shards_exception', 503)),
  '503 cluster_block_exception': status(503, jsonType, error('cluster_block_exception', 503)),
  '503 cut off': status(503, jsonType, half(error('es_rejected_execution_exception', 503))),
  '504 of a proxy': status(504, html, page),
  '507': status(507, '', ''),
  '599': status(599, '', 'x'),
  'items with 503 unavailable_shards_exception': itemsWith(503, 'unavailable_shards_exception'),
  'items with 500': itemsWith(500, 'engine_exception'),
  '202 with the right body': (exchange) => send(exchange, 202, jsonType, exchange.body),
  '206 with the right body': (exchange) => send(exchange, 206, jsonType, exchange.body),
  '204 without a body': raw('HTTP/1.1 204 No Content\r\n\r\n'),
  '300': status(300, html, page),
  '301 to itself': (exchange) => send(exchange, 301, `location: ${exchange.request.path}\r\n`, ''),
  '302 to another host': status(302, 'location: http://127.0.0.1:9/\r\n', ''),
  '303': status(303, 'location: /\r\n', ''),
  '304': raw('HTTP/1.1 304 Not Modified\r\n\r\n'),
  '307 without a location': status(307, '', ''),
  '408 of a proxy': status(408, html, page),
  '460 of a balancer': status(460, '', ''),
  '499 of a proxy': status(499, html, page),
  'a page': status(200, html, page),
  'a page called JSON': status(200, jsonType, page),
  'an empty body': status(200, jsonType, ''),
  'a body cut off': body(half),
  'a body cut at its last character': body((right) => right.slice(0, -1)),
  'a body twice': body((right) => right + right),
  'a body with a byte order mark': body((right) => `\ufeff${right}`),
  'a body that is not UTF-8': body((right) =>
    Buffer.concat([Buffer.from(right.slice(0, 2)), Buffer.from([0xff]), Buffer.from(right.slice(2))]),
  ),
  'a body in UTF-16': body((right) => Buffer.from(right, 'utf16le')),
  null: body(() => 'null'),
  'a number': body(() => '17'),
  'a text': body((right) => JSON.stringify(right)),
  true: body(() => 'true'),
  'an array': body((right) => `[${right}]`),
  'an empty object': body(() => '{}'),
  'an error in a 200': status(200, jsonType, error('some_exception', 500)),
  'a hundred thousand brackets': body(() => '['.repeat(100_000)),
  'all numbers as texts': values((_key, value) => (typeof value === 'number' ? String(value) : value)),
  'all texts as numbers': values((_key, value) => (typeof value === 'string' ? 1 : value)),
  'all values null': values((key, value) => (key === '' || typeof value === 'object' ? value : null)),
  'the answer for another document': values((key, value) => (key === '_id' ? 'another' : value)),
  'an item too few': items((list) => list.slice(1)),
  'an item too many': items((list) => [...list, list[0]]),
  'no items': items(() => []),
  'items null': items((list) => list.map(() => null)),
  'items as an object': items((list) => ({ 0: list[0], length: list.length })),
  'items without their status': items(
    (list) =>
      JSON.parse(JSON.stringify(list, (key, value: unknown) => (key === 'status' ? undefined : value))) as unknown,
  ),
  'items of another operation': items((list) => list.map((item) => ({ noop: item }))),
  'gzip that is none': (exchange) => send(exchange, 200, `${jsonType}content-encoding: gzip\r\n`, 'no gzip'),
  'gzip that was not requested': (exchange) =>
    send(exchange, 200, `${jsonType}content-encoding: gzip\r\n`, gzipSync(exchange.body)),
  'a content-length that is too long': raw(
    (right) => `${ok}content-length: ${bytes(right) + 10}\r\n\r\n`,
    (right) => right,
    'close',
  ),
  'a content-length that is too short': raw(
    (right) => `${ok}content-length: ${bytes(right) - 5}\r\n\r\n`,
    (right) => right,
  ),
  'a negative content-length': raw(`${ok}content-length: -1\r\n\r\n`, (right) => right),
  'two content-lengths': raw(
    (right) => `${ok}content-length: 5\r\ncontent-length: ${bytes(right)}\r\n\r\n`,
    (right) => right,
  ),
  'chunks without an end': raw(
    `${ok}transfer-encoding: chunked\r\n\r\n`,
    (right) => `${bytes(right).toString(16)}\r\n${right}\r\n`,
    'close',
  ),
  'chunks of no size': raw(`${ok}transfer-encoding: chunked\r\n\r\n`, (right) => `zz\r\n${right}\r\n0\r\n\r\n`),
  '101 switching protocols': raw(
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  ),
  'a 100 first': raw(
    (right) => `HTTP/1.1 100 Continue\r\n\r\n${ok}content-length: ${bytes(right)}\r\n\r\n`,
    (right) => right,
  ),
  '100 and nothing more': raw('HTTP/1.1 100 Continue\r\n\r\n', undefined, 'close'),
  'no HTTP': raw('SSH-2.0-OpenSSH_9.2\r\n', undefined, 'close'),
  'HTTP of version 9': raw(
    (right) => `HTTP/9.9 200 OK\r\ncontent-length: ${bytes(right)}\r\n\r\n`,
    (right) => right,
  ),
  'a status of no digits': raw('HTTP/1.1 fine OK\r\ncontent-length: 0\r\n\r\n'),
  'a status of four digits': raw('HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n'),
  'a header of 100 kB': raw(
    (right) => `${ok}x: ${'y'.repeat(100_000)}\r\ncontent-length: ${bytes(right)}\r\n\r\n`,
    (right) => right,
  ),
  'a header without a name': raw(
    (right) => `${ok}: y\r\ncontent-length: ${bytes(right)}\r\n\r\n`,
    (right) => right,
  ),
  'a body of 2 MB where 1 MB is allowed': body((right) => right + ' '.repeat(2_000_000)),
  'a connection closed at once': raw('', undefined, 'close'),
  'a connection reset at once': ({ socket }) => void socket.resetAndDestroy(),
  'a connection reset in the status line': raw('HTTP/1.1 20', undefined, 'reset'),
  'a connection reset after the headers': raw(
    (right) => `${ok}content-length: ${bytes(right)}\r\n\r\n`,
    undefined,
    'reset',
  ),
  'a connection reset within the body': raw((right) => `${ok}content-length: ${bytes(right)}\r\n\r\n`, half, 'reset'),
  'no answer': () => undefined,
  'headers and no body': raw((right) => `${ok}content-length: ${bytes(right)}\r\n\r\n`),
  'a byte now and then': ({ socket, body: right }) => {
    socket.write(`${ok}content-length: ${bytes(right)}\r\n\r\n`);
    let at = 0;
    const timer = setInterval(() => socket.write(right[at++] ?? ''), 50);
    socket.on('close', () => clearInterval(timer));
  },
};

const partly: Readonly<Record<string, Send>> = {
  'the first item for all': items((list) => list.map(() => list[0])),
  'items in reverse': items((list) => list.toReversed()),
  'an unknown transfer-encoding': raw(`${ok}transfer-encoding: secret\r\n\r\n`, (right) => right, 'close'),
};

const refused: Readonly<Record<string, Send>> = {
  '400 of the engine': status(400, jsonType, error('parsing_exception', 400)),
  '400 illegal_argument_exception': status(400, jsonType, error('illegal_argument_exception', 400)),
  '401 of a proxy': status(401, html, page),
  '403 of the engine': status(403, jsonType, error('security_exception', 403)),
  '404 of a proxy': status(404, html, page),
  '404 of the engine': status(404, jsonType, error('index_not_found_exception', 404)),
  '405': status(405, jsonType, error('method_not_allowed', 405)),
  '409 of a proxy': status(409, html, page),
  '413 without a body': status(413, '', ''),
  '413 of a proxy': status(413, html, page),
  '414': status(414, '', ''),
  '415 cut off': status(415, jsonType, half(error('media_type_header_exception', 415))),
  '429 of the engine': status(429, jsonType, error('es_rejected_execution_exception', 429)),
  '429 until tomorrow': status(429, `${jsonType}retry-after: 86400\r\n`, error('circuit_breaking_exception', 429)),
  '429 until nonsense': status(429, 'retry-after: soon\r\nretry-after: -5\r\n', ''),
  '431': status(431, '', ''),
  '503 es_rejected_execution_exception': status(503, jsonType, error('es_rejected_execution_exception', 503)),
  'items with 429': itemsWith(429, 'es_rejected_execution_exception'),
  'items with 400': itemsWith(400, 'document_parsing_exception'),
};

const right: Readonly<Record<string, Send>> = {
  'no content-type': (exchange) => send(exchange, exchange.status, '', exchange.body),
  'another content-type': (exchange) => send(exchange, exchange.status, 'content-type: image/png\r\n', exchange.body),
  'an early hint first': raw(
    (body_) => `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${ok}content-length: ${bytes(body_)}\r\n\r\n`,
    (body_) => body_,
  ),
  'chunks of one byte': raw(
    `${ok}transfer-encoding: chunked\r\n\r\n`,
    (body_) =>
      Array.from(body_)
        .map((one) => `1\r\n${one}\r\n`)
        .join('') + '0\r\n\r\n',
  ),
  'a body that ends with the connection': raw(`${ok}\r\n`, (body_) => body_, 'close'),
  'white space around the body': body((body_) => `\n\t ${body_} \r\n`),
  'a second answer without a request': raw(
    (body_) => `${ok}content-length: ${bytes(body_)}\r\n\r\n`,
    (body_) => `${body_}${ok}content-length: 2\r\n\r\n{}`,
  ),
  'an answer late, and in time': (exchange) =>
    void setTimeout(() => send(exchange, exchange.status, jsonType, exchange.body), 60),
};

const hanging: ReadonlySet<string> = new Set(['no answer', 'headers and no body', 'a byte now and then']);

export const wrongAnswers: readonly WrongAnswer[] = [
  ...Object.entries(ambiguous).map(([name, how]) => ({
    name,
    proves: 'ambiguous' as const,
    send: how,
    hangs: hanging.has(name),
  })),
  ...Object.entries(refused).map(([name, how]) => ({ name, proves: 'refused' as const, send: how, hangs: false })),
  ...Object.entries(partly).map(([name, how]) => ({ name, proves: 'partly' as const, send: how, hangs: false })),
  ...Object.entries(right).map(([name, how]) => ({ name, proves: 'right' as const, send: how, hangs: false })),
];
