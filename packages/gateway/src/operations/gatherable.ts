// Whether a request is one write that a bulk can carry with the same meaning, and which. What is not certain is sent by itself.
import type { IncomingMessage } from 'node:http';
import { isUtf8 } from 'node:buffer';
import type { ForwardWrite } from '@understudy/client/forward';
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

/** The write; undefined when it has to be sent by itself. */
export function gatherable(exchange: Exchange): ForwardWrite | undefined {
  const { route, request, body, target } = exchange;
  const { handling } = route;
  if (handling !== 'index' && handling !== 'create' && handling !== 'delete') return undefined;
  if (!hasNeutralHeaders(request)) return undefined;
  const parameters = parametersOf(target.query);
  const document = handling === 'delete' ? (body.kind === 'none' ? null : undefined) : documentOf(exchange);
  const address = addressOf(target.path);
  if (!parameters || document === undefined || !address) return undefined;
  const { routing, pipeline, if_seq_no: seqNo, if_primary_term: term } = parameters;
  if ((seqNo === undefined) !== (term === undefined) || (seqNo !== undefined && handling === 'create'))
    return undefined;
  return {
    op: handling,
    ...address,
    routing,
    pipeline: handling === 'delete' ? undefined : pipeline,
    ifSeqNo: seqNo === undefined ? undefined : Number(seqNo),
    ifPrimaryTerm: term === undefined ? undefined : Number(term),
    body: document,
  };
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

type Parameters = Partial<Record<'routing' | 'pipeline' | 'if_seq_no' | 'if_primary_term', string>>;
const whole = /^\d{1,15}$/;

/** The parameters of a write that a bulk can express; undefined when there are others. */
function parametersOf(query: string): Parameters | undefined {
  const found: Record<string, string> = {};
  if (query === '') return found;
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = decoded(equals < 0 ? '' : pair.slice(equals + 1));
    if (value === undefined || value === '' || value.includes('+') || name in found) return undefined;
    if (!mayHave(name, value)) return undefined;
    found[name] = value;
  }
  return found;
}

function mayHave(name: string, value: string): boolean {
  if (name === 'routing' || name === 'pipeline') return true;
  if (name === 'if_seq_no' || name === 'if_primary_term') return whole.test(value);
  if (name === 'op_type') return value === 'index' || value === 'create';
  return name === 'refresh' && value === 'false';
}
