// One question to HAProxy's runtime socket and its whole answer.
import { connect } from 'node:net';
import { UnderstudyError } from '../../ground/index.ts';

/** Error: `lab-balancer-silent`, when nobody answers within `timeoutMs`. */
export const askHaproxy = (socketPath: string, question: string, timeoutMs = 5_000): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(socketPath);
    const fail = (cause?: unknown): void => {
      socket.destroy();
      reject(
        new UnderstudyError(
          'lab-balancer-silent',
          `HAProxy did not answer '${question}' at ${socketPath} within ${timeoutMs} ms.`,
          { cause },
        ),
      );
    };
    socket.setTimeout(timeoutMs, fail);
    socket.on('error', fail);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.write(`${question}\n`);
  });
