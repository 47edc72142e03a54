// What a caller writes on the request line must not decide where a request is passed to: real processes, a real engine that
// cannot be reached, raw sockets, and a listener that no request may reach.
import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { eventually } from '../contract/call.ts';
import { behindProxy } from '../harness/behind-proxy.ts';
import { proxyTo, type EngineProxy } from '../harness/engine-proxy.ts';
import { findEngine } from '../harness/engine.ts';
import type { RunningService } from '../harness/implementations.ts';
import { hostileTargets } from './hostile-targets.ts';

const found = await findEngine();
const methods = ['GET', 'HEAD', 'DELETE', 'POST', 'PUT', 'OPTIONS', 'CONNECT'] as const;

/** What the relay may ask of a peer, whatever it was asked itself. An id has every other character encoded. */
const value = "(?:[\\w.~!*'()+-]|%[\\dA-F]{2})*";
const documented = new RegExp(
  `^(?:GET /readyz|POST /(?:index|bulk)|(?:GET|HEAD) /search\\?(?:(?:q|size|from|search_after|highlight)=${value}(?:&|$))+` +
    `|(?:GET|HEAD|DELETE) /documents/${value})$`,
);
const knownHeaders = new Set([
  ...['host', 'connection', 'via', 'x-request-id', 'content-type', 'content-length', 'prefer', 'traceparent'],
  ...['tracestate', 'transfer-encoding'],
]);

interface Received {
  readonly line: string;
  readonly headers: ReadonlyMap<string, string>;
}

describe(
  'a request that is passed to a peer',
  { skip: 'missing' in found ? found.missing : false, timeout: 600_000 },
  () => {
    const setup = behindProxy(found);
    let other: Server;
    let otherConnections = 0;
    let peer: RunningService;
    let tap: EngineProxy;
    let cutOff: RunningService;
    const sentToPeer = new Map<number, string>();

    const received = (): readonly Received[] => [...sentToPeer.values()].flatMap(requestsIn);

    before(async () => {
      other = createServer((socket) => {
        otherConnections += 1;
        socket.on('error', () => undefined);
        socket.destroy();
      });
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    });
    after(() => void other.close());
    afterEach(() => tap.shut());

    async function start(): Promise<void> {
      peer = await setup.start({ ES_HOSTS: setup.engine.url });
      tap = await proxyTo(peer.url, (chunk, connection) =>
        sentToPeer.set(connection, (sentToPeer.get(connection) ?? '') + chunk.toString('latin1')),
      );
      const service = await setup.start({ ES_HOSTS: 'http://127.0.0.1:1', PEERS: tap.url, DEADLINE_MS: '6000' });
      cutOff = service;
      // Once the engine is known to be down there is time for a peer.
      const first = await eventually(
        () => service.call('GET', '/documents/none'),
        ({ headers }) => headers.get('via') !== null,
      );
      assert.equal(first.status, 404);
    }

    it('goes to the peer and to a documented path there, with every request target', async () => {
      await start();
      const { port } = other.address() as AddressInfo;
      const targets = hostileTargets(`127.0.0.1:${port}`);
      assert.ok(targets.length >= 40);
      const statuses: Record<string, number> = {};
      for (const target of targets) {
        for (const method of methods) {
          const answer = await raw(cutOff.url, method, target);
          const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'closed';
          statuses[status] = (statuses[status] ?? 0) + 1;
          const what = `${method} ${JSON.stringify(target.slice(0, 200))}: ${answer.slice(0, 300)}`;
          assert.ok(!/^5/.test(status), what);
          assert.doesNotMatch(answer, /process_cpu|service_requests_total/, what);
          assert.equal(otherConnections, 0, `the caller chose the host: ${what}`);
        }
      }
      const requests = received();
      for (const { line, headers } of requests) {
        assert.match(line, documented, 'the peer was asked for what is not documented');
        if (headers.get('via') === undefined) continue;
        const unknown = [...headers.keys()].filter((name) => !knownHeaders.has(name));
        assert.deepEqual(unknown, [], line);
        assert.equal(headers.get('host'), new URL(tap.url).host);
      }
      // The list is of use only when requests are passed on indeed.
      const passed = requests.filter(({ headers }) => headers.has('via'));
      assert.ok(passed.length > 100, `${passed.length} were passed on; answers: ${JSON.stringify(statuses)}`);
    });

    it('keeps its id, its query, its body and its preference', async () => {
      sentToPeer.clear();
      await start();
      sentToPeer.clear();
      const lines = async (
        method: string,
        target: string,
        ...more: readonly string[]
      ): Promise<readonly Received[]> => {
        // Now and then an instance looks whether its engine is back, and such a request may not be passed on.
        for (let attempt = 1; ; attempt += 1) {
          const before = received().length;
          await raw(cutOff.url, method, target, ...more);
          const passed = received()
            .slice(before)
            .filter(({ headers }) => headers.has('via'));
          if (passed.length > 0 || attempt === 10) return passed;
        }
      };
      const [read] = await lines('GET', '/documents/a%2Fb%5C..%3F%23%20%C3%BC%25');
      assert.equal(read?.line, 'GET /documents/a%2Fb%5C..%3F%23%20%C3%BC%25');
      const [dots] = await lines('GET', '/documents/..');
      assert.equal(dots?.line, 'GET /documents/..');
      const [search] = await lines('GET', '/search?highlight=true&q=a%26size%3D0&size=5&size=7&evil=1&search_after=');
      assert.equal(search?.line, 'GET /search?q=a%26size%3D0&size=5&search_after=&highlight=true');
      const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const [write] = await lines('POST', '/index', `traceparent: ${trace}`, 'Prefer: wait=3, respond-async, evil=1');
      assert.equal(write?.line, 'POST /index');
      assert.equal(write.headers.get('traceparent'), trace);
      assert.equal(write.headers.get('prefer'), 'respond-async, wait=3');
      assert.equal(write.headers.get('content-type'), 'application/json');
      const [plain] = await lines('GET', '/documents/x', 'traceparent: evil', 'tracestate: evil=1', 'Cookie: a=b');
      assert.deepEqual([...(plain?.headers.keys() ?? [])].sort(), ['connection', 'host', 'via', 'x-request-id']);
    });
  },
);

const body = '{"id":"hostile","data":"text"}';

/** One request as bytes on a connection of its own; what came back, or '' when the connection was closed or stayed silent. */
function raw(url: string, method: string, target: string, ...more: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const content = ['Content-Type: application/json', `Content-Length: ${body.length}`];
  // As through a balancer, where metrics are hidden: only a peer that was asked by mistake would show them.
  const head = [
    'Host: evil.example',
    'Connection: close',
    'X-Forwarded-For: 192.0.2.1',
    ...more,
    ...(method === 'POST' ? content : []),
  ];
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${method} ${target} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${method === 'POST' ? body : ''}`);
    });
    socket.setTimeout(30_000, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

/** The requests of one connection. The bodies that are sent here hold no empty line. */
function requestsIn(bytes: string): readonly Received[] {
  return [...bytes.matchAll(/([A-Z]+ [^\r\n]*) HTTP\/1\.1\r\n((?:[^\r\n]+\r\n)*)\r\n/g)].map(([, line, head]) => ({
    line: line as string,
    headers: new Map(
      (head as string)
        .trimEnd()
        .split('\r\n')
        .map((field) => {
          const colon = field.indexOf(':');
          return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const;
        }),
    ),
  }));
}
