// Answers to the application: the engine's own, byte for byte, or an error of this gateway in the shape of the engine's.
import type { ServerResponse } from 'node:http';
import type { AnswerRest, HeaderMap } from '@understudy/client/forward';
import { toApplication } from './headers.ts';

/** What of an answer of the engine is passed on. */
interface Answer {
  readonly status: number;
  readonly headers: HeaderMap;
  readonly body: Buffer;
  readonly rest?: AnswerRest;
}

/** Passes an answer on; calls `onEnd` when nothing more of it is held. */
export function sendAnswer(response: ServerResponse, answer: Answer, onEnd: () => void): void {
  const { status, headers, body, rest } = answer;
  if (response.destroyed) {
    rest?.cancel();
    return onEnd();
  }
  try {
    response.writeHead(status, toApplication(headers));
  } catch (error) {
    // A status or a header that the runtime refuses to send, though its parser took it.
    rest?.cancel();
    const reason = `The answer of the node cannot be passed on: ${(error as Error).message}.`;
    sendError(response, { status: 502, type: 'understudy_bad_response', reason }, false);
    return onEnd();
  }
  if (rest === undefined) {
    response.end(body);
    return onEnd();
  }
  passOn(response, body, rest, onEnd);
}

/** An answer that is passed on while it comes in: at the speed of the slower of the two. */
function passOn(response: ServerResponse, body: Buffer, rest: AnswerRest, onEnd: () => void): void {
  let isOver = false;
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    onEnd();
  };
  response.on('close', () => {
    if (!isOver) rest.cancel();
    over();
  });
  const write = (chunk: Buffer): void => {
    if (!response.write(chunk)) rest.pause();
  };
  response.on('drain', () => rest.resume());
  const isFull = !response.write(body);
  rest.start({
    onData: write,
    onEnd: () => {
      over();
      response.end();
    },
    // The application must see that the rest is missing: its connection ends before the answer does.
    onFailure: () => {
      over();
      response.destroy();
    },
  });
  if (isFull) rest.pause();
}

/** An error of this gateway. `details` are further fields of `error`. */
export interface EngineLikeError {
  readonly status: number;
  /** Stable: begins with `understudy_`. */
  readonly type: string;
  readonly reason: string;
  readonly retryAfterMs?: number | undefined;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The same shape as the engine's errors, so that clients of any language read it. */
export function sendError(response: ServerResponse, error: EngineLikeError, isHead: boolean): void {
  if (response.headersSent) return void response.destroy();
  const { status, type, reason, retryAfterMs, details } = error;
  const body = JSON.stringify({ error: { root_cause: [{ type, reason }], type, reason, ...details }, status });
  const headers = ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(body))];
  if (retryAfterMs !== undefined) headers.push('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))));
  response.writeHead(status, headers);
  response.end(isHead ? undefined : body);
}
