// RemoteRunner over SSH: one connection per machine, kept open, many commands at once on it.
// It decides nothing about commands; it runs them, limits their time and says precisely why one could not run.
import type { Duplex } from 'node:stream';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { UnderstudyError, untilAborted, type Clock, type Secret } from '@understudy/foundation';
import type { HostKeys } from './host-keys.ts';
import type { RemoteOptions, RemoteResult, RemoteRunner, RemoteTarget, TunnelEnd } from './remote.ts';
import { Gates } from './session-gate.ts';
import { shellLine } from './shell.ts';
import { runnerClosed, timedOut, tunnelRefused, unreachable } from './ssh-errors.ts';
import { startStream, type Streaming } from './ssh-stream.ts';

export interface SshRunnerOptions {
  /** As a function it is asked for each new connection: a rotation changes the key while connections are open. */
  readonly privateKey: Secret | (() => Secret);
  readonly hostKeys: HostKeys;
  readonly clock: Clock;
  readonly port?: number;
  /** Bound on reaching and authenticating, default 10,000. */
  readonly connectTimeoutMs?: number;
}

/** A runner that can forget a machine that was replaced. */
export interface PinningRunner extends RemoteRunner {
  /** Drops the connection and the pinned host key of this address. */
  forget(address: string): Promise<void>;
}

interface Pooled {
  readonly ready: Promise<Client>;
  readonly client: Client;
}

/** Commands at once on one connection; sshd's MaxSessions is 10 until our own setting is in force. */
const sessionsPerConnection = 8;
const defaultTimeoutMs = 60_000;
/** A fixed order, so that a machine always shows the same one of its keys. */
export const hostKeyAlgorithms = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512'] as const;

export function createSshRunner(options: SshRunnerOptions): PinningRunner {
  const pool = new Map<string, Pooled>();
  const gates = new Gates(sessionsPerConnection);
  let closed = false;

  /** Work that was begun before the end and comes here after it must not keep the process alive. */
  function connect(target: RemoteTarget): Pooled {
    if (closed) throw runnerClosed(target);
    return pooledConnection(pool, target, options);
  }

  /** Does `begin` on the kept connection, or on a fresh one when that has died meanwhile. */
  async function onConnection<T>(target: RemoteTarget, begin: (client: Client) => Promise<T>): Promise<T> {
    const known = pool.get(target.address);
    if (known !== undefined) {
      try {
        return await begin(await known.ready);
      } catch (error) {
        // The kept connection had died in the meantime; nothing has begun, so a fresh one may carry it.
        if (isFinal(error)) throw error;
        known.client.destroy();
        if (pool.get(target.address) === known) pool.delete(target.address);
      }
    }
    // Many may find the same connection dead at once: they share the next one, and none is left open unseen.
    const next = pool.get(target.address) ?? connect(target);
    return begin(await next.ready);
  }

  return {
    async run(target, argv, run = {}) {
      const timeoutMs = run.timeoutMs ?? defaultTimeoutMs;
      const start = (): Promise<Running> =>
        onConnection(target, (client) => startCommand(client, target, shellLine(argv)));
      return gates.of(target.address).pass(() => bounded(target, argv, run, timeoutMs, start()));
    },
    async stream(target, argv, options) {
      const { signal } = options;
      const start = (client: Client): Promise<Streaming> => startStream(client, target, shellLine(argv), options);
      return gates.of(target.address).pass(async () => {
        signal?.throwIfAborted();
        const { ended } = await untilAborted(reached(target, onConnection(target, start)), signal);
        return await ended;
      });
    },
    tunnel(target, to, { timeoutMs = defaultTimeoutMs } = {}) {
      const opening = onConnection(target, (client) => openTunnel(client, target, to));
      return openedWithin(opening, timeoutMs, timedOut(target, `A tunnel to port ${to.port}`, timeoutMs));
    },
    async forget(address) {
      pool.get(address)?.client.destroy();
      pool.delete(address);
      options.hostKeys.forget(address);
      return Promise.resolve();
    },
    async close() {
      closed = true;
      const clients = [...pool.values()];
      pool.clear();
      for (const { client, ready } of clients) {
        ready.catch(() => undefined);
        // Without waiting for the other side: a machine without power never answers, and this process would not end.
        client.destroy();
      }
      return Promise.resolve();
    },
  };
}

/** What keeps a command from being started, as an error of the tool. */
async function reached<T>(target: RemoteTarget, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    throw error instanceof UnderstudyError ? error : unreachable(target, error as Error);
  }
}

/** Kept in the pool by its address for as long as it lives. */
function pooledConnection(pool: Map<string, Pooled>, target: RemoteTarget, options: SshRunnerOptions): Pooled {
  const client = new ssh2.Client();
  const ready = openConnection(client, target, options);
  const pooled = { ready, client };
  const drop = (): void => {
    if (pool.get(target.address) === pooled) pool.delete(target.address);
  };
  client.on('close', drop);
  ready.catch(drop);
  pool.set(target.address, pooled);
  return pooled;
}

