// How a call ends without an answer, in words: what failed, what was seen, what to do. Pure; the call decides which.
import {
  ClientError,
  type ClientErrorDetails,
  type ErrorCode,
  type FailedAttempt,
  type Outcome,
} from '../model/errors.ts';
import type { Node } from '../nodes/node.ts';
import type { WireAnswer, WireFault, WireRequest } from '../nodes/wire.ts';
import { readEngineError } from '../policy/classify.ts';
import type { Attempt } from './attempt.ts';

export interface Ending {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: ClientErrorDetails;
}

/** A request that broke its connection at so many nodes, or so often at one, is not tried further: it may be the cause. */
const brokenNodesMax = 2;
const brokenTimesMax = 5;

/** What went wrong so far; made at the first failure, so that a call without one does not pay for it. */
export class Failures {
  readonly attempts: FailedAttempt[] = [];
  lastAnswer: WireAnswer | null = null;
  lastError: Error | null = null;
  readonly #brokenAt: string[] = [];

  get last(): FailedAttempt | undefined {
    return this.attempts.at(-1);
  }

  /** The connection of an attempt broke after it was sent. */
  broke({ node }: Attempt): void {
    this.#brokenAt.push(node.url);
  }

  /** How many nodes broke the connection; 0 while the request is not to be suspected. */
  get suspiciousNodes(): number {
    const nodes = new Set(this.#brokenAt).size;
    return nodes >= brokenNodesMax || this.#brokenAt.length >= brokenTimesMax ? nodes : 0;
  }

  note(attempt: Attempt, reason: string, nowMs: number, status?: number): void {
    const common = { node: attempt.node.url, durationMs: nowMs - attempt.startedMs, reason, sent: attempt.sent };
    this.attempts.push(status === undefined ? common : { ...common, status });
  }
}

export function closedEnding(): Ending {
  return { code: 'closed', message: 'The client is closed.' };
}

export function cancelledEnding(operation: string, reason: unknown): Ending {
  return { code: 'cancelled', message: `${operation} was cancelled by its caller.`, details: { cause: reason } };
}

export function expiredEnding(operation: string, afterMs: number, made: number): Ending {
  const seen = made === 0 ? 'nothing had been sent' : `${made} attempts had been made`;
  return {
    code: 'deadline-exceeded',
    message: `${operation}: the deadline passed after ${Math.round(afterMs)} ms; ${seen}.`,
  };
}

/** @param down a node that is down, when all are. */
export function circuitEnding(operation: string, down: Node | undefined, retryAfterMs: number): Ending {
  const why = down
    ? `no node of the cluster answers (${down.url}: ${down.trouble ?? 'unknown'})`
    : 'too many operations failed recently';
  const message = `${operation}: failed at once, because ${why}; try again in ${Math.ceil(retryAfterMs)} ms.`;
  return { code: 'circuit-open', message, details: { retryAfterMs } };
}

export function shedEnding(operation: string): Ending {
  const message = `${operation}: not sent, the queue before the engine is full; try again in 1000 ms.`;
  return { code: 'overloaded', message, details: { retryAfterMs: 1000 } };
}

export function breakingEnding(operation: string, { method, path }: WireRequest, failures: Failures): Ending {
  const { last, lastError, suspiciousNodes: nodes } = failures;
  const [bare = ''] = path.split('?');
  const message =
    `${operation}: stopped, because ${nodes} ${nodes === 1 ? 'node' : 'nodes'} broke the connection on this request ` +
    `(${method} ${bare}), last ${last?.node} with ${last?.reason}. The request may be the cause (too long a line or ` +
    `header, or work that crashes the engine): read the engine's log before you send it again.`;
  return { code: 'unavailable', message, details: { cause: lastError ?? undefined } };
}

export function faultEnding(operation: string, { code, message, cause }: WireFault): Ending {
  const what = code === 'invalid-request' ? 'it cannot be sent' : 'its answer cannot be accepted';
  return { code, message: `${operation}: ${what} (${message}).`, details: { cause } };
}

export function unavailableEnding(
  operation: string,
  made: number,
  why: string,
  failures: Failures,
  retryAfterMs: number | undefined,
): Ending {
  const { last, lastAnswer, lastError } = failures;
  const seen = last ? `; the last attempt, at ${last.node}, ended with ${last.reason}` : '';
  const engineError = lastAnswer ? readEngineError(lastAnswer.body) : undefined;
  const details = {
    ...(lastAnswer === null ? {} : { status: lastAnswer.status }),
    ...(engineError === undefined ? {} : { engineError }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    cause: lastError ?? undefined,
  };
  return { code: 'unavailable', message: `${operation}: gave up after ${made} attempts: ${why}${seen}.`, details };
}

export function toError(ending: Ending, outcome: Outcome, failures: Failures | null): ClientError {
  return new ClientError(ending.code, ending.message, {
    ...ending.details,
    outcome,
    attempts: failures?.attempts ?? [],
  });
}
