// Any request the typed operations do not cover, with the same policies.
import { ClientError } from '../model/errors.ts';
import { errorIn, readJson, toJson } from '../json/json.ts';
import type { HeaderMap } from '../nodes/wire.ts';
import type { Safety } from '../policy/classify.ts';
import { toRefusal, toUnreadable } from '../formats/refusal.ts';
import type { Executor } from './executor.ts';
import { toPathPart } from '../formats/path.ts';
import type { OperationOptions } from '../model/operations.ts';

export interface RawRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  /** Path, already encoded, from the first slash on. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** An object is sent as JSON; a string or bytes as they are. */
  readonly body?: unknown;
  readonly contentType?: 'application/json' | 'application/x-ndjson';
  /** How it may be repeated; by default GET and HEAD are reads, PUT and DELETE replayable, POST is sent once. */
  readonly safety?: Safety;
  /** Statuses that are an answer rather than an error, besides 2xx. */
  readonly accept?: readonly number[];
}

export interface RawResult<T> {
  readonly status: number;
  readonly headers: HeaderMap;
  /** Parsed when the answer is JSON, text otherwise. */
  readonly body: T;
  readonly attempts: number;
}

const defaultSafety: Readonly<Record<RawRequest['method'], Safety>> = {
  GET: 'read',
  HEAD: 'read',
  PUT: 'replayable',
  DELETE: 'replayable',
  POST: 'once',
};

export async function raw<T>(
  executor: Executor,
  request: RawRequest,
  options: OperationOptions,
): Promise<RawResult<T>> {
  if (!request.path.startsWith('/')) {
    throw new ClientError('invalid-request', `A path must start with a slash; got ${request.path}.`);
  }
  const operation = `${request.method} ${request.path}`;
  const safety = request.safety ?? defaultSafety[request.method];
  const answer = await executor.call({
    operation,
    request: {
      method: request.method,
      path: request.path + queryOf(request.query),
      body: bodyOf(operation, request.body),
      contentType: request.contentType ?? 'application/json',
    },
    safety,
    deadlineAt: executor.deadlineAt(options),
    signal: options.signal,
    gated: true,
  });
  const { status, headers, attempts } = answer;
  if (status >= 300 && !request.accept?.includes(status)) {
    const outcome = answer.maybeApplied ? 'unknown' : 'none';
    throw toRefusal(operation, status, errorIn(answer.body), { outcome, byStatus: true });
  }
  const isJson = String(headers['content-type'] ?? '').includes('json') && answer.body.length > 0;
  const body = isJson ? readJson(answer.body, executor.core.options.exactIntegers) : answer.body.toString('utf8');
  if (body === undefined) throw toUnreadable(operation, status, safety === 'read' ? 'none' : 'unknown');
  return { status, headers, body: body as T, attempts };
}

function queryOf(query: RawRequest['query']): string {
  const pairs = Object.entries(query ?? {}).filter(
    (pair): pair is [string, string | number | boolean] => pair[1] !== undefined,
  );
  if (pairs.length === 0) return '';
  return `?${pairs.map(([name, value]) => `${toPathPart('request', name)}=${toPathPart('request', String(value))}`).join('&')}`;
}

function bodyOf(operation: string, body: unknown): string | Uint8Array | null {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  return toJson(operation, body);
}
