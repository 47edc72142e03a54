// A single-document write of somebody else, waiting to be sent with others. Its answer is the engine's own object for it.
import type { Core } from '../call/core.ts';
import { toBulkLines, type BulkWrite } from '../formats/bulk.ts';
import type { Fence, Write } from '../formats/write.ts';
import { Entry, type EntryAbout } from '../gather/entry.ts';
import type { ClientError } from '../model/errors.ts';

/** A write that a bulk can carry. `body` is JSON on one line, null for a delete. */
export interface ForwardWrite {
  readonly op: 'index' | 'create' | 'delete';
  readonly index: string;
  readonly id: string;
  readonly routing?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly ifSeqNo?: number | undefined;
  readonly ifPrimaryTerm?: number | undefined;
  readonly body: string | null;
  /** Orders it among the writes of its document; see `IndexRequest.fence`. */
  readonly fence?: Fence | undefined;
}

/** The engine's answer to one write, as it would answer it alone. */
export interface WriteAnswer {
  readonly status: number;
  /** The engine's object: `_index`, `_id`, `_version`, `result` and so on, in its order. */
  readonly item: Readonly<Record<string, unknown>>;
}

/** Exactly one of the three. */
export interface WriteSink {
  onAnswer(answer: WriteAnswer): void;
  /** It was certainly not carried out, or has a fence, and its refusal is best had from the engine: send it by itself. */
  onAlone(): void;
  onError(error: ClientError): void;
}

export function toFullWrite({ op, index, id, body, ...rest }: ForwardWrite): Write {
  const { routing, pipeline, ifSeqNo, ifPrimaryTerm, fence } = rest;
  return { op, index, id, routing, pipeline, ifSeqNo, ifPrimaryTerm, fence, body, safety: 'replayable' };
}

/** How an entry ended. */
type End = WriteAnswer | 'alone';

export class ForwardEntry extends Entry<End> implements BulkWrite {
  write: Write;
  lines: string;

  constructor(core: Core, write: Write, about: Pick<EntryAbout, 'laneKey' | 'deadlineAt' | 'signal'>, sink: WriteSink) {
    const lines = toBulkLines(write);
    super(
      core,
      { operation: write.op, isWrite: true, bytes: lines.length, ...about },
      (end) => (end === 'alone' ? sink.onAlone() : sink.onAnswer(end)),
      (error) => sink.onError(error),
    );
    this.write = write;
    this.lines = lines;
  }
}
