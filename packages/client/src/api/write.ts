// A single-document write as a value, and how it is put on the wire, alone or as lines of a bulk.
import { ClientError } from '../errors.ts';
import { toJson } from '../json.ts';
import type { WireRequest } from '../nodes/wire.ts';
import { toEngineError, type Safety } from '../policy/classify.ts';
import { conflictingVersion, type Fences } from '../policy/fence.ts';
import type { BulkOperation, Refresh } from './types.ts';

/** One write, its content already serialised: parsed once, whatever happens to it later. */
export interface Write {
  readonly op: 'index' | 'create' | 'update' | 'delete';
  readonly index: string;
  readonly id: string;
  readonly routing: string | undefined;
  readonly pipeline: string | undefined;
  readonly ifSeqNo: number | undefined;
  readonly ifPrimaryTerm: number | undefined;
  /** What orders it among the writes of its document; undefined for a write that the engine orders itself. */
  readonly fence: Fence | undefined;
  /** JSON on one line; null for a delete. */
  readonly body: string | null;
  readonly safety: Safety;
}

export interface Fence {
  readonly version: number;
  /** Given by the caller, so it says when the write was asked for: a newer document refuses it. One of ours is renewed instead. */
  readonly fixed: boolean;
}

/** Longest id the engines accept, bytes of UTF-8. */
const maxIdBytes = 512;

/** Checks and serialises one operation. `newId` makes the id of a document without one; without `fences` none is set. */
export function toWrite(operation: BulkOperation, newId: () => string, fences: Fences | undefined): Write {
  const { op } = operation;
  const id = operation.id ?? newId();
  if (operation.index === '') throw invalid('`index` is empty; name the index to write to.');
  if (id === '' || Buffer.byteLength(id) > maxIdBytes) {
    throw invalid(`the id must have 1 to ${maxIdBytes} bytes, and has ${Buffer.byteLength(id)}.`);
  }
  if (!operation.index.isWellFormed() || !id.isWellFormed() || operation.routing?.isWellFormed() === false)
    throw invalid('its index, id or routing is no valid Unicode.');
  const conditional = op === 'create' ? undefined : { seqNo: operation.ifSeqNo, term: operation.ifPrimaryTerm };
  if ((conditional?.seqNo === undefined) !== (conditional?.term === undefined)) {
    throw invalid('`ifSeqNo` and `ifPrimaryTerm` go together; take both from the result of a read.');
  }
  return {
    // A document whose id was made here cannot exist yet: create says so, and a second copy of the request is refused.
    op: op === 'index' && operation.id === undefined && conditional?.seqNo === undefined ? 'create' : op,
    index: operation.index,
    id,
    routing: operation.routing,
    pipeline: op === 'index' || op === 'create' ? operation.pipeline : undefined,
    ifSeqNo: conditional?.seqNo,
    ifPrimaryTerm: conditional?.term,
    fence: fenceOf(operation, fences),
    body: bodyOf(operation),
    safety: op === 'update' && conditional?.seqNo === undefined ? 'once' : 'replayable',
  };
}

/** Only a whole document, or its deletion, can be ordered by a version of ours: the engines allow it for nothing else. */
function fenceOf(operation: BulkOperation, fences: Fences | undefined): Fence | undefined {
  if (operation.op !== 'index' && operation.op !== 'delete') return undefined;
  const { fence: version, id, ifSeqNo } = operation;
  if (version === undefined)
    return fences && id !== undefined && ifSeqNo === undefined ? { version: fences.next(), fixed: false } : undefined;
  if (ifSeqNo !== undefined) throw invalid('`fence` and `ifSeqNo` exclude each other; give one of them.');
  if (id === undefined) throw invalid('`fence` orders the writes of one document; give its `id` too.');
  if (!Number.isSafeInteger(version) || version < 0)
    throw invalid(`\`fence\` must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, and is ${version}.`);
  return { version, fixed: true };
}

/**
 * The same write above the version that it met in the engine. Only a fence of ours is renewed: it met a clock ahead of ours,
 * or a write that ran beside this one. Undefined when the conflict is final.
 */
export function refenced(write: Write, error: unknown, fences: Fences): Write | undefined {
  if (write.fence === undefined || write.fence.fixed) return undefined;
  const seen = conflictingVersion(toEngineError(error)?.reason ?? '');
  const version = seen === undefined ? undefined : fences.above(seen);
  return version === undefined ? undefined : { ...write, fence: { version, fixed: false } };
}

function bodyOf(operation: BulkOperation): string | null {
  if (operation.op === 'delete') return null;
  if (operation.op !== 'update') return serialise(operation.document);
  const { doc, script, upsert, docAsUpsert } = operation;
  if ((doc === undefined) === (script === undefined)) throw invalid('an update takes `doc` or `script`, one of them.');
  return serialise({ doc, script, upsert, doc_as_upsert: docAsUpsert });
}

function serialise(document: unknown): string {
  const text = toJson('This write', document);
  if (text[0] !== '{') throw invalid('a document must be an object.');
  return text;
}

function invalid(what: string): ClientError {
  return new ClientError('invalid-request', `This write was not sent: ${what}`);
}

/** Repeating the same write at the same version is no conflict. */
const fenceType = 'external_gte';

/** The write as a request of its own. */
export function toRequest(write: Write, refresh: Refresh | undefined, timeoutMs: number): WireRequest {
  const query = [`timeout=${Math.ceil(timeoutMs)}ms`];
  if (refresh !== undefined) query.push(`refresh=${refresh}`);
  if (write.routing !== undefined) query.push(`routing=${encodeURIComponent(write.routing)}`);
  if (write.pipeline !== undefined) query.push(`pipeline=${encodeURIComponent(write.pipeline)}`);
  if (write.ifSeqNo !== undefined) query.push(`if_seq_no=${write.ifSeqNo}`);
  if (write.ifPrimaryTerm !== undefined) query.push(`if_primary_term=${write.ifPrimaryTerm}`);
  if (write.fence !== undefined) query.push(`version=${write.fence.version}&version_type=${fenceType}`);
  const endpoint = { index: '_doc', create: '_create', update: '_update', delete: '_doc' }[write.op];
  return {
    method: write.op === 'delete' ? 'DELETE' : write.op === 'update' ? 'POST' : 'PUT',
    path: `/${encodeURIComponent(write.index)}/${endpoint}/${encodeURIComponent(write.id)}?${query.join('&')}`,
    body: write.body,
    contentType: 'application/json',
  };
}

/** The write as the line or two lines of a bulk, each ended by a newline. `inPath`: the path of the bulk names the index. */
export function toBulkLines(write: Write, inPath = false): string {
  const action = JSON.stringify({
    [write.op]: {
      _index: inPath ? undefined : write.index,
      _id: write.id,
      routing: write.routing,
      pipeline: write.pipeline,
      if_seq_no: write.ifSeqNo,
      if_primary_term: write.ifPrimaryTerm,
      version: write.fence?.version,
      version_type: write.fence && fenceType,
    },
  });
  return write.body === null ? `${action}\n` : `${action}\n${write.body}\n`;
}

/** A write on its way in a bulk, with its lines. */
export interface CarriedWrite {
  write: Write;
  text: string;
}

/** Renews the fence of a carried write as `refenced` does; false when the conflict is final. */
export function refence(carried: CarriedWrite, error: unknown, fences: Fences): boolean {
  const newer = refenced(carried.write, error, fences);
  if (!newer) return false;
  carried.write = newer;
  carried.text = toBulkLines(newer);
  return true;
}
