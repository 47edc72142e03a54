// A command over SSH whose output is handed on as it comes, and which ends on the machine when the caller stops it.
import { constants } from 'node:os';
import type { Client, ClientChannel } from 'ssh2';
import { onAbort } from '@understudy/foundation';
import type { RemoteTarget, StreamOptions } from './remote.ts';
import { unreachable } from './ssh-errors.ts';

/** A command under way; it is listened to from the first moment, as its end may arrive in the packet of its beginning. */
export interface Streaming {
  /** The exit code. */
  readonly ended: Promise<number>;
}

/** After an abort, the machine has this long to confirm the end of the command. */
const endsWithinMs = 1000;

/** Rejects when the command could not be started. */
export function startStream(
  client: Client,
  target: RemoteTarget,
  command: string,
  options: StreamOptions,
): Promise<Streaming> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      const ended = streamOf(target, channel, options);
      ended.catch(() => undefined);
      resolve({ ended });
    });
  });
}

function streamOf(target: RemoteTarget, channel: ClientChannel, options: StreamOptions): Promise<number> {
  const { stdout, stderr, stdin, signal } = options;
  return new Promise((resolve, reject) => {
    let code: number | undefined;
    let givenUp: NodeJS.Timeout | undefined;
    const stop = (): void => {
      const reason = signal?.reason as Error;
      channel.signal('TERM');
      channel.close();
      givenUp = setTimeout(() => reject(reason), endsWithinMs);
    };
    channel.pipe(stdout, { end: false });
    channel.stderr.pipe(stderr, { end: false });
    if (stdin === undefined) channel.end();
    else stdin.pipe(channel);
    channel.on('exit', (status: number | null, name?: string) => {
      code = status ?? 128 + signalNumber(name);
    });
    channel.on('error', (error: Error) => reject(unreachable(target, error)));
    channel.on('close', () => {
      clearTimeout(givenUp);
      unlisten();
      stdin?.unpipe(channel);
      if (signal?.aborted === true) reject(signal.reason as Error);
      else if (code === undefined) reject(unreachable(target));
      else resolve(code);
    });
    const unlisten = onAbort(signal, stop);
  });
}

/** ssh2 names a signal as the protocol does or as the system does: TERM or SIGTERM. */
function signalNumber(name = ''): number {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return numbers[`SIG${name.replace(/^SIG/, '')}`] ?? 0;
}
