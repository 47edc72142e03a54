// Many documents in one request, one JSON object a line: each line has a result or an error of its own.
import { readDocument, type StoredDocument } from './document.ts';
import { EngineError, type Writer, type WriteResult } from './engine.ts';
import { engineProblem, outageCodes } from './failure.ts';
import { limits } from './limits.ts';
import { Problem, invalid, type ProblemDetails } from './problem.ts';
import { parseJson } from './request-body.ts';

/** The outcome of one line; `line` counts from 1 in the body as it was sent, blank lines included. */
export type BulkLine =
  | { readonly line: number; readonly status: 200 | 201 | 202; readonly result: WriteResult }
  | {
      readonly line: number;
      readonly status: number;
      readonly error: string;
      readonly code: string;
      readonly field?: string;
    };

export interface BulkAnswer {
  readonly failed: number;
  readonly lines: readonly BulkLine[];
}

/** No document was written, and at least one because the engine did not answer. */
export function isOutage({ lines }: BulkAnswer): boolean {
  return lines.every((line) => 'error' in line) && lines.some((line) => 'code' in line && outageCodes.has(line.code));
}

interface ReadLine {
  readonly line: number;
  readonly read: StoredDocument | ProblemDetails;
}

/** Documents in one request to the engine. */
const batchSize = 500;

const lineFeed = 10;

/** The lines of a body, checked one by one. Throws only when the body as a whole is invalid. */
export function readBulk(body: unknown): readonly ReadLine[] {
  if (!(body instanceof Uint8Array)) {
    throw invalid(
      'body',
      'The body must be sent as application/x-ndjson: a JSON object with id and data on each line.',
    );
  }
  const lines: ReadLine[] = [];
  for (let start = 0, line = 1; start < body.length; line += 1) {
    const feed = body.indexOf(lineFeed, start);
    const end = feed === -1 ? body.length : feed;
    const bytes = body.subarray(start, end);
    start = end + 1;
    if (isBlank(bytes)) continue;
    if (lines.length === limits.bulkLines)
      throw invalid('body', `The body has more than ${limits.bulkLines} documents.`);
    lines.push({ line, read: readLine(bytes) });
  }
  return lines;
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.length === 0 || (bytes.length === 1 && bytes[0] === 13);
}

function readLine(bytes: Uint8Array): StoredDocument | ProblemDetails {
  try {
    if (bytes.length > limits.bodyBytes) throw invalid('body', `The line is longer than ${limits.bodyBytes} bytes.`);
    return readDocument(parseJson(bytes));
  } catch (error) {
    if (error instanceof Problem) return error.details;
    throw error;
  }
}

/** Writes the valid lines, batch after batch, and answers for every line in order. */
export async function writeBulk(writer: Writer, lines: readonly ReadLine[]): Promise<BulkAnswer> {
  const answered: BulkLine[] = [];
  for (let at = 0; at < lines.length; at += batchSize) {
    answered.push(...(await writeSome(writer, lines.slice(at, at + batchSize))));
  }
  return { failed: answered.filter((line) => 'error' in line).length, lines: answered };
}

async function writeSome(writer: Writer, lines: readonly ReadLine[]): Promise<BulkLine[]> {
  const documents = lines.map(({ read }) => read).filter(isDocument);
  const outcomes = documents.length === 0 ? [] : await writer.writeMany(documents);
  let next = 0;
  return lines.map(({ line, read }) => {
    if (!isDocument(read)) return failed(line, read);
    const outcome = outcomes[next++] ?? { failure: new EngineError('unknown', 'The search engine gave no result.') };
    if ('failure' in outcome) return failed(line, engineProblem(outcome.failure));
    return { line, status: writeStatus(outcome.result), result: outcome.result };
  });
}

function writeStatus({ result }: WriteResult): 200 | 201 | 202 {
  if (result === 'queued') return 202;
  return result === 'created' ? 201 : 200;
}

function isDocument(read: StoredDocument | ProblemDetails): read is StoredDocument {
  return 'content' in read;
}

function failed(line: number, { status, text, code, field }: ProblemDetails): BulkLine {
  return { line, status, error: text, code, ...(field === undefined ? {} : { field }) };
}
