// The contract while the engine does not answer: an answer within the deadline, and never one that makes the balancer eject
// a healthy machine (any 5xx but 501 and 505 does).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Call, Exchange } from './call.ts';

/** `what` describes the outage; `deadlineMs` is the DEADLINE_MS that the service was started with. */
export function outage(what: string, call: Call, deadlineMs: number): void {
  describe(`the engine ${what}`, () => {
    async function unavailable(exchange: Promise<Exchange>, codes: readonly string[]): Promise<void> {
      const start = performance.now();
      const { status, headers, json } = await exchange;
      const elapsedMs = performance.now() - start;
      assert.equal(status, 429);
      assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/);
      const { code, error, retry_after_s } = json as Record<string, unknown>;
      assert.ok(codes.includes(String(code)), `code ${String(code)}`);
      assert.equal(String(retry_after_s), headers.get('retry-after'));
      assert.match(String(error), /search engine/i);
      assert.ok(elapsedMs < deadlineMs + 1500, `answered after ${Math.round(elapsedMs)} ms`);
    }

    it('answers a write with 429 and Retry-After, within the deadline', async () => {
      const write = call('POST', '/index', { json: { id: 'x', data: 'x' } });
      await unavailable(write, ['engine-unavailable', 'outcome-unknown']);
    });

    it('answers a search the same way', async () => {
      await unavailable(call('GET', '/search?q=x'), ['engine-unavailable']);
    });

    it('reports that it is not ready, without a 5xx', async () => {
      await unavailable(call('GET', '/readyz'), ['engine-unavailable']);
    });

    it('still answers liveness with 200', async () => {
      assert.equal((await call('GET', '/healthz')).status, 200);
    });

    it('still refuses what is wrong with the request', async () => {
      assert.equal((await call('POST', '/index', { json: { id: 'x' } })).status, 400);
      assert.equal((await call('GET', '/search')).status, 400);
    });
  });
}