function isFinal(error: unknown): boolean {
  return (
    error instanceof UnderstudyError &&
    (error.code === 'machines-host-key' || error.code === 'machines-tunnel-refused' || error.code === 'machines-closed')
  );
}

function openConnection(client: Client, target: RemoteTarget, options: SshRunnerOptions): Promise<Client> {
  return new Promise((resolve, reject) => {
    let refusal: UnderstudyError | undefined;
    client.on('ready', () => resolve(client));
    client.on('error', (error: Error) => reject(refusal ?? unreachable(target, error)));
    client.on('close', () => reject(refusal ?? unreachable(target)));
    const { privateKey } = options;
    client.connect({
      host: target.address,
      port: options.port ?? 22,
      username: 'root',
      privateKey: (typeof privateKey === 'function' ? privateKey() : privateKey).reveal(),
      readyTimeout: options.connectTimeoutMs ?? 10_000,
      keepaliveInterval: 5_000,
      keepaliveCountMax: 3,
      algorithms: { serverHostKey: [...hostKeyAlgorithms] },
      hostVerifier: (key: Buffer) => {
        refusal = options.hostKeys.refusal(target, key);
        return refusal === undefined;
      },
    });
    // Each command and question is several small packets in a row; otherwise each waits up to 40 ms for the acknowledgement of the one before.
    client.setNoDelay(true);
  });
}

/** A command under way. Its end may arrive in the same packet as its beginning, so it is listened to from the first moment. */
interface Running {
  readonly channel: ClientChannel;
  readonly ended: Promise<RemoteResult>;
}

function startCommand(client: Client, target: RemoteTarget, command: string): Promise<Running> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      const ended = gather(target, channel);
      ended.catch(() => undefined);
      resolve({ channel, ended });
    });
  });
}

function openTunnel(client: Client, target: RemoteTarget, { address, port }: TunnelEnd): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
      if (!error) return resolve(channel);
      // An answer of the machine, not the end of the connection to it. RFC 4254, 5.1
      if ('reason' in error) return reject(tunnelRefused(target, { address, port }, error));
      reject(error);
    });
  });
}

/** A stream that opens too late is closed again. */
function openedWithin(opening: Promise<Duplex>, timeoutMs: number, tooLate: Error): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(tooLate);
    }, timeoutMs);
    opening.then((stream) => (isLate ? stream.destroy() : resolve(stream)), reject).finally(() => clearTimeout(timer));
  });
}

/** Feeds stdin, waits for the end, and ends the command at the bound. */
async function bounded(
  target: RemoteTarget,
  argv: readonly string[],
  run: RemoteOptions,
  timeoutMs: number,
  starting: Promise<Running>,
): Promise<RemoteResult> {
  starting.catch(() => undefined);
  const limit = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
  const signal = run.signal ? AbortSignal.any([limit, run.signal]) : limit;
  const aborted = new Promise<never>((_, reject) => {
    const stop = (): void => {
      starting.then(({ channel }) => channel.close()).catch(() => undefined);
      reject(limit.aborted ? timedOut(target, argv[0] ?? 'A command', timeoutMs) : (run.signal?.reason as Error));
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  aborted.catch(() => undefined);
  const ran = (async () => {
    try {
      const { channel, ended } = await starting;
      return await Promise.race([ended, feed(channel, run.stdin)]);
    } catch (error) {
      throw error instanceof UnderstudyError ? error : unreachable(target, error as Error);
    }
  })();
  ran.catch(() => undefined);
  return Promise.race([ran, aborted]);
}

function gather(target: RemoteTarget, channel: ClientChannel): Promise<RemoteResult> {
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let code: number | undefined;
    channel.on('data', (chunk: Buffer) => stdout.push(chunk));
    channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    channel.on('exit', (status: number | null) => {
      // Ended by a signal: no exit code of its own. 128 + n is what shells say; the signal's number is not on the wire.
      code = status ?? 128;
    });
    channel.on('error', (error: Error) => reject(unreachable(target, error)));
    channel.on('close', () => {
      if (code === undefined) return reject(unreachable(target));
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

/** Rejects when the stream that is fed breaks; never resolves, since only the command's end is an end. */
function feed(channel: ClientChannel, stdin: RemoteOptions['stdin']): Promise<never> {
  return new Promise((_, reject) => {
    if (stdin === undefined || typeof stdin === 'string' || Buffer.isBuffer(stdin)) channel.end(stdin ?? '');
    else {
      stdin.on('error', (error: Error) => {
        channel.close();
        reject(error);
      });
      stdin.pipe(channel);
    }
  });
}
