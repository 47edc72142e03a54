// A single-document write as a request of its own.
import type { Refresh } from '../model/operations.ts';
import type { WireRequest } from '../nodes/wire.ts';
import { fenceType, type Write } from './write.ts';

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
