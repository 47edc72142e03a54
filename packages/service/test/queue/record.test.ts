import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseExact, stringifyExact } from '@understudy/client';
import fc from 'fast-check';
import { decodeRecord, encodeRecord, readRecords, type QueueRecord } from '../../src/queue/record.ts';

const record: fc.Arbitrary<QueueRecord> = fc
  .oneof(
    fc.record({
      fence: fc.nat(),
      document: fc.record({ id: fc.string(), content: fc.string({ unit: 'binary' }), data: fc.jsonValue() }),
    }),
    fc.record({ settled: fc.array(fc.nat()) }),
  )
  // As a body is read: no negative zero, no prototype but one, and bigints beyond 2^53.
  .map((one) => parseExact(JSON.stringify(one)) as QueueRecord);
/** Beyond 2^53, of which a number does not have all digits. */
const large = fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n });
const records = fc.array(record, { minLength: 1, maxLength: 8 });

function written(all: readonly QueueRecord[]): Buffer {
  return Buffer.concat(all.map(encodeRecord));
}

describe('the lines of a queue file', () => {
  it('keep every digit of a whole number', () => {
    fc.assert(
      fc.property(fc.array(large), (n) => {
        const one: QueueRecord = { fence: 1, document: { id: 'x', content: '', data: { n } } };
        assert.deepEqual(decodeRecord(encodeRecord(one).subarray(0, -1)), one);
      }),
    );
  });

  it('are read as they were written, each at its own offset', () => {
    fc.assert(
      fc.property(records, (all) => {
        const bytes = written(all);
        const read = readRecords(bytes);
        assert.deepEqual(
          read.records.map((one) => one.record),
          all,
        );
        assert.equal(read.damaged, 0);
        assert.equal(read.end, bytes.length);
        for (const { record: one, offset, length } of read.records) {
          assert.deepEqual(decodeRecord(bytes.subarray(offset, offset + length - 1)), one);
        }
      }),
    );
  });

  it('lose only the last one when a crash cuts the file anywhere in it', () => {
    fc.assert(
      fc.property(records, fc.nat(), (all, cut) => {
        const whole = written(all.slice(0, -1)).length;
        const bytes = written(all);
        const torn = bytes.subarray(0, whole + (cut % (bytes.length - whole)));
        const read = readRecords(torn);
        assert.deepEqual(
          read.records.map((one) => one.record),
          all.slice(0, -1),
        );
        assert.equal(read.damaged, torn.length > whole ? 1 : 0);
        assert.equal(read.end, whole);
      }),
    );
  });

  it('lose only what a disk damaged, and notice it', () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, place, change) => {
        const bytes = written(all);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] as number) ^ change;
        const { records: read, damaged } = readRecords(bytes);
        // A damaged line feed damages the line after it, too.
        assert.ok(damaged >= 1 && read.length >= all.length - 2, `${read.length} of ${all.length}, ${damaged} damaged`);
        const good = all.map((one) => stringifyExact(one));
        for (const { record: one } of read) assert.ok(good.includes(stringifyExact(one)));
      }),
    );
  });
});
