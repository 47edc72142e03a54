// A drill in which the key of its own load is exchanged: the load takes the next one, and no request is refused. One that is not told is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '@understudy/foundation';
import { exchangeOf } from '../../../src/drills/faults/exchange.ts';
import { runDrill } from '../../../src/drills/index.ts';
import { goals } from '../../../src/proof/goals.ts';
import { noopDrill } from '../noop-drill.ts';
import { smallSystem } from '../small-system.ts';

const drill = noopDrill(
  { steadyMs: 1_000, faultMs: 500, recoveryMs: 8_000 },
  {
    fault: exchangeOf('service-keys'),
    goals: goals({ longestWriteGapMs: 4_000, longestReadGapMs: 4_000, maxErrorRatio: 0 }),
  },
);
const keys = ['first', 'second', 'third'].map((word) => `us_understudy-tool_${word.padEnd(43, 'x')}`);

/** Each key in turn is let in, told to the load, and the one before it refused at once. */
async function run(isTold: boolean) {
  const system = await smallSystem();
  const { accepted } = system;
  const holders = new Set<(next: Secret) => Promise<void>>();
  let [current = ''] = keys;
  accepted.add(current);
  const credential = {
    now: () => Promise.resolve(new Secret(current)),
    watch(take: (next: Secret) => Promise<void>) {
      holders.add(take);
      return () => holders.delete(take);
    },
  };
  const exchange = async (): Promise<string> => {
    for (const next of keys.slice(1)) {
      accepted.add(next);
      if (isTold) for (const take of holders) await take(new Secret(next));
      accepted.delete(current);
      current = next;
    }
    return 'exchanged';
  };
  try {
    const { verdict } = await runDrill({ ...system.world, credential, exchange }, drill);
    assert.equal(holders.size, 0, 'nobody is told after the run');
    return verdict;
  } finally {
    await system.close();
  }
}

test('the load goes on with the next key, and no request is refused', async () => {
  const { result, reasons, requests } = await run(true);
  assert.deepEqual([result, reasons], ['PASS', []]);
  assert.equal(requests.failed, 0);
  assert.ok(requests.writesAcknowledged > 20, String(requests.writesAcknowledged));
});

test('a load that keeps the old key has requests refused, and the drill fails', async () => {
  const { result, requests } = await run(false);
  assert.equal(result, 'FAIL');
  assert.ok(requests.failed > 10, String(requests.failed));
});
