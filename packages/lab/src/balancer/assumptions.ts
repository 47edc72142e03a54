// What Linode does not document about NodeBalancers and the lab therefore assumes. Every number here is an assumption of
// the lab, not a fact about Linode; no drill's goal may rest on one.

export const assumptions = {
  /** Time to open a connection to a node; a check's own time-out, when shorter, bounds it too. */
  connectTimeoutMs: 5_000,
  /** A client or a node that says nothing for this long loses its connection. */
  idleTimeoutMs: 60_000,
  /** Time a client may take to send its request's head. */
  requestTimeoutMs: 10_000,
  /** Further connection attempts after the first fails; the last one goes to another node. */
  connectRetries: 2,
  /** Passed checks in a row before a node that was down is used again. */
  risesAfter: 2,
  /** Failed requests in a row before a passive check marks a node down: Linode's text says 'any'. */
  passiveErrorLimit: 1,
  /** Life of a stickiness table's entry that is not used. */
  stickinessExpiry: '30m',
  /** How long connections of an earlier configuration may go on after a change. */
  drainAfterChangeS: 300,
} as const;

/** Documented: a NodeBalancer takes 10,000 connections at once. */
export const connectionLimit = 10_000;

/** Documented name of the http_cookie stickiness cookie. */
export const stickinessCookie = 'NB_SRVID';
