import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { InFlightRequest, InFlight } from '../../src/nodes/in-flight.ts';

class Request extends InFlightRequest {
  readonly startedMs: number;
  constructor(startedMs: number) {
    super();
    this.startedMs = startedMs;
  }
  override onEvicted(): void {
    // Only the list is tried here.
  }
  override onNodeLost(): void {
    // Only the list is tried here.
  }
}

describe('the list of the requests in flight at a node', () => {
  it('adds and removes as a set does, and keeps the order', () => {
    const steps = fc.array(fc.oneof(fc.constant('add' as const), fc.nat()), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (words) => {
        const list = new InFlight();
        const model = new Set<Request>();
        for (const [i, word] of words.entries()) {
          if (word === 'add') {
            const one = new Request(i);
            list.add(one);
            model.add(one);
          } else if (model.size > 0) {
            const one = [...model][word % model.size] as Request;
            list.remove(one);
            model.delete(one);
          }
          assert.deepEqual(
            list.snapshot().map(({ startedMs }) => startedMs),
            [...model].map(({ startedMs }) => startedMs),
          );
          assert.equal(list.size, model.size);
          assert.equal(list.oldest, [...model][0] ?? null);
        }
      }),
    );
  });

  it('returns a copy that does not change while members are removed', () => {
    const list = new InFlight();
    const all = [new Request(1), new Request(2), new Request(3)];
    for (const one of all) list.add(one);
    const seen = list.snapshot();
    for (const one of seen) list.remove(one);
    assert.deepEqual(seen, all);
    assert.equal(list.size, 0);
  });
});
