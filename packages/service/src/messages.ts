// What the supervisor and its workers say to each other over the IPC channel.

export type ToWorker =
  /** Sent with a socket: take it over. */
  | { readonly kind: 'connection'; readonly connection: number }
  /** Say no to the balancer's question, serve on. */
  | { readonly kind: 'drain' }
  /** Finish what is in flight, then end. */
  | { readonly kind: 'stop' }
  /** Metrics of all workers, the answer to `metrics-wanted`. */
  | { readonly kind: 'metrics'; readonly request: number; readonly text: string }
  | { readonly kind: 'metrics-wanted'; readonly request: number };

export type ToSupervisor =
  | { readonly kind: 'ready' }
  /** The connection is this worker's now; nothing was read from it before this was said. */
  | { readonly kind: 'taken'; readonly connection: number }
  /** Sent every second: the event loop turns. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'metrics-wanted'; readonly request: number }
  | { readonly kind: 'metrics'; readonly request: number; readonly values: readonly object[] };
