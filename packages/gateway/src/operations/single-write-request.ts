// Which one write a request is, and whether a bulk can carry it with the same meaning. What is not certain is passed on as it is.
import type { IncomingMessage } from 'node:http';
import { isUtf8 } from 'node:buffer';
import type { ForwardWrite, Refresh } from '@understudy/client/forward';
import type { Exchange } from './exchange.ts';

/** Headers that mean the same for a write by itself and among others. Authorization is not among them: others have another user. */
const neutral = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'pragma',
  'sec-fetch-mode',
  'te',
  'traceparent',
  'tracestate',
  'transfer-encoding',
  'user-agent',
  'x-elastic-client-meta',
]);

const jsonType = /^application\/(?:vnd\.elasticsearch\+)?json(?:\s*;|$)/i;
/** Names without escapes, patterns, aliases of several or date arithmetic. */
const plainIndex = /^[a-z0-9.][a-z0-9._-]{0,254}$/;
const maxIdBytes = 512;

export interface SingleWrite {
  readonly write: ForwardWrite;
  readonly refresh: Refresh | undefined;
  /** A bulk can carry it. */
  readonly isGatherable: boolean;
}

/** The write; undefined when the request says more than is understood here. */
export function singleWriteOf(exchange: Exchange): SingleWrite | undefined {
  const { route, request, body, target } = exchange;
  const { handling } = route;
  if (handling !== 'index' && handling !== 'create' && handling !== 'delete') return undefined;
  if (!hasNeutralHeaders(request)) return undefined;
  const parameters = parametersOf(target.query);
  const document = handling === 'delete' ? (body.kind === 'none' ? null : undefined) : documentOf(exchange);
  const address = addressOf(target.path);
  if (!parameters || document === undefined || !address) return undefined;
  const { routing, pipeline, if_seq_no: seqNo, if_primary_term: term, refresh, timeout } = parameters;
  if ((seqNo === undefined) !== (term === undefined) || (seqNo !== undefined && handling === 'create'))
    return undefined;
  const write: ForwardWrite = {
    op: handling,
    ...address,
    routing,
    pipeline: handling === 'delete' ? undefined : pipeline,
    ifSeqNo: seqNo === undefined ? undefined : Number(seqNo),
    ifPrimaryTerm: term === undefined ? undefined : Number(term),
    body: document,
  };
  const asked = refresh === undefined ? false : refreshes.get(refresh);
  return { write, refresh: asked || undefined, isGatherable: !asked && timeout === undefined };
}

function hasNeutralHeaders({ headers }: IncomingMessage): boolean {
  for (const name in headers) if (!neutral.has(name) && !name.startsWith('x-understudy-')) return false;
  return true;
}

/** The document as text, when it is one line: it is stored as it came, so not even a space of it may be changed. */
function documentOf({ body, request }: Exchange): string | undefined {
  if (body.kind !== 'kept' || !jsonType.test(request.headers['content-type'] ?? '') || !isUtf8(body.bytes))
    return undefined;
  const text = body.bytes.toString('utf8');
  return text.startsWith('{') && text.endsWith('}') && !/[\r\n]/.test(text) ? text : undefined;
}

function addressOf(path: string): { readonly index: string; readonly id: string } | undefined {
  const [, index = '', , encoded = ''] = path.split('/');
  if (!plainIndex.test(index) || encoded.includes('+')) return undefined;
  const id = decoded(encoded);
  return id === undefined || id === '' || Buffer.byteLength(id) > maxIdBytes ? undefined : { index, id };
}

function decoded(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

type Parameters = Partial<
  Record<'routing' | 'pipeline' | 'if_seq_no' | 'if_primary_term' | 'refresh' | 'timeout', string>
>;
const whole = /^\d{1,15}$/;
const refreshes: ReadonlyMap<string, Refresh> = new Map<string, Refresh>([
  ['', true],
  ['true', true],
  ['false', false],
  ['wait_for', 'wait_for'],
]);

/** The parameters of a write that are understood here; undefined when there are others. */
function parametersOf(query: string): Parameters | undefined {
  const found: Record<string, string> = {};
  if (query === '') return found;
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = decoded(equals < 0 ? '' : pair.slice(equals + 1));
    if (value === undefined || value.includes('+') || name in found || !mayHave(name, value)) return undefined;
    found[name] = value;
  }
  return found;
}

function mayHave(name: string, value: string): boolean {
  if (name === 'refresh') return refreshes.has(value);
  if (value === '') return false;
  if (name === 'routing' || name === 'pipeline' || name === 'timeout') return true;
  if (name === 'if_seq_no' || name === 'if_primary_term') return whole.test(value);
  return name === 'op_type' && (value === 'index' || value === 'create');
}
