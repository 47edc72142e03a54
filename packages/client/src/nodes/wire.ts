// The wire: how one HTTP exchange with one node is made. Policies know only this contract; tests put a simulated wire here.

export type HeaderMap = Readonly<Record<string, string | string[] | undefined>>;

export interface WireRequest {
  readonly method: string;
  /** Path and query, already encoded. */
  readonly path: string;
  readonly body: string | Uint8Array | null;
  /** Media type of the body. */
  readonly contentType: 'application/json' | 'application/x-ndjson';
  /** Further headers, flat: name, value, name, value. */
  readonly headers?: readonly string[];
  /** `headers` bring their own accept and content-type. */
  readonly ownMediaTypes?: boolean;
  /** In place of `body`: opened once for each attempt that reaches a connection. Its length is in `headers`, or it is sent in chunks. */
  readonly stream?: () => AsyncIterable<Uint8Array>;
  /** An answer with more bytes than this is handed on before it ended: see `WireAnswer.rest`. */
  readonly streamBeyondBytes?: number;
}

/** What follows the bytes in `WireAnswer.body`. Nothing is read from the node until `start`. */
export interface AnswerRest {
  start(sink: RestSink): void;
  pause(): void;
  resume(): void;
  /** Ends the exchange; the sink is not called again. */
  cancel(): void;
}

/** Exactly one of `onEnd` and `onFailure`, unless it was cancelled. */
export interface RestSink {
  onData(chunk: Buffer): void;
  onEnd(): void;
  onFailure(error: Error): void;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: HeaderMap;
  readonly body: Buffer;
  /** Only for a request with `streamBeyondBytes`; whoever gets it starts or cancels it. */
  readonly rest?: AnswerRest;
}

/** A failure that is no fault of the node, and that would be the same at another node. */
export class WireFault extends Error {
  /** The request cannot be sent as it is; or its answer is larger than this client takes. */
  readonly code: 'invalid-request' | 'bad-response';

  constructor(code: WireFault['code'], cause: Error) {
    super(cause.message, { cause });
    this.code = code;
  }
}

/** Receives the end of one exchange: exactly one of `onAnswer` and `onFailure`, unless the exchange was cancelled. */
export interface WireSink {
  /** The first byte is about to be written: from here on the engine may have seen the request. */
  onSent(): void;
  onAnswer(answer: WireAnswer): void;
  onFailure(error: Error): void;
}

export interface Exchange {
  /** Ends the exchange: an unsent request is never sent, a sent one loses its connection. The sink is not called again. */
  cancel(): void;
}

/** Connections to one node. */
export interface Wire {
  send(request: WireRequest, sink: WireSink): Exchange;
  /** A cheap exchange on a connection of its own, so that it does not wait for requests of users. */
  probe(request: WireRequest, sink: WireSink): Exchange;
  /** Closes every connection; exchanges under way fail, or are let end when `drain`. */
  close(drain?: boolean): Promise<void>;
}

/** Makes the connections to the node at `url`, which may bring user, password and a prefix of every path. */
export type WireFactory = (url: URL) => Wire;
