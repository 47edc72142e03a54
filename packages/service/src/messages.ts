// The messages of the supervisor and its workers over the IPC channel.

export type ToWorker =
  /** Sent with a socket: take it over. */
  | { readonly kind: 'connection'; readonly connection: number }
  /** Fail the balancer's liveness check, go on serving. */
  | { readonly kind: 'drain' }
  /** Finish what is in flight, then end. */
  | { readonly kind: 'stop' }
  /** Metrics of all workers, the answer to `metrics-wanted`. */
  | { readonly kind: 'metrics'; readonly request: number; readonly text: string }
  | { readonly kind: 'metrics-wanted'; readonly request: number };

export type ToSupervisor =
  | { readonly kind: 'ready' }
  /** The connection is this worker's now; nothing was read from it before this message. */
  | { readonly kind: 'taken'; readonly connection: number }
  /** Sent every second: the event loop is not blocked. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'metrics-wanted'; readonly request: number }
  | { readonly kind: 'metrics'; readonly request: number; readonly values: readonly object[] };
