import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { silentLogger, systemClock, UnderstudyError } from '@understudy/foundation';
import {
  createSshRunner,
  ensureKeyPair,
  hostKeysFile,
  type KeyPair,
  type PinningRunner,
} from '../../src/machines/index.ts';
import { hostKeyPair, loopbackSshd, silentPort, type LoopbackSshd } from './loopback-sshd.ts';

const target = { label: 'demo-search-1', address: '127.0.0.1', created: new Date().toISOString() };

async function withRunner(
  work: (runner: PinningRunner, sshd: LoopbackSshd, known: string, keys: KeyPair) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-ssh-'));
  const keys = await ensureKeyPair(join(directory, 'ssh'), 'understudy');
  await using sshd = await loopbackSshd({ publicKey: keys.publicKey });
  const known = join(directory, 'known_hosts');
  const runner = runnerFor(sshd.port, known, keys);
  try {
    await work(runner, sshd, known, keys);
  } finally {
    await runner.close();
  }
}

function runnerFor(port: number, known: string, keys: KeyPair): PinningRunner {
  const hostKeys = hostKeysFile(known, { clock: systemClock, logger: silentLogger, firstContactMs: 60_000 });
  return createSshRunner({ privateKey: keys.privateKey, hostKeys, clock: systemClock, port });
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof UnderstudyError && error.code === code;
}

test('each argument arrives unchanged, with any characters', () =>
  withRunner(async (runner) => {
    const words = ['a b', "it's", '$HOME', '"q"', '', '*', 'new\nline', 'back\\slash', '`id`', '--', 'ä€'];
    const { stdout, code } = await runner.run(target, ['printf', '%s\\0', ...words]);
    assert.equal(code, 0);
    assert.deepEqual(stdout.split('\0').slice(0, -1), words);
  }));

test('exit code, stdout, stderr and stdin are transferred', () =>
  withRunner(async (runner) => {
    const failing = await runner.run(target, ['sh', '-c', 'cat; echo bad >&2; exit 7'], { stdin: 'given' });
    assert.deepEqual(failing, { code: 7, stdout: 'given', stderr: 'bad\n' });
    const stream = Readable.from([Buffer.alloc(300_000, 'x'), Buffer.alloc(300_000, 'y')]);
    const counted = await runner.run(target, ['wc', '-c'], { stdin: stream });
    assert.equal(counted.stdout.trim(), '600000');
  }));

