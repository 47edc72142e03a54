// The command as a process: its start, its graceful stop, and its replacement while applications connect.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as httpRequest, type RequestOptions } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bound } from '../../service/test/harness/engine.ts';
import { sendJson, Stub } from './harness/stub.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

const command = [process.execPath, ...process.execArgv.filter((arg) => !arg.startsWith('--test')), main];

function start(args: readonly string[]): ChildProcess {
  const [program = '', ...own] = command;
  return bound(
    spawn(program, [...own, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } }),
  );
}

/** Waits until it listens; its port. */
async function listening(child: ChildProcess): Promise<number> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  for (const end = Date.now() + 30_000; Date.now() < end && child.exitCode === null; await sleep(20)) {
    const port = /"event":"listening".*"port":(\d+)/.exec(said)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`It did not listen: ${said}`);
}

async function endOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

test('--help goes to standard output, a wrong option to standard error with code 64', async () => {
  const helped = start(['--help']);
  assert.match(await text(helped.stdout!), /^understudy-gateway: [^]*--deadline-ms/);
  assert.equal(await endOf(helped), 0);
  const version = start(['--version']);
  assert.match(await text(version.stdout!), /^\d+\.\d+\.\d+\n$/);
  assert.equal(await endOf(version), 0);
  const wrong = start(['--gather', 'x']);
  assert.match(await text(wrong.stderr!), /--gather is 'x'; it must be one of auto, on, off/);
  assert.equal(await endOf(wrong), 64);
});

test('a file of --ca that cannot be read ends it with code 64 and names the option', async () => {
  const child = start(['--engine', 'https://127.0.0.1:9', '--ca', '/no/such.pem']);
  assert.match(await text(child.stderr!), /--ca \(GATEWAY_CA\): the file \/no\/such\.pem cannot be read: ENOENT/);
  assert.equal(await endOf(child), 64);
});

test('a port that is taken ends it with code 70, says which, and what to do', async () => {
  await using stub = await Stub.start(() => undefined);
  const { host, port } = new URL(stub.url);
  const child = start(['--listen', host]);
  assert.match(
    await text(child.stderr!),
    new RegExp(`cannot listen on 127.0.0.1 port ${port}: .*EADDRINUSE.*--listen`),
  );
  assert.equal(await endOf(child), 70);
});

test('SIGTERM: what is under way is answered, then it ends with code 0', async () => {
  await using stub = await Stub.start(
    (_, response) => void setTimeout(() => sendJson(response, 200, { late: true }), 500),
  );
  const child = start(['--engine', stub.url, '--listen', '127.0.0.1:0']);
  const port = await listening(child);
  const answer = fetch(`http://127.0.0.1:${port}/a/_search`);
  while (stub.seen.length === 0) await sleep(5);
  child.kill('SIGTERM');
  await sleep(100);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`), 'no new connection is taken');
  const late = await answer;
  assert.deepEqual([late.status, await late.json()], [200, { late: true }]);
  assert.equal(await endOf(child), 0);
});

/** Requests one after the other in four chains, with a connection for each or with connections that are kept. */
class Traffic implements AsyncDisposable {
  readonly failures: string[] = [];
  #good = 0;
  #isOver = false;
  readonly #options: RequestOptions;
  readonly #chains: Promise<unknown>;

  constructor(port: number, keepAlive: boolean) {
    const agent = keepAlive ? new Agent({ keepAlive: true, maxSockets: 4 }) : false;
    this.#options = { port, host: '127.0.0.1', path: '/a/_search', agent, timeout: 20_000 };
    const chain = async (): Promise<void> => {
      while (!this.#isOver) await this.#one();
    };
    this.#chains = Promise.all([1, 2, 3, 4].map(chain));
  }

  /** Waits until so many more requests have been answered. */
  async served(count: number): Promise<void> {
    const goal = this.#good + count;
    for (const end = Date.now() + 20_000; this.#good < goal; await sleep(10))
      assert.ok(
        Date.now() < end && this.failures.length === 0,
        `${this.#good} of ${goal}; ${this.failures.join(', ')}`,
      );
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#chains;
    if (this.#options.agent instanceof Agent) this.#options.agent.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #one(): Promise<void> {
    return new Promise((resolve) => {
      const sent = httpRequest(this.#options, (response) => {
        response.resume().on('end', () => {
          if (response.statusCode === 200) this.#good++;
          else this.failures.push(`status ${response.statusCode}`);
          resolve();
        });
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer in 20 s')));
      sent.on('error', (error) => {
        this.failures.push(error.message);
        resolve();
      });
      sent.end();
    });
  }
}

/** A socket that another process holds open, as the service manager does, and the gateway behind it. */
class HeldSocket {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(args: readonly string[]) {
    const holder = fileURLToPath(new URL('harness/socket-holder.py', import.meta.url));
    this.#process = bound(spawn('python3', [holder, ...command, ...args], { stdio: ['pipe', 'pipe', 'ignore'] }));
    this.#lines = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  async number(say?: 'start' | 'stop'): Promise<number> {
    if (say) this.#process.stdin?.write(`${say}\n`);
    return Number((await this.#lines.next()).value);
  }

  async end(): Promise<void> {
    this.#process.stdin?.end();
    await endOf(this.#process);
  }
}

for (const keepAlive of [false, true])
  test(`replaced three times under load, ${keepAlive ? 'connections kept' : 'a connection for each request'}: no request fails`, async () => {
    await using stub = await Stub.start((_, response) => sendJson(response, 200, {}));
    const held = new HeldSocket(['--engine', stub.url, '--log-every', '0']);
    try {
      const port = await held.number();
      await held.number('start');
      await using load = new Traffic(port, keepAlive);
      await load.served(100);
      for (let n = 0; n < 3; n++) {
        assert.equal(await held.number('stop'), 0);
        await held.number('start');
        await load.served(100);
      }
      await load.stop();
      assert.deepEqual(load.failures, []);
    } finally {
      await held.end();
    }
  });
