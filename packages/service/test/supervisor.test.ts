// The processes of the service: a worker that crashes, hangs or is stopped, tested from outside.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { node, type RunningService } from './harness/implementations.ts';

const nowhere = { ES_HOSTS: 'http://127.0.0.1:9', LOG_LEVEL: 'info' };

/** Process ids of the workers that said they are ready, oldest first. */
function workers(service: RunningService): number[] {
  return [...service.output().matchAll(/"worker":(\d+),"msg":"worker ready"/g)].map(([, pid]) => Number(pid));
}

async function until(what: string, condition: () => boolean, withinMs = 10_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!condition()) {
    assert.ok(Date.now() < end, `${what} did not happen within ${withinMs} ms`);
    await sleep(20);
  }
}

/** One request on a connection of its own: its status, or the code of the error that the connection ended with. */
function request(url: string, target = '/healthz'): Promise<string> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('connect', () => socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    socket.on('close', () => resolve(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'cut'));
  });
}

/** A stream of requests, each on a new connection; `end` gives how often each outcome was seen. */
function stream(url: string): { readonly end: () => Promise<ReadonlyMap<string, number>> } {
  const seen = new Map<string, number>();
  let going = true;
  const lanes = Array.from({ length: 8 }, async () => {
    while (going) {
      const outcome = await request(url);
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      await sleep(2);
    }
  });
  return {
    async end() {
      going = false;
      await Promise.all(lanes);
      return seen;
    },
  };
}

