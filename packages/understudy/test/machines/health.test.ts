// The health path as it is asked for on a machine: the script run by a real shell against real servers.
import assert from 'node:assert/strict';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { test, type TestContext } from 'node:test';
import { execFile } from 'node:child_process';
import { nothingAsked, observeCommand, observeScript, parseObservation, partOf } from '../../src/machines/index.ts';

async function listen(t: TestContext, server: Server, address = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Not the synchronous look of the other tests: the servers live in this process. */
async function probe(subject: string) {
  const spec = { ...nothingAsked, health: [subject] };
  const [program = '', ...args] = observeCommand(spec);
  const stdout = await new Promise<string>((resolve, reject) => {
    const child = execFile(program, [...args], (error, out, stderr) => {
      if (error ?? stderr) reject(error ?? new Error(stderr));
      else resolve(out);
    });
    child.stdin?.end(observeScript);
  });
  const part = partOf(parseObservation(stdout, 'here', spec).health, subject);
  assert.ok(part.state === 'seen', JSON.stringify(part));
  return part.value;
}

const http = async (t: TestContext, handler: RequestListener): Promise<number> => {
  const server = createHttpServer(handler);
  t.after(() => server.closeAllConnections());
  return await listen(t, server);
};

test('an answer: its status, its body, its time; the path is asked for as the balancer does', async (t) => {
  const asked: (string | undefined)[] = [];
  const port = await http(t, (request, response) => {
    asked.push(request.url, request.headers.host);
    setTimeout(() => response.writeHead(503).end("down: 'database'\tis\nlocked"), 300);
  });
  const { outcome, status, body, tookMs } = await probe(`2:127.0.0.1:${port}/healthz?deep=1`);
  assert.deepEqual([outcome, status, body], ['answered', 503, "down: 'database'\tis\nlocked"]);
  assert.ok(tookMs >= 300 && tookMs < 2_500, `${tookMs} ms`);
  assert.deepEqual(asked, ['/healthz?deep=1', 'nodebalancer']);
});

test('no answer in time, and none at all', async (t) => {
  const hanging = await http(t, () => undefined);
  const { outcome, tookMs } = await probe(`1:127.0.0.1:${hanging}/healthz`);
  assert.equal(outcome, 'timeout');
  assert.ok(tookMs >= 950 && tookMs < 3_000, `${tookMs} ms`);
  const closing = await listen(
    t,
    createServer((socket) => socket.end()),
  );
  assert.equal((await probe(`2:127.0.0.1:${closing}/healthz`)).outcome, 'closed');
});

test('nothing listens; and what listens on 127.0.0.1 alone is told apart from it', async (t) => {
  const taken = await listen(t, createServer());
  const alone = await probe(`1:127.0.0.2:${taken}/healthz`);
  assert.deepEqual([alone.outcome, alone.onLoopback], ['refused', true]);
  const free = await probe('1:127.0.0.2:9/healthz');
  assert.deepEqual([free.outcome, free.onLoopback], ['refused', false]);
});

test('a check of the connection alone asks for nothing', async (t) => {
  const port = await listen(
    t,
    createServer((socket) => socket.on('data', () => socket.end('no'))),
  );
  assert.equal((await probe(`1:127.0.0.1:${port}`)).outcome, 'connected');
});
