// One command to HAProxy's runtime socket and its complete answer.
import { connect } from 'node:net';
import { UnderstudyError } from '@understudy/foundation';

/** Error: `lab-balancer-silent`: nothing listens there, or there is no answer within `timeoutMs`. */
export const askHaproxy = (socketPath: string, question: string, timeoutMs = 5_000): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(socketPath);
    const fail = (reason: string, cause?: unknown): void => {
      socket.destroy();
      reject(
        new UnderstudyError(
          'lab-balancer-silent',
          `HAProxy gave no answer to '${question}' at ${socketPath}: ${reason}.`,
          {
            cause,
          },
        ),
      );
    };
    socket.setTimeout(timeoutMs, () => fail(`nothing for ${timeoutMs} ms`));
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message, error));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.write(`${question}\n`);
  });
