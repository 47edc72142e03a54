// Executes the requests of a client's operations: admission, deadline, and the fallback when an operation fails.
import { Call, type CallSink } from '../call/call.ts';
import type { CallAnswer, CallSpec, Core } from '../call/core.ts';
import { ClientError } from '../model/errors.ts';
import type { ClientOptions, Settings } from './options.ts';
import { newDocumentId } from './identifiers.ts';
import type { BulkOperation, OperationOptions } from '../model/operations.ts';
import { toWrite, type Write } from '../formats/write.ts';

type Fallback = NonNullable<ClientOptions['fallback']>;

const fallbackCodes: ReadonlySet<string> = new Set(['circuit-open', 'overloaded', 'unavailable', 'deadline-exceeded']);

/** As long as a timer of the runtime can be: 24 days. Everything has a deadline, by which it is also found when the client is closed. */
const maxDeadlineMs = 2 ** 31 - 1;

class Promised implements CallSink {
  readonly onDone: (answer: CallAnswer) => void;
  readonly onError: (error: ClientError) => void;

  constructor(resolve: (answer: CallAnswer) => void, reject: (error: ClientError) => void) {
    this.onDone = resolve;
    this.onError = reject;
  }
}

export class Executor {
  readonly core: Core;
  readonly settings: Settings;
  readonly #fallback: Fallback | undefined;

  constructor(core: Core, settings: Settings, fallback: Fallback | undefined) {
    this.core = core;
    this.settings = settings;
    this.#fallback = fallback;
  }

  /** Carries out one request with all policies. */
  call(spec: CallSpec): Promise<CallAnswer> {
    return new Promise((resolve, reject) => new Call(this.core, spec, new Promised(resolve, reject)).start());
  }

  /** One operation, checked, serialised, with its id and its fence. */
  toWrite(operation: BulkOperation): Write {
    const { time, fences } = this.core;
    return toWrite(operation, () => newDocumentId(time.wall()), this.settings.fenceWrites ? fences : undefined);
  }

  /** The absolute deadline of an operation that starts now. */
  deadlineAt(options: OperationOptions): number {
    return this.core.time.now() + Math.min(options.deadlineMs ?? this.settings.deadlineMs, maxDeadlineMs);
  }

  /** Throws at once for an operation that must not wait in a lane. */
  admit(operation: string, deadlineAt: number, signal: AbortSignal | undefined): void {
    const { core } = this;
    if (core.closed) throw new ClientError('closed', 'The client is closed.');
    if (signal?.aborted)
      throw new ClientError('cancelled', `${operation} was cancelled before it began.`, { cause: signal.reason });
    if (core.time.now() >= deadlineAt)
      throw new ClientError('deadline-exceeded', `${operation}: its deadline had passed before it began.`);
    if (!core.outage.open) return;
    core.counters.circuitOpen++;
    throw new ClientError('circuit-open', `${operation}: not sent, because no node of the cluster answers.`, {
      retryAfterMs: 1000,
    });
  }

  /** The error of an operation that is shed because its queue is full. */
  shed(operation: string): ClientError {
    const { counters, events } = this.core;
    counters.shed++;
    events.emit('shed', { operation, code: 'overloaded' });
    return new ClientError('overloaded', `${operation}: not sent, its queue is full; try again in 1000 ms.`, {
      retryAfterMs: 1000,
    });
  }

  /** Counts an operation, and asks the fallback when it fails without having been carried out. */
  guarded<R>(operation: string, request: unknown, work: Promise<R>): Promise<R> {
    this.core.counters.operations++;
    const fallback = this.#fallback;
    if (!fallback) return work;
    return work.catch((error: unknown) => {
      if (!(error instanceof ClientError) || error.outcome !== 'none' || !fallbackCodes.has(error.code)) throw error;
      const value = fallback(error, operation, request);
      if (value === undefined) throw error;
      return value as R;
    });
  }
}
