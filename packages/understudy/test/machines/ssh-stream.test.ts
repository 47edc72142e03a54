// Commands whose output is handed on as it comes: over a real SSH connection, with a real shell behind it.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger, systemClock, UnderstudyError } from '@understudy/foundation';
import { createSshRunner, ensureKeyPair, hostKeysFile, type PinningRunner } from '../../src/machines/index.ts';
import { loopbackSshd, type LoopbackSshd } from './loopback-sshd.ts';

const target = { label: 'demo-search-1', address: '127.0.0.1', created: new Date().toISOString() };

async function withRunner(
  work: (runner: PinningRunner, folder: string, sshd: LoopbackSshd) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-stream-'));
  const keys = await ensureKeyPair(join(folder, 'ssh'), 'understudy');
  await using sshd = await loopbackSshd({ publicKey: keys.publicKey });
  const hostKeys = hostKeysFile(join(folder, 'known'), {
    clock: systemClock,
    logger: silentLogger,
    firstContactMs: 60_000,
  });
  const runner = createSshRunner({ privateKey: keys.privateKey, hostKeys, clock: systemClock, port: sshd.port });
  try {
    await work(runner, folder, sshd);
  } finally {
    await runner.close();
    await rm(folder, { recursive: true });
  }
}

const outputs = () => ({ stdout: new PassThrough(), stderr: new PassThrough() });

/** Resolves when the process with the number in this file has ended. */
async function ended(pidFile: string): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8'));
  for (let look = 0; look < 100; look += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(20);
  }
  throw new Error(`process ${pid} still runs`);
}

test('output arrives while the command runs, and the exit code at its end', () =>
  withRunner(async (runner, folder) => {
    const { stdout, stderr } = outputs();
    const gate = join(folder, 'go');
    const script = `echo first; until [ -e ${gate} ]; do sleep 0.02; done; echo second; echo bad >&2; exit 7`;
    const running = runner.stream(target, ['sh', '-c', script], { stdout, stderr });
    const said: string[] = [];
    const first = new Promise((resolve) => stdout.once('data', resolve));
    stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    await first;
    assert.deepEqual(said, ['first\n']);
    await runner.run(target, ['touch', gate]);
    assert.equal(await running, 7);
    stderr.end();
    assert.deepEqual(said, ['first\n', 'second\n']);
    assert.equal(await text(stderr), 'bad\n');
  }));

test('much output arrives whole, and what is given on stdin too', () =>
  withRunner(async (runner) => {
    const { stdout, stderr } = outputs();
    const given = Readable.from([Buffer.alloc(700_000, 'x'), Buffer.alloc(700_000, 'y')]);
    const code = runner.stream(target, ['cat'], { stdout, stderr, stdin: given });
    void code.then(() => stdout.end());
    const said = await text(stdout);
    assert.equal(await code, 0);
    assert.equal(said, 'x'.repeat(700_000) + 'y'.repeat(700_000));
  }));

test('an abort ends the command on the machine with all its children, and rejects with the reason', () =>
  withRunner(async (runner, folder) => {
    const pidFile = join(folder, 'pid');
    const stop = new AbortController();
    const reason = new Error('enough');
    const script = `sleep 300 & echo $! > ${pidFile}; echo ready; wait`;
    const { stdout, stderr } = outputs();
    const running = runner.stream(target, ['sh', '-c', script], { stdout, stderr, signal: stop.signal });
    await new Promise((resolve) => stdout.once('data', resolve));
    stop.abort(reason);
    await assert.rejects(running, reason);
    await ended(pidFile);
    assert.equal((await runner.run(target, ['echo', 'alive'])).stdout, 'alive\n');
  }));

test('a stream is given up at once when it is aborted before or while the machine is reached', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-stream-'));
  const { privateKey } = await ensureKeyPair(folder, 'understudy');
  // It takes the connection and says nothing.
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const hostKeys = { refusal: () => undefined, forget: () => undefined };
  const { port } = silent.address() as AddressInfo;
  const runner = createSshRunner({ privateKey, hostKeys, clock: systemClock, port });
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(runner.stream(target, ['true'], { ...outputs(), signal }), reason);
  assert.equal(sockets.length, 0, 'no connection is begun');
  const later = new AbortController();
  setTimeout(() => later.abort(reason), 50);
  await assert.rejects(runner.stream(target, ['true'], { ...outputs(), signal: later.signal }), reason);
  await runner.close();
  for (const socket of sockets) socket.destroy();
  silent.close();
  await rm(folder, { recursive: true });
});

test('a connection that is lost is an error, and the command is not begun again', () =>
  withRunner(async (runner, folder, sshd) => {
    const count = join(folder, 'count');
    const { stdout, stderr } = outputs();
    const running = runner.stream(target, ['sh', '-c', `echo x >> ${count}; echo ready; sleep 30`], { stdout, stderr });
    await new Promise((resolve) => stdout.once('data', resolve));
    sshd.cut();
    await assert.rejects(running, (error) => error instanceof UnderstudyError && error.code === 'machines-unreachable');
    assert.equal(await readFile(count, 'utf8'), 'x\n');
  }));
