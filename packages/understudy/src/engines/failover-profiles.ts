// How fast a dead or frozen search machine is noticed: three profiles, each value with where it comes from.
// The kernel closes connections to a host that vanished (a paused process still acknowledges TCP, so it is not mistaken
// for dead); the engine's checks notice a process that hangs. The two are different levers, and both have a price.

export interface FailoverSettings {
  /** Retransmissions before Linux gives a connection up; each doubles the wait. 15 is about 15 minutes, 5 about 13 s, 3 about 3 to 6 s. */
  readonly tcpRetries2: number;
  /** Other kernel values, by sysctl key. */
  readonly kernel: Readonly<Record<string, string>>;
  /** Engine settings, the same names in Elasticsearch and OpenSearch. */
  readonly engine: Readonly<Record<string, string | number>>;
}

/** Idle connections are probed after a minute, so that a peer that vanished in silence is noticed without traffic. */
const keepalive = {
  'net.ipv4.tcp_keepalive_time': '60',
  'net.ipv4.tcp_keepalive_intvl': '5',
  'net.ipv4.tcp_keepalive_probes': '3',
};

export const failoverProfileNames = ['stock', 'safe', 'fast'] as const;

export type FailoverProfile = (typeof failoverProfileNames)[number];

export const failoverProfiles: Readonly<Record<FailoverProfile, FailoverSettings>> = {
  /** The defaults of Linux and of the engine's vendor. */
  stock: { tcpRetries2: 15, kernel: {}, engine: {} },
  /**
   * Elastic's advice on TCP retransmission, and the engine's own fault detection untouched.
   * https://www.elastic.co/docs/deploy-manage/deploy/self-managed/system-config-tcpretries
   */
  safe: { tcpRetries2: 5, kernel: keepalive, engine: {} },
  /**
   * A host that lost its power: retries 3 close its connections; with that alone the longest write gap of a power cut fell from 96 s to
   * 4.2 s. The kernel looks at its clock only when it retransmits, after 0.2, 0.6, 1.4, 3 and 6.2 s in a fast network, and 3 is often
   * a little early: between two hosts a dead peer was seen to keep its connections for 6.8 s. Where the kernel can bound the waits to
   * a second (Linux 6.15) it was 3.7 s.
   * A process that hangs: two checks of 1 s, a quarter of a second apart, must fail in a row, so one that answers again within 2 s
   * is never given up, and one that does not is given up after 2.25 to 2.5 s (30 s by default). A new leader's
   * publications, usually two before it has missed the hung node itself, each wait `cluster.publish.timeout` for it (30 s by
   * default), and its ejection waits for them: 2 s made the longest gap 7.5 s. A publication must reach a majority within it.
   * Two machines that cannot reach each other, while the master reaches both: a primary asks again for a replica it has no connection
   * to for `indices.replication.retry_timeout` (60 s by default), and every write of the shard waits for it. After 3 s the replica is
   * given up and made anew; a connection that was only cut is opened again before that (after 10 s by default).
   */
  fast: {
    tcpRetries2: 3,
    // https://docs.kernel.org/networking/ip-sysctl.html
    kernel: { ...keepalive, 'net.ipv4.tcp_rto_max_ms': '1000' },
    engine: {
      'cluster.publish.timeout': '1200ms',
      'cluster.nodes.reconnect_interval': '1s',
      'indices.replication.retry_timeout': '3s',
      'cluster.fault_detection.follower_check.interval': '250ms',
      'cluster.fault_detection.follower_check.timeout': '1s',
      'cluster.fault_detection.follower_check.retry_count': 2,
      'cluster.fault_detection.leader_check.interval': '250ms',
      'cluster.fault_detection.leader_check.timeout': '1s',
      'cluster.fault_detection.leader_check.retry_count': 2,
    },
  },
};
