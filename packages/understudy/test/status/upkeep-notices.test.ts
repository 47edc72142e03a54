// Notices about a machine's own system: swap and clocks. None of them changes the verdict.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seen as saw, unknown } from '@understudy/foundation';
import { assessHealth } from '../../src/status/index.ts';
import { machine, topology, well, type Change } from './changes.ts';

function notices(change: Change): string[] {
  const { verdict, notices: found } = assessHealth(change(well), topology);
  assert.equal(verdict, 'healthy');
  return found.map(({ id, subject, reason }) => `${id} ${subject}: ${reason}`);
}

const clocks =
  (aheadMs: Readonly<Record<string, number>>): Change =>
  (seen) => ({ ...seen, clocksAheadMs: aheadMs });

describe('swap', () => {
  test('is a notice on a search machine, where the engine’s heap would be swapped out', () => {
    const [notice, ...more] = notices(machine('demo-search-2', () => ({ swap: saw(['/dev/sdb']) })));
    assert.match(notice ?? '', /^swap-on demo-search-2: demo-search-2 swaps to \/dev\/sdb/);
    assert.deepEqual(more, []);
  });
  test('is none on a service machine, nor where it is off or not read', () => {
    assert.deepEqual(notices(machine('demo-service-1', () => ({ swap: saw(['/dev/sdb']) }))), []);
    assert.deepEqual(notices(machine('demo-search-2', () => ({ swap: saw([]) }))), []);
    assert.deepEqual(notices(machine('demo-search-2', () => ({ swap: unknown('EIO', 'machines-unreadable') }))), []);
  });
});

describe('a clock', () => {
  test('that no time server sets', () => {
    const [notice] = notices(machine('demo-service-1', () => ({ clockIsSynchronized: saw(false) })));
    assert.match(notice ?? '', /^clock-not-synchronized demo-service-1: /);
    assert.deepEqual(notices(machine('demo-service-1', () => ({ clockIsSynchronized: saw(true) }))), []);
  });

  test('that differs from this computer’s, in words', () => {
    const aheadMs = { 'demo-search-1': 0, 'demo-search-2': 61_250, 'demo-service-1': -3_000, 'demo-service-2': 1_900 };
    const [second, third, ...more] = notices(clocks(aheadMs));
    assert.match(second ?? '', /^clock-differs demo-search-2: .* is 61\.3 s ahead of this computer's/);
    assert.match(third ?? '', /^clock-differs demo-service-1: .* is 3\.0 s behind this computer's/);
    assert.deepEqual(more, []);
  });

  test('that alone differs is that of the machine; when all of them differ alike, this computer’s is wrong', () => {
    assert.match(notices(clocks({ 'demo-search-1': 9_000 })).join(), /^clock-differs demo-search-1: /);
    const alike = { 'demo-search-1': -9_000, 'demo-search-2': -8_500, 'demo-service-1': -9_600 };
    const [notice, ...more] = notices(clocks(alike));
    assert.match(
      notice ?? '',
      /^clock-differs demo: This computer's clock .* theirs are 9\.0 s behind this computer's/,
    );
    assert.deepEqual(more, []);
    assert.equal(notices(clocks({ ...alike, 'demo-service-1': 9_600 })).length, 3);
    assert.equal(notices(clocks({ ...alike, 'demo-service-1': 0 })).length, 2);
  });
});
