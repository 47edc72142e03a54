import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readPreference } from '../../src/queue/preference.ts';

const cases: readonly (readonly [header: string | undefined, respondAsync: boolean, waitMs: number | undefined])[] = [
  [undefined, false, undefined],
  ['', false, undefined],
  ['respond-async', true, undefined],
  ['respond-async, wait=10', true, 10_000],
  ['Wait=10, Respond-Async', true, 10_000],
  ['respond-async; wait=10', true, undefined],
  ['wait="5", respond-async', true, 5000],
  ['wait=1, wait=9, respond-async', true, 1000],
  ['wait=soon, respond-async', true, undefined],
  ['wait=-1, respond-async', true, undefined],
  ['return=minimal', false, undefined],
  ['foo="a, respond-async", handling=lenient', false, undefined],
  ['foo="a\\", respond-async", bar', false, undefined],
  ['x-respond-async', false, undefined],
  ['foo="unclosed, respond-async', true, undefined],
];
for (const [header, respondAsync, waitMs] of cases) {
  it(`the preference of ${header === undefined ? 'no header' : `'${header}'`}`, () => {
    assert.deepEqual(readPreference(header), { respondAsync, waitMs });
  });
}
