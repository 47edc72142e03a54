// The transport of an official client with the policies of this one: takes a request as their connections get it, and returns an answer.
import { Executor } from '../api/executor.ts';
import { toSettings, type ClientOptions } from '../api/options.ts';
import { wiresOf } from '../api/wires.ts';
import { assemble, type Assembly } from '../api/assemble.ts';
import { ClientError, isClientError } from '../model/errors.ts';
import type { HeaderMap, WireRequest } from '../nodes/wire.ts';
import { safetyOf } from './safety.ts';

export interface OfficialRequest {
  readonly method: string;
  readonly path: string;
  readonly querystring: string | undefined;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  /** Time for all attempts; the client's own deadline when absent. */
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface OfficialAnswer {
  readonly statusCode: number;
  readonly headers: HeaderMap;
  readonly body: Buffer;
}

/** Set by the connection itself, or wrong once the request is sent by another one. */
const dropped = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding']);

export class AdapterTransport {
  readonly #assembly: Assembly;
  readonly #executor: Executor;
  /** What the official client takes for its node; nothing is sent to it. */
  readonly node: string;

  constructor(options: ClientOptions) {
    const settings = toSettings(options);
    this.node = settings.nodes[0]?.url ?? '';
    this.#assembly = assemble(settings, wiresOf(options, settings));
    this.#executor = new Executor(this.#assembly.core, settings, undefined);
  }

  /**
   * Carries out one request. When every attempt was answered with an error status the last one is returned as an answer, so
   * that the official client raises its own error; what has no answer rejects with a ClientError.
   */
  async send(request: OfficialRequest): Promise<OfficialAnswer> {
    const wire = await toWire(request);
    const safety = safetyOf({ method: request.method, path: request.path, body: wire.body });
    const deadlineAt = this.#executor.deadlineAt(
      request.timeoutMs === undefined ? {} : { deadlineMs: request.timeoutMs },
    );
    const operation = `${request.method} ${request.path}`;
    try {
      const answer = await this.#executor.call({
        operation,
        request: wire,
        safety,
        deadlineAt,
        signal: request.signal,
        gated: true,
      });
      return { statusCode: answer.status, headers: answer.headers, body: answer.body };
    } catch (error) {
      if (!isClientError(error) || error.status === undefined) throw error;
      const body = { error: error.engineError ?? { type: error.code, reason: error.message }, status: error.status };
      return {
        statusCode: error.status,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify(body)),
      };
    }
  }

  close(): Promise<void> {
    return this.#assembly.close();
  }
}

async function toWire(request: OfficialRequest): Promise<WireRequest> {
  const headers: string[] = [];
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || dropped.has(name.toLowerCase())) continue;
    headers.push(name, Array.isArray(value) ? value.join(', ') : String(value));
  }
  const query = request.querystring === undefined || request.querystring === '' ? '' : `?${request.querystring}`;
  return {
    method: request.method,
    path: `${request.path}${query}`,
    body: await toBody(request.body),
    contentType: 'application/json',
    headers,
    ownMediaTypes: true,
  };
}

async function toBody(body: unknown): Promise<string | Uint8Array | null> {
  if (body === undefined || body === null || body === '') return null;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (typeof body !== 'object' || !(Symbol.asyncIterator in body)) {
    throw new ClientError('invalid-request', 'The body is neither text, bytes nor a stream.');
  }
  // A stream can be sent once only; kept in memory it can be repeated.
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<string | Uint8Array>) chunks.push(Buffer.from(chunk as string));
  return Buffer.concat(chunks);
}
