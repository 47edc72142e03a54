// What the supervisor and its workers say to each other over the IPC channel.

export type ToWorker =
  /** Sent with a socket: serve it. */
  | { readonly kind: 'connection' }
  /** Say no to the balancer's question, serve on. */
  | { readonly kind: 'drain' }
  /** Finish what is in flight, then end. */
  | { readonly kind: 'stop' }
  /** Metrics of all workers, the answer to `metrics-wanted`. */
  | { readonly kind: 'metrics'; readonly request: number; readonly text: string }
  | { readonly kind: 'metrics-wanted'; readonly request: number };

export type ToSupervisor =
  | { readonly kind: 'ready' }
  /** Sent every second: the event loop turns. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'metrics-wanted'; readonly request: number }
  | { readonly kind: 'metrics'; readonly request: number; readonly values: readonly object[] };
