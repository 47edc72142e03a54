import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { traceIdOf } from '../src/trace.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('traceIdOf', () => {
  it('reads the trace of the caller', () => {
    assert.equal(traceIdOf({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` }), traceId);
    assert.equal(traceIdOf({ traceparent: `01-${traceId}-00f067aa0ba902b7-01-later` }), traceId);
  });

  it('ignores a header that is not a trace', () => {
    const wrong = [
      undefined,
      '',
      traceId,
      `ff-${traceId}-00f067aa0ba902b7-01`,
      `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
      `00-${traceId}-${'0'.repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-00f067aa0ba902b7-01`,
    ];
    for (const traceparent of wrong) {
      assert.equal(traceIdOf(traceparent === undefined ? {} : { traceparent }), undefined, traceparent);
    }
  });
});
