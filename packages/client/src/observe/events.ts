// Typed events of a running client. An event without a listener costs one property read.
import type { NodeState } from '../nodes/node.ts';

export interface ClientEvents {
  /** A node changed state. */
  node: { readonly node: string; readonly from: NodeState; readonly to: NodeState; readonly reason: string };
  /** Another attempt is about to be made. */
  retry: { readonly operation: string; readonly attempt: number; readonly node: string; readonly reason: string };
  /** A second attempt of a read was sent before the first had answered. */
  hedge: { readonly operation: string; readonly node: string; readonly afterMs: number };
  /** The circuit of the whole cluster changed. */
  breaker: { readonly state: 'closed' | 'open' | 'half-open'; readonly reason: string };
  /** An operation was refused before anything was sent. */
  shed: { readonly operation: string; readonly code: 'overloaded' | 'circuit-open' };
  /** Gathered operations were sent as one request. */
  batch: {
    readonly kind: 'write' | 'get' | 'search';
    readonly lane: number;
    readonly count: number;
    readonly bytes: number;
  };
  /** Gathered operations were divided by shard because a request stalled, or share one lane again. */
  lanes: { readonly kind: 'write' | 'get' | 'search'; readonly divided: boolean };
  /** Gathering of a kind was switched on or off because of measured latencies. */
  gathering: { readonly kind: 'write' | 'get' | 'search'; readonly on: boolean };
  /** The set of nodes changed (sniffing). */
  topology: { readonly nodes: readonly string[] };
}

type Listener<T> = (event: T) => void;
type Listeners = { [K in keyof ClientEvents]?: Listener<ClientEvents[K]>[] };

export class Events {
  readonly #listeners: Listeners = {};

  /** Calls `listener` on each event `name`; the returned function removes it. A throwing listener is the caller's bug and is reported as such. */
  on<K extends keyof ClientEvents>(name: K, listener: Listener<ClientEvents[K]>): () => void {
    const list: Listener<ClientEvents[K]>[] = this.#listeners[name] ?? [];
    list.push(listener);
    (this.#listeners as Record<K, Listener<ClientEvents[K]>[]>)[name] = list;
    return () => {
      const at = list.indexOf(listener);
      if (at >= 0) list.splice(at, 1);
    };
  }

  /** Whether there is a listener: lets a hot path skip building the event. */
  wants(name: keyof ClientEvents): boolean {
    const list = this.#listeners[name];
    return list !== undefined && list.length > 0;
  }

  emit<K extends keyof ClientEvents>(name: K, event: ClientEvents[K]): void {
    const list = this.#listeners[name];
    if (list === undefined) return;
    // A listener must not break the operation that calls it: its error is thrown in a microtask of its own.
    for (const listener of [...list]) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
