// The real wire: an undici pool per node, driven by its dispatch interface, which has the lowest cost and reports when a
// request leaves the queue and reaches a socket.
import { Readable } from 'node:stream';
import { Pool, type Dispatcher } from 'undici';
import { authorizationOf, prefixOf } from './address.ts';
import {
  WireFault,
  type AnswerRest,
  type Exchange,
  type HeaderMap,
  type RestSink,
  type Wire,
  type WireFactory,
  type WireRequest,
  type WireSink,
} from './wire.ts';

export interface TlsOptions {
  /** Certificate authorities to trust, PEM. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** Name to expect in the certificate, when it is not the host of the URL. */
  readonly servername?: string;
  /** False accepts any certificate: for tests only. */
  readonly rejectUnauthorized?: boolean;
}

export interface UndiciWireOptions {
  /** Most connections to one node. */
  readonly connections: number;
  /** A connect that takes longer has failed. */
  readonly connectTimeoutMs: number;
  /** Idle connections are kept this long. */
  readonly keepAliveMs: number;
  /** A larger answer is a failure. */
  readonly maxAnswerBytes: number;
  readonly tls?: TlsOptions;
  /** Headers of every request, flat (authorization, user agent). */
  readonly headers: readonly string[];
}

/** The failures that say nothing about the node. */
function faultOf(error: Error): WireFault | undefined {
  const { code } = error as { code?: unknown };
  if (code === 'UND_ERR_INVALID_ARG') return new WireFault('invalid-request', error);
  return code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' ? new WireFault('bad-response', error) : undefined;
}

class UndiciExchange implements Exchange, AnswerRest, Dispatcher.DispatchHandler {
  readonly #sink: WireSink;
  readonly #streamBeyondBytes: number;
  #controller: Dispatcher.DispatchController | null = null;
  #ended = false;
  #status = 0;
  #headers: HeaderMap = {};
  #first: Buffer | null = null;
  #rest: Buffer[] | null = null;
  #bytes = 0;
  /** The answer was handed on; what follows goes to `#restSink`. */
  #handedOn = false;
  #restSink: RestSink | null = null;
  #failedBeforeStart: Error | null = null;

  constructor(sink: WireSink, streamBeyondBytes: number) {
    this.#sink = sink;
    this.#streamBeyondBytes = streamBeyondBytes;
  }

  cancel(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#controller?.abort(new Error('Cancelled.'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Cancelled while it waited for a connection: aborting here keeps it off the socket.
    if (this.#ended) controller.abort(new Error('Cancelled.'));
    else this.#sink.onSent();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HeaderMap): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#handedOn) return this.#restSink?.onData(chunk);
    if (this.#first === null) this.#first = chunk;
    else (this.#rest ??= []).push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#streamBeyondBytes || this.#ended) return;
    controller.pause();
    this.#handedOn = true;
    this.#sink.onAnswer({ status: this.#status, headers: this.#headers, body: this.#body(), rest: this });
  }

  onResponseEnd(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#handedOn) return this.#restSink?.onEnd();
    this.#sink.onAnswer({ status: this.#status, headers: this.#headers, body: this.#body() });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#handedOn) return this.#sink.onFailure(faultOf(error) ?? error);
    if (this.#restSink) this.#restSink.onFailure(error);
    else this.#failedBeforeStart = error;
  }

  start(sink: RestSink): void {
    if (this.#failedBeforeStart) return sink.onFailure(this.#failedBeforeStart);
    this.#restSink = sink;
    this.#controller?.resume();
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  #body(): Buffer {
    const first = this.#first ?? Buffer.alloc(0);
    const body = this.#rest === null ? first : Buffer.concat([first, ...this.#rest]);
    this.#first = null;
    this.#rest = null;
    return body;
  }
}

class UndiciWire implements Wire {
  readonly #main: Pool;
  readonly #probe: Pool;
  readonly #prefix: string;
  readonly #headers: {
    readonly json: readonly string[];
    readonly ndjson: readonly string[];
    readonly bare: readonly string[];
    readonly own: readonly string[];
    /** `own` without authorization, for a request that brings its own. */
    readonly anonymous: readonly string[];
  };

  constructor(url: URL, options: UndiciWireOptions) {
    const connect = {
      timeout: options.connectTimeoutMs,
      ...(options.tls?.ca === undefined ? {} : { ca: options.tls.ca as string | Buffer | (string | Buffer)[] }),
      ...(options.tls?.servername === undefined ? {} : { servername: options.tls.servername }),
      ...(options.tls?.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.tls.rejectUnauthorized }),
    };
    // Deadlines are kept by the calls themselves, so undici's own time-outs are off.
    const common = {
      connect,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: options.keepAliveMs,
      maxResponseSize: options.maxAnswerBytes,
    };
    this.#prefix = prefixOf(url);
    this.#main = new Pool(url.origin, { ...common, connections: options.connections });
    this.#probe = new Pool(url.origin, { ...common, connections: 1 });
    const authorization = hasAuthorization(options.headers) ? undefined : authorizationOf(url);
    const own = authorization === undefined ? options.headers : [...options.headers, 'authorization', authorization];
    const bare = ['accept', 'application/json', ...own];
    this.#headers = {
      own,
      anonymous: withoutAuthorization(own),
      bare,
      json: [...bare, 'content-type', 'application/json'],
      ndjson: [...bare, 'content-type', 'application/x-ndjson'],
    };
  }

  send(request: WireRequest, sink: WireSink): Exchange {
    return this.#dispatch(this.#main, request, sink);
  }

  probe(request: WireRequest, sink: WireSink): Exchange {
    return this.#dispatch(this.#probe, request, sink);
  }

  async close(drain = false): Promise<void> {
    await Promise.all([drain ? this.#main.close() : this.#main.destroy(), this.#probe.destroy()]);
  }

  #dispatch(pool: Pool, request: WireRequest, sink: WireSink): Exchange {
    const exchange = new UndiciExchange(sink, request.streamBeyondBytes ?? Infinity);
    const common = this.#headersFor(request);
    pool.dispatch(
      {
        method: request.method,
        path: this.#prefix === '' ? request.path : this.#prefix + request.path,
        body: request.stream ? Readable.from(request.stream(), { objectMode: false }) : request.body,
        headers: (request.headers ? [...common, ...request.headers] : common) as string[],
        // The engine answers HEAD and a GET with a body as the standard says: their connections can be used again.
        ...(request.ownMediaTypes === true ? { reset: false } : {}),
      },
      exchange,
    );
    return exchange;
  }

  #headersFor(request: WireRequest): readonly string[] {
    if (request.ownMediaTypes === true)
      return request.headers && hasAuthorization(request.headers) ? this.#headers.anonymous : this.#headers.own;
    if (request.body === null) return this.#headers.bare;
    return request.contentType === 'application/json' ? this.#headers.json : this.#headers.ndjson;
  }
}

function hasAuthorization(headers: readonly string[]): boolean {
  return headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'authorization');
}

function withoutAuthorization(headers: readonly string[]): readonly string[] {
  return headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== 'authorization');
}

/** Makes the wire of each node. */
export function undiciWires(options: UndiciWireOptions): WireFactory {
  return (url) => new UndiciWire(url, options);
}
