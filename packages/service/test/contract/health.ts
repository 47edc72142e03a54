// The contract: liveness, readiness and request ids, while the engine answers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Call } from './call.ts';

export function health(call: Call): void {
  describe('health', () => {
    it('answers liveness and readiness with 200', async () => {
      for (const path of ['/healthz', '/readyz']) {
        const answer = await call('GET', path);
        assert.equal(answer.status, 200);
        assert.deepEqual(answer.json, { status: 'ok' });
      }
    });

    it('returns the request id of the caller, or makes one', async () => {
      const given = await call('GET', '/healthz', { headers: { 'x-request-id': 'abc-1' } });
      assert.equal(given.headers.get('x-request-id'), 'abc-1');
      const made = await call('GET', '/healthz');
      assert.match(made.headers.get('x-request-id') ?? '', /^[\da-f-]{36}$/);
    });

    it('does not return a request id that could inject a line into a log', async () => {
      for (const id of ['a b', '{"x":1}', 'x'.repeat(129)]) {
        const answer = await call('GET', '/healthz', { headers: { 'x-request-id': id } });
        assert.notEqual(answer.headers.get('x-request-id'), id);
      }
    });
  });
}
