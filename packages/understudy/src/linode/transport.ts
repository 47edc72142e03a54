// The transport: one call with its attempts, pauses and deadline; the limit on concurrent requests; counting. Nothing else
// in the product sends requests to Linode. The token is revealed here and nowhere else.
import { LinodeError, type Operation } from './error.ts';
import {
  connectionFailure,
  describe,
  isLoopback,
  decideRetry,
  type Answered,
  type Attempt,
  type RetryDecision,
} from './retry-decision.ts';
import { UnderstudyError, type Clock, type Logger, type Secret } from '@understudy/foundation';
import { gate, type Gate } from './gate.ts';
import { readPages } from './pages.ts';
import type { Call, Transport } from './call.ts';

export interface TransportOptions {
  readonly baseUrl: string;
  readonly token: Secret;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Uniform in [0, 1): the jitter of pauses. */
  readonly random: () => number;
  readonly logger: Logger;
  /** Requests in flight at once. */
  readonly concurrency: number;
  /** Bound on one call with all its attempts. */
  readonly deadlineMs: number;
  /** Bound on one attempt. */
  readonly attemptTimeoutMs: number;
  /** Ends every call. */
  readonly signal: AbortSignal | undefined;
  readonly onAttempt: (name: string) => void;
}

const firstPauseMs = 500;
const longestPauseMs = 15_000;

export function createTransport(options: TransportOptions): Transport {
  const base = checkedBase(options.baseUrl);
  const slots = gate(options.concurrency);
  const sendWithHeaders = <Answer>(call: Call<Answer>) => carryOut(options, base, slots, endedBy(call, options.signal));
  const send = async <Answer>(call: Call<Answer>) => (await sendWithHeaders(call)).answer;
  return { send, sendWithHeaders, list: (call) => readPages(send, call, options.logger) };
}

/** The call, ended by this signal as well as by its own. */
function endedBy<Answer>(call: Call<Answer>, signal: AbortSignal | undefined): Call<Answer> {
  if (signal === undefined) return call;
  return { ...call, signal: call.signal === undefined ? signal : AbortSignal.any([call.signal, signal]) };
}

function checkedBase(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url))) return baseUrl.replace(/\/+$/, '');
  throw new UnderstudyError(
    'linode-base-url',
    `The API's address ${baseUrl} would send the token unencrypted over the network. Use https, or http to this machine for a lab.`,
    { facts: { baseUrl } },
  );
}

async function carryOut<Answer>(
  options: TransportOptions,
  base: string,
  slots: Gate,
  call: Call<Answer>,
): Promise<{ answer: Answer; headers: Headers }> {
  const { clock, logger } = options;
  const operation = operationOf(call);
  const deadline = clock.monotonicMs() + (call.deadlineMs ?? options.deadlineMs);
  let unanswered = false;
  let reason: LinodeError | undefined;
  for (let attemptNumber = 1; ; attemptNumber += 1) {
    call.signal?.throwIfAborted();
    const attempt = await slots.run(() => attemptOnce(options, base, call, deadline), call.signal);
    // A delete whose earlier attempt was lost may have been done: then its repetition finds nothing, which is the goal.
    const deletedBefore = unanswered && call.method === 'DELETE' && attempt.kind === 'answer' && attempt.status === 404;
    const decision: RetryDecision = deletedBefore
      ? { next: 'done', answer: attempt }
      : decideRetry(operation, attempt, clock.now());
    if (decision.next === 'done')
      return { answer: read(operation, call, decision.answer), headers: decision.answer.headers };
    if (decision.next === 'fail') throw decision.error;
    unanswered ||= attempt.kind !== 'answer' || attempt.status >= 500;
    const pauseMs = Math.max(decision.waitMs ?? 0, backoffMs(attemptNumber, options.random));
    const leftMs = deadline - clock.monotonicMs();
    // A last attempt that had no time to be answered says nothing of why the ones before it failed.
    const wasCutShort = attempt.kind === 'timeout' && attempt.afterMs < options.attemptTimeoutMs;
    if (reason === undefined || !wasCutShort) reason = decision.error;
    if (pauseMs >= leftMs || attemptNumber >= (decision.atMost ?? Infinity))
      throw outOfTime(reason, operation, attemptNumber, pauseMs);
    logger({
      level: 'debug',
      subject: 'linode',
      text: `${describe(operation)}: ${decision.error.code}, attempt ${attemptNumber}; retry in ${Math.round(pauseMs)} ms`,
    });
    await clock.sleep(pauseMs, call.signal);
  }
}

function operationOf(call: Call<unknown>): Operation {
  const label = call.body !== undefined && 'label' in call.body ? call.body.label : undefined;
  return {
    name: call.name,
    method: call.method,
    path: call.path,
    ...(typeof label === 'string' ? { label } : {}),
  };
}

/** Exponential backoff with jitter on the upper half: clients do not retry together, and never at once. */
function backoffMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
  return ceiling / 2 + (random() * ceiling) / 2;
}

function outOfTime(last: LinodeError, operation: Operation, attempts: number, pauseMs: number): LinodeError {
  return new LinodeError(last.code, `${last.message} Gave up after ${attempts} attempt(s).`, {
    operation,
    ...(last.status === undefined ? {} : { status: last.status }),
    errors: last.errors,
    facts: { attempts, retryAfterMs: Math.round(pauseMs) },
    cause: last.cause ?? last,
  });
}

async function attemptOnce(
  options: TransportOptions,
  base: string,
  call: Call<unknown>,
  deadline: number,
): Promise<Attempt> {
  const startedAt = options.clock.monotonicMs();
  const timeoutMs = Math.max(1, Math.ceil(Math.min(options.attemptTimeoutMs, deadline - startedAt)));
  // A timer of the runtime and not of the clock: a stopped clock must not keep a socket open.
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]);
  options.onAttempt(call.name);
  try {
    const response = await options.fetch(urlOf(base, call), {
      method: call.method,
      headers: headersOf(options.token, call),
      redirect: 'error',
      signal,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    const text = await response.text();
    return { kind: 'answer', status: response.status, headers: response.headers, body: parsed(text) };
  } catch (error) {
    call.signal?.throwIfAborted();
    if (timeout.aborted) return { kind: 'timeout', afterMs: timeoutMs, cause: error };
    return connectionFailure(error);
  }
}

function urlOf(base: string, { path, query }: Call<unknown>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) search.set(key, String(value));
  return search.size === 0 ? `${base}${path}` : `${base}${path}?${search.toString()}`;
}

function headersOf(token: Secret, { body, filter }: Call<unknown>): Record<string, string> {
  return {
    accept: 'application/json',
    authorization: `Bearer ${token.reveal()}`,
    'user-agent': 'understudy',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(filter === undefined ? {} : { 'x-filter': asciiJson(filter) }),
  };
}

/** Headers carry ASCII only; JSON can escape the rest. */
function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Undefined for an empty body; the text itself when it is not JSON, for the schema to refuse. */
function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function read<Answer>(operation: Operation, call: Call<Answer>, attempt: Answered): Answer {
  const result = call.answer.safeParse(attempt.body);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  const first = problems[0];
  throw new LinodeError(
    'linode-unexpected-answer',
    `${describe(operation)}: the answer's ${first?.field === '' ? 'body' : `field ${first?.field ?? '?'}`} is not as documented ` +
      `(${first?.message ?? '?'}). Check the API's address; if it is Linode's own, this version is too old for it.`,
    { operation, status: attempt.status, facts: { problems } },
  );
}
