// How two documents are compared: by a digest of what the workload sent, in a fixed order.
import { createHash } from 'node:crypto';

/** A document as the workload sends it; the run's mark and the revision are words of its content. */
export interface DrillDocument {
  readonly title: string;
  readonly content: string;
}

/**
 * 16 hex digits of SHA-256 over title and content of what was stored. A service keeps the document as it is, or under `data`
 * beside fields of its own; both are the same document. Anything else digests to another value.
 */
export function digestOf(source: unknown): string {
  const stored = fieldsOf(source);
  const nested = fieldsOf(stored['data']);
  const document = 'content' in nested ? nested : stored;
  const canonical = JSON.stringify([document['title'] ?? null, document['content'] ?? null]);
  return createHash('sha256').update(canonical).digest('hex').slice(0, 16);
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
