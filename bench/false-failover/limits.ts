// When a profile detects a failure, by its settings alone: the measured limits are compared with it.
import type { FailoverSettings } from '../../packages/understudy/src/engines/index.ts';

export interface SettledLimits {
  /** How long a process may hang before it counts as failed: every check must time out, and the checks have pauses between them. */
  readonly hangS: number;
  /** How long a connection to a machine that does not answer is kept after something is sent on it. */
  readonly silentConnectionS: number;
}

/** The engine's defaults. https://www.elastic.co/docs/deploy-manage/distributed-architecture/discovery-cluster-formation/cluster-fault-detection */
const defaults = { intervalS: 1, timeoutS: 10, retries: 3 };
/** Linux: the first retransmission comes after 200 ms at the earliest, each doubles the wait up to a bound. net/ipv4/tcp_timer.c */
const firstRtoS = 0.2;
const defaultRtoMaxMs = 120_000;

export function settledLimits({ engine, kernel, tcpRetries2 }: FailoverSettings): SettledLimits {
  const check = (name: string): string | number | undefined => engine[`cluster.fault_detection.leader_check.${name}`];
  const intervalS = secondsOf(check('interval')) ?? defaults.intervalS;
  const timeoutS = secondsOf(check('timeout')) ?? defaults.timeoutS;
  const retries = Number(check('retry_count') ?? defaults.retries);
  return {
    hangS: retries * timeoutS + (retries - 1) * intervalS,
    silentConnectionS: connectionLifeS(tcpRetries2, Number(kernel['net.ipv4.tcp_rto_max_ms'] ?? defaultRtoMaxMs)),
  };
}

/** The sum of the waits before each retransmission and after the last, in a fast network; Linux looks only when it sends again. */
export function connectionLifeS(retries: number, rtoMaxMs: number = defaultRtoMaxMs): number {
  const waits = Array.from({ length: retries + 1 }, (_, at) => Math.min(firstRtoS * 2 ** at, rtoMaxMs / 1_000));
  return Math.round(waits.reduce((sum, wait) => sum + wait, 0) * 10) / 10;
}

/** Of `500ms` or `3s`. */
function secondsOf(text: string | number | undefined): number | undefined {
  const [, amount, unit] = /^(\d+)(ms|s)$/.exec(String(text)) ?? [];
  return amount === undefined ? undefined : Number(amount) / (unit === 'ms' ? 1_000 : 1);
}
