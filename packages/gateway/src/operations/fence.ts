// The fence that an application asks for with a header: X-Understudy-Fence: now, or a number of its own that grows.
import type { Fence, Forwarder } from '@understudy/client/forward';
import type { Exchange } from './exchange.ts';

export const fenceHeader = 'x-understudy-fence';

/** The fence; undefined when none is asked for, or why it is refused. */
export function fenceOf(exchange: Exchange, forwarder: Forwarder): Fence | { readonly refused: string } | undefined {
  const text = exchange.request.headers[fenceHeader];
  if (text === undefined) return undefined;
  const { handling } = exchange.route;
  if (handling !== 'index' && handling !== 'delete')
    return {
      refused: `a fence orders whole writes and deletions of one document by id; this is '${exchange.route.operation}'`,
    };
  if (text === 'now') return forwarder.newFence();
  const version = typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(version)) return { version, fixed: true };
  return {
    refused: `X-Understudy-Fence is '${String(text)}'; it must be 'now' or a whole number up to ${Number.MAX_SAFE_INTEGER}`,
  };
}
