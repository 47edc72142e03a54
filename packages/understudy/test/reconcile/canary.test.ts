// What counts as a canary that is worse than the other machine, and what is only noise of a busy one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference } from '../../src/reconcile/execute/canary.ts';

const tally = (change: Partial<Parameters<typeof difference>[0]> = {}): Parameters<typeof difference>[0] => ({
  ...{ samples: 10, wrong: 0, notUp: 0, ms: Array.from({ length: 10 }, () => 20) },
  ...change,
});
const ms = (each: number): number[] => Array.from({ length: 10 }, () => each);

test('wrong answers, status and latency are compared, each with the other machine', () => {
  assert.match(difference(tally({ wrong: 4 }), tally()) ?? '', /40 % were wrong, of the other machine's 0 %/);
  assert.match(difference(tally({ notUp: 5 }), tally({ notUp: 1 })) ?? '', /out in 50 % of the samples, .* 10 %/);
  assert.match(difference(tally({ ms: ms(300) }), tally()) ?? '', /300 ms in the middle, the other machine's 20 ms/);
  assert.match(difference(tally({ wrong: 4 }), undefined) ?? '', /wrong/);
});

test('a fault that the other machine has as well, one bad sample and a slower answer are no difference', () => {
  assert.equal(difference(tally({ wrong: 9 }), tally({ wrong: 8 })), undefined);
  assert.equal(difference(tally({ samples: 3, wrong: 1, notUp: 1 }), tally()), undefined);
  assert.equal(difference(tally({ ms: ms(90) }), tally()), undefined);
  assert.equal(difference(tally({ ms: ms(2000) }), tally({ ms: ms(900) })), undefined);
  assert.equal(difference(tally({ ms: ms(2000) }), undefined), undefined);
});