describe('the supervisor', () => {
  for (const count of [1, 3]) {
    it(`replaces a killed worker of ${count} without refusing a connection`, async () => {
      const service = await node.start({ ...nowhere, WORKERS: String(count) });
      try {
        await until('the start of all workers', () => workers(service).length === count);
        const load = stream(service.url);
        for (let round = 0; round < 3; round += 1) {
          await sleep(200);
          const alive = workers(service).slice(-count);
          process.kill(alive[0] as number, 'SIGKILL');
          await until('a new worker', () => workers(service).length === count + round + 1);
        }
        const seen = await load.end();
        const good = seen.get('200') ?? 0;
        const cut = [...seen].reduce((sum, [outcome, times]) => (outcome === '200' ? sum : sum + times), 0);
        assert.equal(seen.get('ECONNREFUSED'), undefined);
        assert.ok(good > 100, `${good} requests were answered`);
        // The requests that the killed worker was answering are lost: at most one of each lane and kill.
        assert.ok(cut <= 24, `${cut} requests were cut: ${JSON.stringify([...seen])}`);
      } finally {
        await service.stop();
      }
    });
  }

  it('delays only replacements of workers that crash while they start, not of one that has served', async () => {
    const service = await node.start({ ...nowhere, WORKERS: '1' });
    const delays = () => [...service.output().matchAll(/"delayMs":(\d+)/g)].map(([, delay]) => Number(delay));
    try {
      for (let round = 1; round <= 4; round += 1) {
        await until('the start', () => workers(service).length === round);
        // Two that have served for more than two seconds, then two that have not.
        if (round <= 2) await sleep(2200);
        process.kill(workers(service).at(-1) as number, 'SIGKILL');
        await until('its death', () => delays().length === round);
      }
      assert.deepEqual(delays(), [0, 0, 200, 400]);
    } finally {
      await service.stop();
    }
  });

  it('lets connections wait while there is no worker at all', async () => {
    const service = await node.start({ ...nowhere, WORKERS: '2' });
    try {
      await until('the start of both workers', () => workers(service).length === 2);
      for (const pid of workers(service)) process.kill(pid, 'SIGKILL');
      await until('both deaths', () => service.output().split('worker ended').length === 3);
      assert.deepEqual(await Promise.all([request(service.url), request(service.url), request(service.url)]), [
        '200',
        '200',
        '200',
      ]);
    } finally {
      await service.stop();
    }
  });

  it('replaces a worker that hangs', async () => {
    const service = await node.start({ ...nowhere, WORKERS: '1' });
    try {
      await until('the start', () => workers(service).length === 1);
      process.kill(workers(service)[0] as number, 'SIGSTOP');
      await until('a new worker', () => workers(service).length === 2, 25_000);
      assert.equal(await request(service.url), '200');
    } finally {
      await service.stop();
    }
  });

  it('fails the liveness check first when it stops, serves on during the drain, and ends', async () => {
    const service = await node.start({ ...nowhere, WORKERS: '2', DRAIN_MS: '1000' });
    const start = performance.now();
    service.process.kill('SIGTERM');
    await sleep(300);
    assert.equal(await request(service.url), '503');
    assert.equal(await request(service.url, '/search'), '400');
    await until('the end', () => service.process.exitCode !== null);
    const elapsedMs = performance.now() - start;
    assert.equal(service.process.exitCode, 0);
    assert.ok(elapsedMs >= 1000 && elapsedMs < 8000, `ended after ${elapsedMs} ms`);
    assert.equal(await request(service.url), 'ECONNREFUSED');
  });

  it('finishes what is in flight before it ends', async () => {
    const service = await node.start({ ...nowhere, WORKERS: '1', DEADLINE_MS: '1500' });
    // The engine does not answer, so a search takes its whole deadline.
    const slow = request(service.url, '/search?q=x');
    await sleep(200);
    service.process.kill('SIGTERM');
    assert.equal(await slow, '429');
    await service.stop();
    assert.equal(service.process.exitCode, 0);
  });

  it('aborts requests that take longer than the limit when it stops', async () => {
    const service = await node.start({ ...nowhere, WORKERS: '1', DEADLINE_MS: '30000', STOP_MS: '500' });
    const slow = request(service.url, '/search?q=x');
    await sleep(200);
    const start = performance.now();
    await service.stop();
    assert.ok(performance.now() - start < 3000);
    assert.notEqual(await slow, '200');
  });

  it('skips the drain on a second signal', async () => {
    const service = await node.start({ ...nowhere, WORKERS: '1', DRAIN_MS: '60000' });
    service.process.kill('SIGTERM');
    await sleep(200);
    const start = performance.now();
    service.process.kill('SIGTERM');
    await until('the end', () => service.process.exitCode !== null, 5000);
    assert.ok(performance.now() - start < 3000);
  });

  it('does not wait for the drain when the file says that it was drained, and waits without the file', async () => {
    const drained = path.join(await mkdtemp(path.join(tmpdir(), 'understudy-')), 'drained');
    const settings = { ...nowhere, WORKERS: '1', DRAIN_MS: '60000', DRAINED_FILE: drained };
    const [first, second] = [await node.start(settings), await node.start(settings)];
    first.process.kill('SIGTERM');
    await until('the drain', () => first.output().includes('stopping'));
    await writeFile(drained, '');
    const start = performance.now();
    second.process.kill('SIGTERM');
    await until('the end', () => second.process.exitCode !== null, 5000);
    assert.ok(performance.now() - start < 3000);
    assert.equal(first.process.exitCode, null);
    first.process.kill('SIGTERM');
    await until('the end of the other one', () => first.process.exitCode !== null, 5000);
    await rm(path.dirname(drained), { recursive: true });
  });

  it('leaves no worker running when it is killed', async () => {
    const service = await node.start({ ...nowhere, WORKERS: '2' });
    await until('the start of both workers', () => workers(service).length === 2);
    service.process.kill('SIGKILL');
    await until('the end of the workers', () => workers(service).every((pid) => !isAlive(pid)));
  });

  it('names every wrong variable and exits with 78', async () => {
    const failed = node.start({ PORT: 'x', WORKERS: '0', ES_HOSTS: 'ftp://x,http://u:secret@x' });
    await assert.rejects(failed, (error: Error) => {
      assert.match(error.message, /PORT is 'x'.*\n.*WORKERS is '0'.*\n.*ES_HOSTS has 'ftp:\/\/x'.*\n.*use ES_USERNAME/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
