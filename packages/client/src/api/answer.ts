// What an answer proves. A write is acknowledged only by the engine's own words about that very document; everything else is an
// error that says what is known: refused, or not understood.
import { ClientError, type FailedAttempt, type Outcome } from '../errors.ts';
import { isObject, toInteger } from '../json.ts';
import { isBlock, toEngineError } from '../policy/classify.ts';
import type { WriteResult } from './types.ts';
import type { Write } from './write.ts';

/** What the engine may say of a write that it carried out. */
const acknowledgements: Readonly<Record<Write['op'], ReadonlySet<unknown>>> = {
  index: new Set(['created', 'updated']),
  create: new Set(['created']),
  update: new Set(['created', 'updated', 'deleted', 'noop']),
  delete: new Set(['deleted', 'not_found']),
};

/** The engine's words for a number that a document of an old index does not have. */
const unassignedSeqNo = -2;

/** The result of a write, alone or inside a bulk; undefined when `item` does not acknowledge this write. */
export function acknowledged(write: Write, item: unknown, attempts: number): WriteResult | undefined {
  if (!isObject(item) || item['_id'] !== write.id || !acknowledgements[write.op].has(item['result'])) return undefined;
  const { _index: index, _version, _seq_no, _primary_term } = item;
  const version = toInteger(_version);
  if (typeof index !== 'string' || version === undefined) return undefined;
  return {
    index,
    id: write.id,
    result: item['result'] as WriteResult['result'],
    version,
    seqNo: toInteger(_seq_no) ?? unassignedSeqNo,
    primaryTerm: toInteger(_primary_term) ?? 0,
    attempts,
  };
}

/** What became of one item of a bulk. */
export type ItemReading =
  | { readonly kind: 'done'; readonly result: WriteResult }
  | { readonly kind: 'refused'; readonly status: number; readonly error: unknown }
  /** Not an answer to this write. */
  | { readonly kind: 'unreadable' };

const unreadableItem: ItemReading = { kind: 'unreadable' };

export function readItem(write: Write, entry: unknown, attempts: number): ItemReading {
  const item = isObject(entry) ? entry[write.op] : undefined;
  if (!isObject(item) || item['_id'] !== write.id) return unreadableItem;
  const { status, error } = item;
  if (typeof status !== 'number') return unreadableItem;
  if (status === 200 || status === 201 || (write.op === 'delete' && status === 404 && error === undefined)) {
    const result = error === undefined ? acknowledged(write, item, attempts) : undefined;
    return result ? { kind: 'done', result } : unreadableItem;
  }
  return status >= 400 && toEngineError(error) ? { kind: 'refused', status, error } : unreadableItem;
}

/** The items of a bulk answer; undefined when there are not exactly `count`, because then nobody knows which is whose. */
export function itemsIn(body: unknown, count: number): readonly unknown[] | undefined {
  const items = isObject(body) ? body['items'] : undefined;
  return Array.isArray(items) && items.length === count ? items : undefined;
}

export interface RefusalContext {
  readonly attempts?: readonly FailedAttempt[];
  readonly outcome?: Outcome;
  /** A 404 or 409 is taken by its status alone, as an answer to HEAD must be. */
  readonly byStatus?: boolean;
}

/** The error for a status that is the final word, with the `error` of the body, if it has one. */
export function toRefusal(what: string, status: number, error: unknown, context: RefusalContext = {}): ClientError {
  const engineError = toEngineError(error);
  const { byStatus = false, ...rest } = context;
  const said = engineError ? ` (${engineError.type}: ${engineError.reason})` : '';
  const details = { ...rest, status, ...(engineError ? { engineError } : {}) };
  if (isBlock(status, engineError?.type))
    return new ClientError('blocked', `${what}: the index or the cluster is blocked for it${said}.`, details);
  if (status === 413) return new ClientError('too-large', `${what}: too large for the engine${said}.`, details);
  // Another server than the engine also says 404; that the index or the document is missing is the engine's word alone.
  const isEngines = byStatus || engineError !== undefined;
  if (status === 409 && isEngines)
    return new ClientError('conflict', `${what}: the document is not as the write demands${said}.`, details);
  if (status === 404 && isEngines) return new ClientError('not-found', `${what}: not found${said}.`, details);
  if (status < 400 || status === 404 || status === 409)
    return new ClientError('bad-response', `${what}: status ${status} without a word of the engine.`, details);
  return new ClientError('rejected', `${what}: the engine refused it with status ${status}${said}.`, details);
}

/** The error for an answer below 300 that is not what the engine answers to this. */
export function toUnreadable(what: string, status: number, outcome: Outcome): ClientError {
  return new ClientError(
    'bad-response',
    `${what}: status ${status} with a body that is no answer of the engine to it.`,
    {
      status,
      outcome,
    },
  );
}
