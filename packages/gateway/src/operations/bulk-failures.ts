// The answers to items that this gateway has to answer, alone or with all of their part, in the shape in which the engine tells the failure of an item.
import { isClientError, type CallAnswer, type ClientError } from '@understudy/client/forward';
import { toEngineLike } from '../errors.ts';
import type { EngineLikeError } from '../http/index.ts';
import { itemAnswer, type ItemAnswer } from './bulk-answer.ts';
import type { BulkItem } from './bulk-lines.ts';
import { indexOf, type Part } from './bulk-parts.ts';
import type { Exchange } from './exchange.ts';

/** One answer for each item of `part`. */
export function failedItems(part: Part, outcome: CallAnswer | ClientError, exchange: Exchange): readonly ItemAnswer[] {
  const failure = isClientError(outcome) ? ownFailure(toEngineLike(outcome, part.safety)) : engineFailure(outcome);
  return part.pending.map(({ item }) => failedItem(item, failure, exchange));
}

/** The answer to an item that ends with an error of this gateway. */
export function refusedItem(item: BulkItem, error: EngineLikeError, exchange: Exchange): ItemAnswer {
  return failedItem(item, ownFailure(error), exchange);
}

function failedItem(item: BulkItem, { status, error }: Failure, { target }: Exchange): ItemAnswer {
  const about = { _index: item.index ?? indexOf(target.path), _id: item.id ?? null };
  return itemAnswer(item.op, { ...about, status, error });
}

interface Failure {
  readonly status: number;
  readonly error: unknown;
}

function ownFailure({ status, type, reason, details }: EngineLikeError): Failure {
  return { status, error: { type, reason, outcome: details?.['outcome'] } };
}

/** What the engine said of the whole part; an answer 200 without an answer for each item is none. */
function engineFailure({ status, body }: CallAnswer): Failure {
  const isError = status >= 400;
  const { type, reason } = (isError ? errorIn(body) : undefined) ?? {
    type: 'understudy_bad_response',
    reason: `The answer of the node, with status ${status}, does not tell what became of this item.`,
  };
  return { status: isError ? status : 502, error: { type, reason } };
}

function errorIn(body: Buffer): { readonly type: string; readonly reason: string } | undefined {
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { error?: { type?: unknown; reason?: unknown } };
    return typeof error?.type === 'string' ? { type: error.type, reason: String(error.reason) } : undefined;
  } catch {
    return undefined;
  }
}
