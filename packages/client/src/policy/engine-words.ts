// The words of the engine's API: what the engine says in a sentence and in no field. This file alone reads such sentences, and
// gives a number or a code; what the engine gives as data (status, error type) is read where it is used.
import type { EngineError } from '../model/errors.ts';

/**
 * The version that the engine's document had when it refused a write with an external version; undefined when the error is no such
 * conflict, or does not say. The error's fields do not hold it, only its reason: "... current version [17] is higher than the one
 * provided [9]" in Elasticsearch and in OpenSearch.
 */
export function conflictingVersion(error: EngineError | undefined): number | undefined {
  if (error?.type !== 'version_conflict_engine_exception') return undefined;
  const digits = /current version \[(\d+)\] is higher/.exec(error.reason)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What a `Warning` header of the engine is about, where the client acts on it. */
export type WarningCode =
  /** The request has the parameter `local`, which this engine ignores and is going to refuse. */
  'local-deprecated';

/**
 * The codes of the `Warning` headers of an answer; the engine gives every deprecation the same number, 299. Elasticsearch 9.5.3:
 * `299 Elasticsearch-9.5.3-0 "the [?local] query parameter to this API has no effect, is now deprecated, ..."`.
 */
export function warningCodes(warnings: string | readonly string[] | undefined): WarningCode[] {
  const isLocal = [warnings ?? []].flat().some((warning) => warning.includes('[?local] query parameter'));
  return isLocal ? ['local-deprecated'] : [];
}

/**
 * Whether an answer with status 503 is that of a node of OpenSearch which has just started and has not read its accounts yet: a line of
 * text, sent before the request is looked at. OpenSearch 3.4.0: `OpenSearch Security not initialized.`
 */
export function isNotInitialized(body: Buffer): boolean {
  return body.length < 200 && body.toString().trim() === 'OpenSearch Security not initialized.';
}
