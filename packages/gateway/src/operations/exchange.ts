// One request of an application and its answer: what every operation needs of both, and the end, exactly once.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallAnswer, ClientError, Forwarding, ForwardRequest } from '@understudy/client/forward';
import { isUnclearConflict, toEngineLike, unclearConflict } from '../errors.ts';
import { sendAnswer, sendError, toEngine, type Body, type EngineLikeError, type Target } from '../http/index.ts';
import type { Route } from '../routes/index.ts';

/** What is counted and logged when a request has ended. */
export interface Ended {
  readonly method: string;
  readonly path: string;
  readonly operation: string;
  readonly status: number;
  readonly durationMs: number;
  readonly attempts: number;
  /** Code of the error of this gateway, when it was one. */
  readonly error: string | undefined;
}

/** Answers beyond this are passed on as they come. */
const streamBeyondBytes = 256 * 1024;

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: Route;
  readonly target: Target;
  readonly body: Body;
  readonly deadlineMs: number;
  readonly startedMs: number;
  readonly #onEnd: (ended: Ended) => void;
  readonly #forwardings: Forwarding[] = [];

  constructor(
    about: Pick<Exchange, 'request' | 'response' | 'route' | 'target' | 'body' | 'deadlineMs' | 'startedMs'>,
    onEnd: (ended: Ended) => void,
  ) {
    this.request = about.request;
    this.response = about.response;
    this.route = about.route;
    this.target = about.target;
    this.body = about.body;
    this.deadlineMs = about.deadlineMs;
    this.startedMs = about.startedMs;
    this.#onEnd = onEnd;
  }

  get isHead(): boolean {
    return this.request.method === 'HEAD';
  }

  /** The application waits for no answer any more. */
  get isGone(): boolean {
    return this.response.destroyed;
  }

  /**
   * Ends `forwarding` when the application goes away. A write too: repeated later, it would undo what the application, which knows nothing of
   * it, has written meanwhile.
   */
  endWithApplication(forwarding: Forwarding): void {
    if (this.#forwardings.push(forwarding) > 1) return;
    this.response.on('close', () => {
      if (!this.response.writableEnded) for (const one of this.#forwardings) one.cancel();
    });
  }

  /** Ends it without an answer: the application is gone. */
  leave(attempts = 0): void {
    this.#end(499, 'cancelled', attempts);
  }

  /** Milliseconds left of the deadline; at least 1. */
  get remainingMs(): number {
    return Math.max(1, this.deadlineMs - (performance.now() - this.startedMs));
  }

  /** The request as it came, to be passed on, with `query` added. */
  toForward(query?: string): ForwardRequest {
    const { body, route, request } = this;
    const { rawHeaders, headers, method = 'GET', url = '/' } = request;
    const isStream = body.kind === 'stream';
    return {
      operation: route.operation,
      method,
      path: query === undefined ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`,
      headers: toEngine(rawHeaders, headers.connection, isStream ? body.length : undefined),
      body: body.kind === 'kept' ? body.bytes : null,
      ...(isStream ? { stream: body.open } : {}),
      safety: isStream ? 'once' : route.safety,
      deadlineMs: this.remainingMs,
      gated: !route.unbounded && !isStream,
      hedge: route.hedge && !isStream,
      takesPreference: route.preference && !isStream && !this.#mayNamePointInTime(),
      streamBeyondBytes,
    };
  }

  /** Passes an answer of the engine on. */
  answer(answer: Pick<CallAnswer, 'status' | 'headers' | 'body' | 'rest'>, attempts: number): void {
    sendAnswer(this.response, answer, () => this.#end(answer.status, undefined, attempts));
  }

  /** Passes an answer of the engine on, unless it is a conflict that may be with the request's own earlier attempt. */
  passOn(answer: CallAnswer): void {
    if (isUnclearConflict(answer)) this.refuse(unclearConflict, answer.attempts);
    else this.answer(answer, answer.attempts);
  }

  /** Answers with an error of this gateway. */
  refuse(error: EngineLikeError, attempts = 0): void {
    sendError(this.response, error, this.isHead);
    this.#end(error.status, error.type, attempts);
  }

  fail(error: ClientError): void {
    if (error.code === 'cancelled') return this.leave(error.attempts.length);
    this.refuse(toEngineLike(error, this.route.safety), error.attempts.length);
  }

  /** A fault of this gateway: this request fails, and the others go on. */
  crash(error: unknown): void {
    const reason = `A fault of the gateway, which should be reported: ${error instanceof Error ? error.stack : String(error)}`;
    this.refuse({ status: 500, type: 'understudy_internal', reason });
  }

  #end(status: number, error: string | undefined, attempts: number): void {
    this.#onEnd({
      method: this.request.method ?? '',
      path: this.target.path,
      operation: this.route.operation,
      status,
      durationMs: performance.now() - this.startedMs,
      attempts,
      error,
    });
  }

  /** A search of a point in time takes no preference; a body that cannot be read here may name one. */
  #mayNamePointInTime(): boolean {
    const { body } = this;
    if (body.kind !== 'kept' || this.route.operation !== 'search') return false;
    return this.request.headers['content-encoding'] !== undefined || body.bytes.includes('"pit"');
  }
}
