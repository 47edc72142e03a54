// The headers of the answer to one write, for writes that are answered from a bulk. They are learnt from answers to writes by
// themselves, for each media type that applications ask for, and learnt again from time to time; nothing is made up.
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { HeaderMap } from '@understudy/client/forward';

interface Known {
  readonly headers: HeaderMap | null;
  readonly learntMs: number;
}

const goodForMs = 60_000;
/** More kinds of requests than this are not remembered. */
const mostKinds = 64;
/** The fields of an answer that an item of a bulk has too. */
const fields = new Set(['_index', '_id', '_version', 'result', '_shards', '_seq_no', '_primary_term']);
const ofOneAnswer = new Set(['content-length', 'content-encoding', 'location', 'date', 'warning', 'vary']);

export class AnswerHeaders {
  readonly #known = new Map<string, Known>();

  /** The headers of an answer to `request`; undefined when they are not known, and the request is to be sent by itself. */
  of(request: IncomingMessage, nowMs: number): HeaderMap | undefined {
    const known = this.#known.get(kindOf(request));
    return known && nowMs - known.learntMs < goodForMs ? (known.headers ?? undefined) : undefined;
  }

  /** Learns from the answer to a write that was sent by itself. */
  learn(request: IncomingMessage, status: number, headers: HeaderMap, body: Buffer, nowMs: number): void {
    if (status !== 200 && status !== 201) return;
    const kind = kindOf(request);
    const known = this.#known.get(kind);
    if (known ? nowMs - known.learntMs < goodForMs : this.#known.size >= mostKinds) return;
    const isUsual = headers['warning'] === undefined && hasUsualFields(headers, body);
    this.#known.set(kind, { headers: isUsual ? lasting(headers) : null, learntMs: nowMs });
  }
}

function kindOf({ method, headers }: IncomingMessage): string {
  return `${method === 'DELETE' ? '' : (headers['content-type'] ?? '')}\n${headers.accept ?? ''}`;
}

function lasting(headers: HeaderMap): HeaderMap {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofOneAnswer.has(name)));
}

function hasUsualFields(headers: HeaderMap, body: Buffer): boolean {
  try {
    const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const names = Object.keys(JSON.parse(text.toString('utf8')) as object);
    return names.length === fields.size && names.every((name) => fields.has(name));
  } catch {
    return false;
  }
}
