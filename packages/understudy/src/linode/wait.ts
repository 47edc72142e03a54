// Waiting for what Linode does after it has answered: statuses and events, polled with growing pauses and a deadline.
import type { Clock } from '@understudy/foundation';
import type { accountOperations } from './account.ts';
import type { Instance } from './answers/instance.ts';
import type { LinodeEvent } from './answers/account.ts';
import { isLinodeError, LinodeError } from './error.ts';
import type { EventFilter } from './filter.ts';
import type { instanceOperations } from './instances.ts';

export interface WaitOptions {
  /** Bound on the whole wait. Default 300,000. */
  readonly deadlineMs?: number;
  /** First pause between two looks; it grows by half up to `longestPauseMs`. Default 1,000. */
  readonly firstPauseMs?: number;
  /** Default 5,000. */
  readonly longestPauseMs?: number;
  readonly signal?: AbortSignal;
  /** Called with each look's result, for progress. */
  readonly onLook?: (seen: string) => void;
}

interface Poller {
  readonly instances: Pick<ReturnType<typeof instanceOperations>, 'get'>;
  readonly account: Pick<ReturnType<typeof accountOperations>, 'events'>;
  readonly clock: Clock;
  readonly random: () => number;
}

export function waiting({ instances, account, clock, random }: Poller) {
  const until = poller(clock, random);
  return {
    /**
     * Resolves when the instance's status is one of `wanted`; `gone` is wanted when it shall disappear.
     * Rejects with `linode-timeout` (facts: wanted, seen) at the deadline, `linode-not-found` when it vanishes unasked.
     */
    waitForStatus: (id: number, wanted: readonly (Instance['status'] | 'gone')[], options: WaitOptions = {}) =>
      until<Instance | undefined>(`instance ${id} to be ${wanted.join(' or ')}`, options, async (bounds) => {
        try {
          const instance = await instances.get(id, bounds);
          return { done: wanted.includes(instance.status), value: instance, seen: instance.status };
        } catch (error) {
          if (wanted.includes('gone') && isLinodeError(error, 'linode-not-found'))
            return { done: true, value: undefined, seen: 'gone' };
          throw error;
        }
      }),
    /**
     * Resolves with the newest event that the filter matches once it has ended: finished, failed or notification. Look at
     * its `status`. Give the filter `'entity.id'`, `action` and `created: {'+gte': ...}` so that older events stay out.
     */
    waitForEvent: (filter: EventFilter, options: WaitOptions = {}) =>
      until<LinodeEvent>(`the end of an event that matches ${JSON.stringify(filter)}`, options, async (bounds) => {
        const newest = { '+order_by': 'id', '+order': 'desc', ...filter } as const;
        const event = (await account.events(newest, { ...bounds, pageSize: 25 })).at(0);
        if (event === undefined) return { done: false, seen: 'none yet' };
        const ended = event.status !== 'scheduled' && event.status !== 'started';
        return { done: ended, value: event, seen: `${event.status} ${event.percent_complete ?? 0} %` };
      }),
  };
}

type Look<Value> =
  | { readonly done: boolean; readonly value: Value; readonly seen: string }
  | { readonly done: false; readonly seen: string };

function poller(clock: Clock, random: () => number) {
  return async function until<Value>(
    what: string,
    { deadlineMs = 300_000, firstPauseMs = 1000, longestPauseMs = 5000, signal, onLook }: WaitOptions,
    look: (bounds: { signal?: AbortSignal; deadlineMs: number }) => Promise<Look<Value>>,
  ): Promise<Value> {
    const startedAt = clock.monotonicMs();
    const leftMs = () => deadlineMs - (clock.monotonicMs() - startedAt);
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
      const seen = await look({ ...(signal === undefined ? {} : { signal }), deadlineMs: Math.max(1, leftMs()) });
      onLook?.(seen.seen);
      if (seen.done) return seen.value;
      const jitteredMs = pauseMs * (0.75 + random() / 4);
      if (jitteredMs >= leftMs()) {
        throw new LinodeError(
          'linode-timeout',
          `Waited ${deadlineMs} ms for ${what}; last seen: ${seen.seen}. Look at the account's events, then run again.`,
          { operation: { name: 'wait', method: 'GET', path: '' }, facts: { waitedFor: what, seen: seen.seen } },
        );
      }
      await clock.sleep(jitteredMs, signal);
    }
  };
}
