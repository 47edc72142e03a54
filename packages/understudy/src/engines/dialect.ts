// What the two engines call differently. Everything else of their HTTP interfaces that the tool uses is the same.
export interface Dialect {
  /** Metric of `_cluster/state` and the field of its answer that name the elected node. */
  readonly masterField: string;
  /** Query parameter that bounds the wait for an elected node. */
  readonly masterTimeout: string;
  /** Further query parameter that keeps `_cluster/state` from being passed on to the master; empty where a node always answers alone. */
  readonly localState: '' | '&local=true';
}
