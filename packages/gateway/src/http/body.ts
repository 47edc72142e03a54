// The body of a request: kept, so that it can be sent again, up to a limit for one request and for all together; beyond it is a
// stream that is sent at most once. Memory is bounded by both limits.
import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'kept'; readonly bytes: Buffer }
  /** `open` is called at most once. */
  | { readonly kind: 'stream'; readonly open: () => AsyncIterable<Uint8Array>; readonly length: string | undefined };

/** What all bodies that are kept hold at this moment, bytes. */
export interface BodyMemory {
  held: number;
  readonly most: number;
}

type OnBody = (body: Body | undefined, release: () => void) => void;

const none: Body = { kind: 'none' };

/**
 * Calls `onBody` once: when it is known how the body is passed on, or without a body when the application went away before. The bytes
 * of a kept body count as held until `release`.
 */
export function collect(request: IncomingMessage, mostBytes: number, memory: BodyMemory, onBody: OnBody): void {
  const length = request.headers['content-length'];
  const isChunked = request.headers['transfer-encoding'] !== undefined;
  const nothing = (): void => undefined;
  if (!isChunked && (length === undefined || length === '0')) return onBody(none, nothing);
  const expected = isChunked ? 0 : Number(length);
  if (expected > mostBytes || memory.held + expected > memory.most)
    return onBody({ kind: 'stream', open: () => request, length: isChunked ? undefined : length }, nothing);
  new Collector(request, mostBytes, memory, onBody, isChunked ? undefined : length).start();
}

class Collector {
  readonly #request: IncomingMessage;
  readonly #mostBytes: number;
  readonly #memory: BodyMemory;
  readonly #onBody: OnBody;
  readonly #length: string | undefined;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    request: IncomingMessage,
    mostBytes: number,
    memory: BodyMemory,
    onBody: OnBody,
    length: string | undefined,
  ) {
    this.#request = request;
    this.#mostBytes = mostBytes;
    this.#memory = memory;
    this.#onBody = onBody;
    this.#length = length;
  }

  start(): void {
    this.#request.on('data', this.#onData);
    this.#request.on('end', this.#onEnd);
    this.#request.on('close', this.#onClose);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#memory.held += chunk.length;
    if (this.#bytes <= this.#mostBytes && this.#memory.held <= this.#memory.most) return;
    this.#request.pause();
    this.#stop();
    this.#release();
    const open = (): AsyncIterable<Uint8Array> => continued(this.#chunks, this.#request);
    this.#onBody({ kind: 'stream', open, length: this.#length }, () => undefined);
  };

  readonly #onEnd = (): void => {
    this.#stop();
    const [first] = this.#chunks;
    const bytes = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    this.#onBody({ kind: 'kept', bytes }, () => this.#release());
  };

  readonly #onClose = (): void => {
    this.#stop();
    this.#release();
    this.#onBody(undefined, () => undefined);
  };

  #stop(): void {
    this.#request.off('data', this.#onData);
    this.#request.off('end', this.#onEnd);
    this.#request.off('close', this.#onClose);
  }

  #release(): void {
    this.#memory.held -= this.#bytes;
    this.#bytes = 0;
  }
}

async function* continued(chunks: readonly Buffer[], request: IncomingMessage): AsyncGenerator<Uint8Array> {
  yield* chunks;
  yield* request as AsyncIterable<Uint8Array>;
}
