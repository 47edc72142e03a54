// The body of a bulk, its request, and what an item of its answer says about its write.
import { isObject } from '../json/json.ts';
import type { Refresh, WriteResult } from '../model/operations.ts';
import type { WireRequest } from '../nodes/wire.ts';
import { toEngineError } from '../policy/classify.ts';
import type { Fences } from '../policy/fence.ts';
import { acknowledged } from './acknowledgement.ts';
import { unreadableItem, type ItemReading } from './item.ts';
import { fenceType, withRenewedFence, type Write } from './write.ts';

/** A write and its lines in a bulk. Both change together when its fence is renewed. */
export interface BulkWrite {
  write: Write;
  lines: string;
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

/** The request for `writes`. `inPath`: they are of one index, which the path names. */
export function bulkRequest(
  writes: readonly BulkWrite[],
  timeoutMs: number,
  inPath: boolean,
  refresh?: Refresh,
): WireRequest {
  let body = '';
  for (const { write, lines } of writes) body += inPath ? toBulkLines(write, true) : lines;
  const index = inPath && writes[0] ? `/${encodeURIComponent(writes[0].write.index)}` : '';
  const query = refresh === undefined ? '' : `&refresh=${refresh}`;
  const path = `${index}/_bulk?timeout=${Math.max(1, Math.ceil(timeoutMs))}ms${query}`;
  return { method: 'POST', path, body, contentType: 'application/x-ndjson' };
}

/** What `item` says about `write`; `attempts` is for its result. */
export function readBulkItem(write: Write, item: unknown, attempts: number): ItemReading<WriteResult> {
  const answer = isObject(item) ? item[write.op] : undefined;
  if (!isObject(answer) || answer['_id'] !== write.id) return unreadableItem;
  const { status, error } = answer;
  if (typeof status !== 'number') return unreadableItem;
  if (status === 200 || status === 201 || (write.op === 'delete' && status === 404 && error === undefined)) {
    const result = error === undefined ? acknowledged(write, answer, attempts) : undefined;
    return result ? { kind: 'done', result } : unreadableItem;
  }
  return status >= 400 && toEngineError(error) ? { kind: 'refused', status, error } : unreadableItem;
}

/** Renews the fence of a write that met `error` as `withRenewedFence` does; false when the conflict is final. */
export function renewFence(bulkWrite: BulkWrite, error: unknown, fences: Fences): boolean {
  const newer = withRenewedFence(bulkWrite.write, error, fences);
  if (!newer) return false;
  bulkWrite.write = newer;
  bulkWrite.lines = toBulkLines(newer);
  return true;
}
