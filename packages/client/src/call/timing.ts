// When a call does the next thing, and which preference a read gets: pure decisions from what is known now.
import type { WireRequest } from '../nodes/wire.ts';
import { backoffMs } from '../policy/backoff.ts';
import type { CallSpec, Core } from './core.ts';

/** An attempt of a read that takes this many times the p95 is not waited for. */
const lostFactor = 10;

/** When the first attempt of a read gets a second one beside it; Infinity for never. */
export function hedgeAtMs(core: Core, { hedgeAfter }: CallSpec, nowMs: number): number {
  if (!hedgeAfter || core.nodes.usableCount < 2) return Infinity;
  return nowMs + Math.max(hedgeAfter.valueMs, core.options.hedgeMinMs);
}

/** When an attempt that starts now has taken too long for its call to wait for it; Infinity when it must not be repeated. */
export function giveUpAtMs(core: Core, { safety, deadlineAt, hedgeAfter }: CallSpec, nowMs: number): number {
  if (safety === 'once') return Infinity;
  const { attemptShare, attemptMinMs, attemptMaxMs } = core.options;
  const remainingMs = deadlineAt - nowMs;
  const share = safety === 'read' ? attemptShare.read : attemptShare.write;
  // A read that takes many times the usual is lost rather than slow. A write may be waiting for its shard's election.
  const lostMs = safety === 'read' && hedgeAfter ? hedgeAfter.valueMs * lostFactor : Infinity;
  return nowMs + Math.min(attemptMaxMs, Math.max(attemptMinMs, Math.min(lostMs, remainingMs * share)));
}

/** Wait before retry number `retry`: none when the fault was a node's and another one is up, backoff otherwise. */
export function retryWaitMs(core: Core, elsewhere: boolean, retry: number, retryAfterMs: number | undefined): number {
  const wait = elsewhere && retry === 0 ? 0 : backoffMs(core.options.backoff, retry, () => core.time.random());
  return Math.max(wait, retryAfterMs ?? 0);
}

/** The request with a preference that avoids copies on unhealthy nodes; a hedge prefers the copy of its own node. */
export function withPreference(core: Core, spec: CallSpec, request: WireRequest, hedge: boolean): WireRequest {
  if (!spec.takesPreference) return request;
  const { readPreference } = core.nodes;
  const preference = readPreference !== '' ? readPreference : hedge ? '_local' : '';
  if (preference === '') return request;
  const joint = request.path.includes('?') ? '&' : '?';
  return { ...request, path: `${request.path}${joint}preference=${preference}` };
}
