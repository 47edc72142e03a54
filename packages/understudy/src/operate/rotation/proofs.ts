// What a search machine's engine does by now, seen from outside: which certificate it shows, whose certificates it accepts, whom it lets in.
// A file that was written proves nothing: the engine reads it some seconds later.
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';
import { UnderstudyError } from '@understudy/foundation';
import { httpPort, transportPort } from '../../engines/index.ts';
import { engineOverSsh, type EngineLogin } from '../../observe/index.ts';
import type { ProbeIdentity } from '../../secure/index.ts';
import type { RotatingSystem, SearchMachine } from './system.ts';

/** The engine reads changed files every five seconds; the rest is for a machine that is busy. */
const provedWithinMs = 90_000;
const pauseMs = 500;
/** With TLS 1.3 a client learns only after its handshake that its certificate is refused. */
const staysOpenMs = 1_500;
const answerWithinMs = 10_000;

type Reach = Pick<RotatingSystem, 'runner' | 'clock' | 'signal'>;

export interface Certified {
  readonly bundlePem: string;
  readonly identity: ProbeIdentity;
}

/** Both layers, by their ports. */
export const enginePorts = [httpPort, transportPort] as const;

/**
 * Repeats `look` until it returns undefined, which is the proof; otherwise it returns what was seen instead. Error: `operate-not-proved` with
 * the last that was seen.
 */
export async function proved(
  { clock, signal }: Pick<Reach, 'clock' | 'signal'>,
  { target: { label } }: Pick<SearchMachine, 'target'>,
  what: string,
  look: () => Promise<string | undefined>,
): Promise<void> {
  const end = clock.monotonicMs() + provedWithinMs;
  for (;;) {
    signal.throwIfAborted();
    const seen = await look().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    if (seen === undefined) return;
    if (clock.monotonicMs() > end) {
      throw new UnderstudyError(
        'operate-not-proved',
        `${label}: ${what} was not seen within ${provedWithinMs / 1000} s, so the next machine was not touched. Seen: ${seen}. ` +
          'Look at its log (understudy logs), then run the same command again: it goes on from here.',
        { facts: { label, what, seen } },
      );
    }
    await clock.sleep(pauseMs, signal);
  }
}

/** The serial number, in upper-case hex, of the certificate that the engine shows at a port. */
export function shownSerial(reach: Reach, machine: SearchMachine, port: number, { bundlePem, identity }: Certified) {
  return overTls(reach, machine, port, { ca: bundlePem, cert: identity.certificatePem, key: identity.keyPem.reveal() });
}

/** Whether the engine takes somebody with this certificate for one of its nodes. */
export async function acceptsNode(reach: Reach, machine: SearchMachine, certified: Certified): Promise<boolean> {
  const { bundlePem, identity } = certified;
  const options = { ca: bundlePem, cert: identity.certificatePem, key: identity.keyPem.reveal() };
  let held = false;
  try {
    await overTls(reach, machine, transportPort, options, async (closed) => {
      await Promise.race([reach.clock.sleep(staysOpenMs, reach.signal), closed.promise]);
      held = !closed.happened();
    });
  } catch (error) {
    // A refused certificate may end the handshake itself. That nobody listens is another thing.
    if (error instanceof UnderstudyError) throw error;
    return false;
  }
  return held;
}

/** Whether the engine lets this account in. Errors: `cluster-unreachable` when it gave no answer. */
export async function letsIn({ runner }: Reach, machine: SearchMachine, login: EngineLogin): Promise<boolean> {
  try {
    const transport = engineOverSsh(runner, [machine], login);
    const { status } = await transport.request('GET', '/_cluster/health?local=true&timeout=0s');
    return status !== 401 && status !== 403;
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof UnderstudyError && cause.code === 'cluster-login-refused') return false;
    throw error;
  }
}

interface Closed {
  readonly promise: Promise<void>;
  happened(): boolean;
}

/** Returns the serial number that was shown. Errors: those of the tunnel; of Node when the handshake fails. */
async function overTls(
  { runner }: Reach,
  { target, vpcAddress }: SearchMachine,
  port: number,
  options: ConnectionOptions,
  then?: (closed: Closed) => Promise<void>,
): Promise<string> {
  const stream = await runner.tunnel(target, { address: vpcAddress, port }, { timeoutMs: answerWithinMs });
  try {
    return await handshake(stream, { ...options, host: vpcAddress, minVersion: 'TLSv1.2' }, then);
  } finally {
    stream.destroy();
  }
}

async function handshake(
  stream: Duplex,
  options: ConnectionOptions,
  then: ((closed: Closed) => Promise<void>) | undefined,
): Promise<string> {
  const socket = connect({ ...options, socket: stream });
  let isClosed = false;
  const promise = new Promise<void>((resolve) => {
    const end = (): void => {
      isClosed = true;
      resolve();
    };
    socket.once('close', end).once('end', end).once('error', end);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed in the handshake')));
    socket.setTimeout(answerWithinMs, () => reject(new Error(`no handshake within ${answerWithinMs} ms`)));
  });
  socket.setTimeout(0);
  const { serialNumber } = socket.getPeerCertificate();
  socket.resume();
  await then?.({ promise, happened: () => isClosed });
  return serialNumber;
}
