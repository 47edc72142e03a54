// A single-document write as a value: checked, serialised, with its id and its fence.
import { ClientError } from '../model/errors.ts';
import { toJson } from '../json/json.ts';
import { toEngineError, type Safety } from '../policy/classify.ts';
import { conflictingVersion } from '../policy/engine-words.ts';
import type { Fences } from '../policy/fence.ts';
import type { BulkOperation } from '../model/operations.ts';

/** One write, its content already serialised: once, however often it is sent. */
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

/** Repeating the same write at the same version is no conflict. */
export const fenceType = 'external_gte';

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
    throw invalid('its index, id or routing is not valid Unicode.');
  const conditional = op === 'create' ? undefined : { seqNo: operation.ifSeqNo, term: operation.ifPrimaryTerm };
  if ((conditional?.seqNo === undefined) !== (conditional?.term === undefined)) {
    throw invalid('`ifSeqNo` and `ifPrimaryTerm` must be given together; take both from the result of a read.');
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
 * The same write above the version that the engine holds. Only a fence of ours is renewed: the conflict was with a clock ahead of ours,
 * or with a concurrent write. Undefined when the conflict is final.
 */
export function withRenewedFence(write: Write, error: unknown, fences: Fences): Write | undefined {
  if (write.fence === undefined || write.fence.fixed) return undefined;
  const seen = conflictingVersion(toEngineError(error));
  const version = seen === undefined ? undefined : fences.above(seen);
  return version === undefined ? undefined : { ...write, fence: { version, fixed: false } };
}

function bodyOf(operation: BulkOperation): string | null {
  if (operation.op === 'delete') return null;
  if (operation.op !== 'update') return serialise(operation.document);
  const { doc, script, upsert, docAsUpsert } = operation;
  if ((doc === undefined) === (script === undefined)) throw invalid('an update must have either `doc` or `script`.');
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
