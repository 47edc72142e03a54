// One line of a queue file: a checksum, then JSON. A line that a crash truncated, or the disk damaged, is detected by it.
import { crc32 } from 'node:zlib';
import { parseExact, stringifyExact } from '@understudy/client';
import type { DeferredWrite } from '../engine.ts';

/** What a line says: a write that was accepted, or the offsets of those that need no more work. */
export type QueueRecord = DeferredWrite | { readonly settled: readonly number[] };

/** A record and where its line is, in bytes, the line feed included. */
export interface PlacedRecord {
  readonly record: QueueRecord;
  readonly offset: number;
  readonly length: number;
}

export interface ReadRecords {
  readonly records: readonly PlacedRecord[];
  /** Lines that their checksum does not confirm, a torn last one included. */
  readonly damaged: number;
  /** Where the last whole line ends. */
  readonly end: number;
}

const checksumLength = 8;
const lineFeed = 10;

export function encodeRecord(record: QueueRecord): Buffer {
  // A record is an object, which always has a text.
  const json = stringifyExact(record) as string;
  return Buffer.from(`${checksumOf(Buffer.from(json))} ${json}\n`);
}

/** All records of a file. A damaged line affects no other: the next one starts after its line feed. */
export function readRecords(bytes: Buffer): ReadRecords {
  const records: PlacedRecord[] = [];
  let damaged = 0;
  let offset = 0;
  for (let feed = bytes.indexOf(lineFeed); feed !== -1; feed = bytes.indexOf(lineFeed, offset)) {
    const record = decodeRecord(bytes.subarray(offset, feed));
    if (record === undefined) damaged += 1;
    else records.push({ record, offset, length: feed + 1 - offset });
    offset = feed + 1;
  }
  return { records, damaged: damaged + (offset < bytes.length ? 1 : 0), end: offset };
}

/** The record of a line without its line feed; undefined when the checksum does not fit. */
export function decodeRecord(line: Buffer): QueueRecord | undefined {
  const json = line.subarray(checksumLength + 1);
  if (line.toString('latin1', 0, checksumLength + 1) !== `${checksumOf(json)} `) return undefined;
  return parseExact(json.toString()) as QueueRecord;
}

function checksumOf(bytes: Buffer): string {
  return crc32(bytes).toString(16).padStart(checksumLength, '0');
}