/** A way to a port that, once silenced, answers nothing any more, not even the end of a connection: as a machine without power. */
async function silenceableWire(to: number): Promise<AsyncDisposable & { readonly port: number; silence(): void }> {
  const ends: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect(to, '127.0.0.1');
    ends.push(near, far);
    for (const end of [near, far]) end.on('error', () => undefined);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    silence() {
      for (const end of ends) end.unpipe().pause();
    },
    async [Symbol.asyncDispose]() {
      for (const end of ends) end.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A server that says what it hears. */
async function withEcho(work: (port: number) => Promise<void>): Promise<void> {
  const server = createServer((socket) => socket.pipe(socket).on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

test('a tunnel transfers bytes in both directions, while commands run on the same connection', () =>
  withRunner((runner, sshd) =>
    withEcho(async (port) => {
      const streams = await Promise.all(
        Array.from({ length: 30 }, () => runner.tunnel(target, { address: '127.0.0.1', port })),
      );
      const said = await Promise.all(
        streams.map(async (stream, n) => {
          stream.end(`hello ${n}`);
          return await text(stream);
        }),
      );
      assert.deepEqual(
        said,
        streams.map((_, n) => `hello ${n}`),
      );
      assert.equal((await runner.run(target, ['echo', 'beside'])).stdout, 'beside\n');
      assert.equal(sshd.connections, 1);
    }),
  ));

test('a port without a listener is refused, and the SSH connection is kept', () =>
  withRunner(async (runner, sshd) => {
    await runner.run(target, ['true']);
    await assert.rejects(runner.tunnel(target, { address: '127.0.0.1', port: 1 }), hasCode('machines-tunnel-refused'));
    assert.equal((await runner.run(target, ['echo', 'alive'])).stdout, 'alive\n');
    assert.equal(sshd.connections, 1);
  }));

test('opening a tunnel has a timeout, which does not close an open tunnel', () =>
  withRunner((runner) =>
    withEcho(async (port) => {
      const stream = await runner.tunnel(target, { address: '127.0.0.1', port }, { timeoutMs: 2_000 });
      await systemClock.sleep(2_200);
      stream.end('still here');
      assert.equal(await text(stream), 'still here');
      const nowhere = runner.tunnel(target, { address: '127.0.0.1', port: silentPort }, { timeoutMs: 50 });
      await assert.rejects(nowhere, hasCode('machines-timeout'));
    }),
  ));

test('a tunnel uses a new connection when the pooled one is broken', () =>
  withRunner((runner, sshd) =>
    withEcho(async (port) => {
      await runner.run(target, ['true']);
      sshd.cut();
      const stream = await runner.tunnel(target, { address: '127.0.0.1', port });
      stream.end('hello');
      assert.equal(await text(stream), 'hello');
      assert.equal(sshd.connections, 2);
    }),
  ));

test('thirty commands at once share one connection', () =>
  withRunner(async (runner, sshd) => {
    await runner.run(target, ['true']);
    const all = await Promise.all(Array.from({ length: 30 }, (_, n) => runner.run(target, ['echo', String(n)])));
    assert.deepEqual(
      all.map(({ stdout }) => Number(stdout)),
      Array.from({ length: 30 }, (_, n) => n),
    );
    assert.equal(sshd.connections, 1);
  }));

test('a broken connection is replaced, without an error for the caller', () =>
  withRunner(async (runner, sshd) => {
    await runner.run(target, ['true']);
    sshd.cut();
    const { stdout } = await runner.run(target, ['echo', 'again']);
    assert.equal(stdout, 'again\n');
  }));

test('commands that find the same connection broken share the next one, and no other stays open', () =>
  withRunner(async (runner, sshd) => {
    await runner.run(target, ['true']);
    sshd.cut();
    const all = await Promise.all(Array.from({ length: 6 }, (_, n) => runner.run(target, ['echo', String(n)])));
    assert.deepEqual(
      all.map(({ stdout }) => Number(stdout)),
      [0, 1, 2, 3, 4, 5],
    );
    assert.equal(sshd.connections, 2);
  }));

test('a closed runner has no open socket, not even to a machine that does not answer', () =>
  withRunner(async (_runner, sshd, known, keys) => {
    const opened: Socket[] = [];
    const note = (message: unknown): unknown => opened.push((message as { socket: Socket }).socket);
    await using wire = await silenceableWire(sshd.port);
    const overWire = runnerFor(wire.port, known, keys);
    subscribe('net.client.socket', note);
    await overWire.run(target, ['true']);
    unsubscribe('net.client.socket', note);
    const toMachine = opened.find(({ remotePort }) => remotePort === wire.port);
    assert.equal(toMachine?.destroyed, false);
    wire.silence();
    await overWire.close();
    assert.equal(toMachine.destroyed, true);
  }));

test('small packets are sent at once, not held back until the one before is acknowledged', () =>
  withRunner(async (runner) => {
    const asked: unknown[] = [];
    const note = (message: unknown): void => {
      const { socket } = message as { socket: Socket };
      socket.setNoDelay = (noDelay) => {
        asked.push(noDelay);
        return socket;
      };
    };
    subscribe('net.client.socket', note);
    await runner.run(target, ['true']);
    unsubscribe('net.client.socket', note);
    assert.deepEqual(asked, [true]);
  }));

test('a command that exceeds its timeout is aborted', () =>
  withRunner(async (runner) => {
    await assert.rejects(runner.run(target, ['sleep', '20'], { timeoutMs: 200 }), hasCode('machines-timeout'));
    const { code } = await runner.run(target, ['true']);
    assert.equal(code, 0);
  }));

test('an abort ends the wait with its reason', () =>
  withRunner(async (runner) => {
    const reason = new Error('enough');
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 50);
    await assert.rejects(runner.run(target, ['sleep', '20'], { signal: stop.signal }), reason);
  }));

test('a refused connection is machines-unreachable, with the label and what to check', () =>
  withRunner(async (runner, sshd) => {
    await sshd[Symbol.asyncDispose]();
    await assert.rejects(runner.run(target, ['true']), (error: UnderstudyError) => {
      assert.equal(error.code, 'machines-unreachable');
      assert.match(error.message, /demo-search-1 \(127\.0\.0\.1\) cannot be reached over SSH: .*firewall/);
      return true;
    });
  }));

test('the host key is pinned at first contact, another one is refused, and the key of a recreated machine is removed explicitly', () =>
  withRunner(async (runner, sshd, known, keys) => {
    await runner.run(target, ['true']);
    assert.match(await readFile(known, 'utf8'), /^127\.0\.0\.1 ssh-ed25519 \S+\n$/);
    const hostKey = hostKeyPair();
    await using impostor = await loopbackSshd({ publicKey: keys.publicKey, hostKey });
    const other = runnerFor(impostor.port, known, keys);
    for (const again of [1, 2]) {
      await assert.rejects(other.run(target, ['true']), (error: UnderstudyError) => {
        assert.equal(error.code, 'machines-host-key', `attempt ${again}`);
        assert.match(error.message, /shows the SSH host key SHA256:\S+, and SHA256:\S+ was pinned/);
        return true;
      });
    }
    assert.equal((await runner.run(target, ['true'])).code, 0, 'the pinned key is still trusted');
    await other.forget(target.address);
    assert.equal((await other.run(target, ['true'])).code, 0);
    await other.close();
    assert.equal(sshd.connections, 1);
  }));

test('the first key of a machine that is not new is refused, and the error has the line that pins it', () =>
  withRunner(async (runner, _sshd, known) => {
    const old = { ...target, created: new Date(Date.now() - 3_600_000).toISOString() };
    let line = '';
    await assert.rejects(runner.run(old, ['true']), (error: UnderstudyError) => {
      assert.equal(error.code, 'machines-host-key');
      line = error.message.split('\n').at(-1) ?? '';
      assert.match(line, /^127\.0\.0\.1 ssh-ed25519 \S+$/);
      return true;
    });
    const { label, address } = target;
    await assert.rejects(runner.run({ label, address }, ['true']), hasCode('machines-host-key'));
    await writeFile(known, `${line}\n`);
    assert.equal((await runner.run(old, ['true'])).code, 0);
  }));

test('a key that the machine does not accept is machines-unreachable', () =>
  withRunner(async (_runner, sshd, known) => {
    const other = await ensureKeyPair(await mkdtemp(join(tmpdir(), 'understudy-ssh-')), 'other');
    const withOtherKey = runnerFor(sshd.port, known, other);
    await assert.rejects(withOtherKey.run(target, ['true']), hasCode('machines-unreachable'));
    await withOtherKey.close();
  }));

test('the key pair is created once and then read, and only its owner can read the private key', async () => {
  const directory = join(await mkdtemp(join(tmpdir(), 'understudy-ssh-')), 'ssh');
  const [first, second] = await Promise.all([
    ensureKeyPair(directory, 'understudy'),
    ensureKeyPair(directory, 'understudy'),
  ]);
  const third = await ensureKeyPair(directory, 'understudy');
  assert.equal(first.publicKey, third.publicKey);
  assert.equal(second.publicKey, third.publicKey);
  assert.match(first.publicKey, /^ssh-ed25519 \S+ understudy$/);
});

test('a closed runner opens no connection: later calls are refused immediately', () =>
  withRunner(async (runner, sshd) => {
    await runner.run(target, ['true']);
    await runner.close();
    const before = sshd.connections;
    await assert.rejects(runner.run(target, ['true']), hasCode('machines-closed'));
    await assert.rejects(runner.tunnel(target, { address: '127.0.0.1', port: sshd.port }), hasCode('machines-closed'));
    assert.equal(sshd.connections, before);
  }));
