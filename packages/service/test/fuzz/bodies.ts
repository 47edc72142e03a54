// Random and half-random bodies: some are right, most are nearly right, some are noise. Seeded, so that a find can be repeated.
import fc from 'fast-check';
import type { Call, CallOptions } from '../contract/call.ts';

export interface Attack {
  readonly path: '/index' | '/bulk';
  readonly options: CallOptions;
}

const id = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.jsonValue(), fc.constant('x'.repeat(600)));
const data = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 6 })),
  fc.jsonValue(),
  fc.double({ noDefaultInfinity: false }).map((number) => ({ number: String(number) })),
);
const document = fc.record({ id, data, more: fc.jsonValue() }, { requiredKeys: [] });
const json = fc.oneof({ weight: 4, arbitrary: document }, fc.jsonValue()).map((value) => JSON.stringify(value));

/** A JSON text with one part of it replaced, doubled or cut out. */
const damaged = fc.tuple(json, fc.nat(), fc.nat(20), fc.string({ maxLength: 8 })).map(([text, at, length, put]) => {
  const start = at % (text.length + 1);
  return text.slice(0, start) + put + text.slice(start + length);
});

type Sent = string | Uint8Array<ArrayBuffer>;

const noise: fc.Arbitrary<Sent> = fc.uint8Array({ maxLength: 400 }).map((array) => new Uint8Array(array));
const text: fc.Arbitrary<Sent> = fc.oneof(json, damaged);
const body = fc.oneof({ weight: 8, arbitrary: text }, { weight: 1, arbitrary: noise });
const lines = fc.array(fc.oneof(json, damaged), { maxLength: 8 }).map((all) => all.join('\n'));
const contentType = fc.oneof(
  { weight: 20, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    'application/json; charset=utf-8',
    'application/json;charset=latin1',
    'text/plain',
    'application/x-www-form-urlencoded',
    ';',
    'a/b/c',
  ),
);

export const attacks: fc.Arbitrary<Attack> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(body, contentType)
      .map(([sent, type]): Attack => ({ path: '/index', options: { body: sent, headers: { 'content-type': type } } })),
  },
  lines.map((sent): Attack => ({
    path: '/bulk',
    options: { body: sent, headers: { 'content-type': 'application/x-ndjson' } },
  })),
);

export interface Damage {
  readonly sent: number;
  readonly statuses: Readonly<Record<number, number>>;
  /** Attacks that were answered by something that no caller may cause. */
  readonly bad: readonly { readonly attack: Attack; readonly answer: string }[];
}

const fair = new Set([200, 201, 400, 413, 415]);

/** Sends `count` attacks, `together` at a time. The same seed gives the same attacks. */
export async function attack(call: Call, count: number, batchSize: number, seed: number): Promise<Damage> {
  const statuses: Record<number, number> = {};
  const bad: { attack: Attack; answer: string }[] = [];
  const source = endless(seed);
  let sent = 0;
  const lanes = Array.from({ length: batchSize }, async () => {
    while (sent < count) {
      sent += 1;
      const next = source.next().value;
      const { status, text } = await call('POST', next.path, next.options);
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (!fair.has(status)) bad.push({ attack: next, answer: `${status} ${text.slice(0, 300)}` });
    }
  });
  await Promise.all(lanes);
  return { sent, statuses, bad };
}

function* endless(seed: number): Generator<Attack, never> {
  for (let batch = 0; ; batch += 1) yield* fc.sample(attacks, { numRuns: 500, seed: seed + batch });
}
