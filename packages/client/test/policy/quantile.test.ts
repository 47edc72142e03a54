import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RecentQuantile } from '../../src/policy/quantile.ts';

test('the estimated quantile differs from the exact one by at most one bucket', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.2, max: 5000, noNaN: true }), { minLength: 64, maxLength: 1000 }),
      (samples) => {
        const quantile = new RecentQuantile(0.95);
        const counted = samples.slice(0, samples.length - ((samples.length - 32) % 64));
        for (const sample of counted) quantile.record(sample);
        const sorted = [...counted].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(sorted.length * 0.95) - 1]!;
        assert.ok(
          quantile.valueMs >= exact * 0.99 && quantile.valueMs <= exact * 1.1,
          `${quantile.valueMs} for ${exact}`,
        );
      },
    ),
  );
});
