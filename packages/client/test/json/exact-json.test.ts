// Exact reading of JSON, compared with a reviver, which is correct and slow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExact, stringifyExact } from '@understudy/client';
import fc from 'fast-check';

/** Before the digits of an integer; longer than the strings that are generated. */
const integerMark = 'an integer of the test, with all of its digits: ';

type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

const revive: SourceReviver = (_key, value, { source = '' }) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;

function reference(text: string): unknown {
  return JSON.parse(text, revive as never);
}

const space = fc.stringMatching(/^[ \t\n\r]{0,2}$/);
const integer = fc.oneof(
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
);
const number = fc.oneof(
  integer.map(String),
  integer.map((n) => `${n}.5`),
  integer.map((n) => `${n}e3`),
  integer.map((n) => `${n}E-3`),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((n) => JSON.stringify(n)),
  fc.constantFrom('0', '-0', '1e999', '-1e5', '0.12345678901234567890', '9'.repeat(300), '9'.repeat(400)),
);
const string = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    integer.map(String),
    fc.constantFrom('\\', '"', '\\"', '__proto__', '12345678901234567890', ''),
  )
  .map((one) => JSON.stringify(one));
const scalar = fc.oneof(number, string, fc.constantFrom('true', 'false', 'null'));

/** Valid JSON with spaces anywhere, repeated keys, and keys that look like a prototype or a place in an array. */
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc
    .tuple(
      space,
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        scalar,
        fc.array(tie('json'), { maxLength: 4 }).map((all) => `[${all.join(',') || ' '}]`),
        fc
          .array(fc.tuple(space, fc.oneof(string, fc.constantFrom('"1"', '"a"')), space, tie('json')), { maxLength: 4 })
          .map((all) => `{${all.map(([before, key, after, value]) => `${before}${key}${after}:${value}`).join(',')}}`),
      ),
      space,
    )
    .map((parts) => parts.join('')),
}));

test('every JSON text is read as by JSON.parse, but integers with all their digits', () => {
  fc.assert(
    fc.property(json, (text) => {
      const [read, expected] = [parseExact(text), reference(text)];
      assert.deepStrictEqual(read, expected);
      assert.equal(order(read), order(expected));
    }),
    { numRuns: 5000 },
  );
});

test('invalid JSON is refused, with and without long integers', () => {
  for (const text of [
    '',
    '{',
    '[9007199254740993',
    '9007199254740993x',
    '{"a":9007199254740993,}',
    '[09007199254740993]',
  ]) {
    assert.throws(() => parseExact(text), SyntaxError, text);
  }
});

test('what was read exactly is written as by JSON.stringify, but integers with all their digits', () => {
  fc.assert(
    fc.property(json, (text) => {
      const value = reference(text);
      assert.equal(stringifyExact(value), order(value).replaceAll(new RegExp(`"${integerMark}(-?\\d+)"`, 'g'), '$1'));
    }),
    { numRuns: 2000 },
  );
  const [date, big] = [new Date(0), 2n ** 60n];
  class Point {
    readonly x = big;
  }
  const unusual = {
    big,
    date,
    undefined,
    list: [undefined, () => 1],
    number: new Number(5),
    point: new Point(),
    own: { toJSON: () => big },
  };
  assert.equal(
    stringifyExact(unusual),
    `{"big":${big},"date":"1970-01-01T00:00:00.000Z","list":[null,null],"number":5,"point":{"x":${big}},"own":${big}}`,
  );
  const cycle: unknown[] = [big];
  cycle.push(cycle);
  assert.throws(() => stringifyExact(cycle));
});

test('a long integer is found at every position', () => {
  for (let before = 0; before < 40; before += 1) {
    for (const digits of ['9007199254740993', '10000000000000001', '-9223372036854775807']) {
      assert.deepEqual(parseExact(`["${'x'.repeat(before)}",${digits}]`), ['x'.repeat(before), BigInt(digits)]);
      assert.deepEqual(parseExact(`[${digits},"${'1 '.repeat(before)}"]`), [BigInt(digits), '1 '.repeat(before)]);
    }
  }
});

/** The whole as a text, keys in their order, bigints as marked strings. */
function order(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? `${integerMark}${one}` : one));
}
