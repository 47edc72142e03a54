// Many writes by one caller: cut into requests of bounded size, failed items retried, one result or error for each.
import { ClientError } from '../errors.ts';
import type { Host } from './host.ts';
import { newDocumentId } from './identifiers.ts';
import { parseBody } from './read.ts';
import { readStatus, toEngineError } from '../policy/classify.ts';
import { backoffMs } from '../policy/backoff.ts';
import type { BulkRequest, OperationOptions, Refresh, WriteResult } from './types.ts';
import { toBulkLines, toRefusal, toResult, toWrite, type EngineItem, type Write } from './write.ts';

/** One item of a bulk: a result, or the error it would have had as an operation of its own. */
export type BulkItem =
  | ({ readonly ok: true } & WriteResult)
  | { readonly ok: false; readonly index: string; readonly id: string; readonly error: ClientError };

export interface BulkResult {
  /** One for each operation, in their order. */
  readonly items: readonly BulkItem[];
  readonly failed: number;
}

interface Line {
  readonly at: number;
  readonly write: Write;
  readonly text: string;
}

interface EngineBulk {
  readonly items?: readonly Readonly<Record<string, EngineItem>>[];
}

export async function bulk(host: Host, request: BulkRequest, options: OperationOptions): Promise<BulkResult> {
  const items: (BulkItem | undefined)[] = request.operations.map(() => undefined);
  const deadlineAt = host.deadlineAt(options);
  const lines: Line[] = [];
  request.operations.forEach((operation, at) => {
    try {
      const write = toWrite(operation, () => newDocumentId(host.core.time.wall()));
      lines.push({ at, write, text: toBulkLines(write) });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      items[at] = { ok: false, index: operation.index, id: operation.id ?? '', error };
    }
  });
  for (const part of parts(lines)) await send(host, part, items, request.refresh, deadlineAt, options.signal);
  const done = items.map((item) => {
    if (!item) throw new ClientError('bad-response', 'bulk: the engine answered fewer items than it was sent.');
    return item;
  });
  return { items: done, failed: done.filter((item) => !item.ok).length };
}

const maxBytes = 8 * 1024 * 1024;
const maxCount = 5000;

function* parts(lines: readonly Line[]): Generator<readonly Line[]> {
  let part: Line[] = [];
  let bytes = 0;
  for (const line of lines) {
    if (part.length > 0 && (part.length >= maxCount || bytes + line.text.length > maxBytes)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(line);
    bytes += line.text.length;
  }
  if (part.length > 0) yield part;
}

async function send(
  host: Host,
  first: readonly Line[],
  items: (BulkItem | undefined)[],
  refresh: Refresh | undefined,
  deadlineAt: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { core } = host;
  let lines = first;
  for (let round = 0; lines.length > 0; round++) {
    const remainingMs = Math.max(1, deadlineAt - core.time.now());
    const query = `timeout=${Math.ceil(remainingMs)}ms${refresh === undefined ? '' : `&refresh=${refresh}`}`;
    let answered;
    try {
      const body = lines.map((line) => line.text).join('');
      answered = await host.call({
        operation: 'bulk',
        request: { method: 'POST', path: `/_bulk?${query}`, body, contentType: 'application/x-ndjson' },
        safety: lines.every(({ write }) => write.safety === 'replayable') ? 'replayable' : 'once',
        deadlineAt,
        signal,
        gated: true,
      });
      const parsed = parseBody('bulk', answered.body) as EngineBulk & { error?: unknown };
      if (answered.status >= 300) throw toRefusal('bulk', answered.status, parsed.error);
      lines = settle(host, lines, parsed, items, answered.attempts, round + 1 < core.options.maxAttempts);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      for (const { at, write } of lines) items[at] = { ok: false, index: write.index, id: write.id, error };
      return;
    }
    if (lines.length > 0)
      await pause(
        host,
        backoffMs(core.options.backoff, round, () => core.time.random()),
      );
  }
}

/** Files the items that are final and returns the lines to send again. */
function settle(
  host: Host,
  lines: readonly Line[],
  answer: EngineBulk,
  items: (BulkItem | undefined)[],
  attempts: number,
  mayRetry: boolean,
): readonly Line[] {
  const again: Line[] = [];
  lines.forEach((line, position) => {
    const { write, at } = line;
    const item = answer.items?.[position]?.[write.op];
    if (!item) return;
    const status = item.status ?? 500;
    const reading = readStatus(
      status,
      write.safety,
      host.core.options.retryStatuses,
      () => toEngineError(item.error)?.type,
    );
    const missing = write.op === 'delete' && status === 404 && item.error === undefined;
    if (reading.verdict === 'done' || missing) items[at] = { ok: true, ...toResult(write, item, attempts) };
    else {
      const outcome = reading.maybeApplied ? 'unknown' : 'none';
      items[at] = {
        ok: false,
        index: write.index,
        id: write.id,
        error: toRefusal(write.op, status, item.error, { outcome }),
      };
      if (reading.verdict === 'retry' && mayRetry) again.push(line);
    }
  });
  return again.length > 0 && host.core.retryBudget.withdraw(host.core.time.now()) ? again : [];
}

function pause(host: Host, ms: number): Promise<void> {
  return new Promise((resolve) => void host.core.time.after(ms, resolve));
}
