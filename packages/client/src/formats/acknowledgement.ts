// What proves that a write was carried out: only the engine's own result for that document.
import { isObject, toInteger } from '../json/json.ts';
import type { WriteResult } from '../model/operations.ts';
import type { Write } from './write.ts';

/** The results that the engine may give for a write that it executed. */
const acknowledgements: Readonly<Record<Write['op'], ReadonlySet<unknown>>> = {
  index: new Set(['created', 'updated']),
  create: new Set(['created']),
  update: new Set(['created', 'updated', 'deleted', 'noop']),
  delete: new Set(['deleted', 'not_found']),
};

/** The engine's sequence number for a document of an old index, which has none. */
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
