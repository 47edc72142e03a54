import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Budget } from '../../src/policy/budget.ts';

const step = fc.oneof(
  fc.constant('deposit' as const),
  fc.constant('withdraw' as const),
  fc.integer({ min: 0, max: 5000 }),
);

test('whatever the order of deposits, withdrawals and time, the budget is never overdrawn and never above its capacity', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      let now = 0;
      let earned = 10;
      let taken = 0;
      const budget = new Budget({ ratio: 0.2, perSecond: 10, capacity: 10 }, now);
      for (const one of steps) {
        if (one === 'deposit') {
          budget.deposit();
          earned += 0.2;
        } else if (one === 'withdraw') taken += budget.withdraw(now) ? 1 : 0;
        else {
          now += one;
          earned += one / 100;
        }
        const tokens = budget.tokens(now);
        assert.ok(tokens >= 0 && tokens <= 10);
        assert.ok(taken <= earned + 1e-6);
      }
    }),
  );
});
