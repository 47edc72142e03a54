// What the answer of a health path on its machine says about a backend that is down, in words.
import type { ObservedHealth } from '../../machines/index.ts';
import type { Topology } from '../../topology/index.ts';

export type BackendCause =
  | 'mode'
  | 'not-checked-yet'
  | 'not-of-the-topology'
  | 'machine-missing'
  | 'machine-off'
  | 'machine-unread'
  | 'unit-failed'
  | 'unit-restarts'
  | 'unit-not-active'
  | 'health-refused'
  | 'health-loopback'
  | 'health-timeout'
  | 'health-closed'
  | 'health-status'
  | 'health-body'
  | 'firewall'
  | 'passive-check'
  | 'unreached';

export interface Why {
  readonly cause: BackendCause;
  readonly why: string;
  readonly repair?: string;
}

const pathOf = ({ balancer: { check } }: Topology) => `its health path ${check.path}`;

/** Undefined when the balancer's check would pass. */
export function healthCause(topology: Topology, health: ObservedHealth, log: string): Why | undefined {
  const { check } = topology.balancer;
  const { port } = topology.service;
  const took = `(checked now, ${health.tookMs} ms)`;
  const withLog = (cause: BackendCause, why: string): Why => ({ cause, why, repair: log });
  switch (health.outcome) {
    case 'refused':
      return health.onLoopback
        ? withLog(
            'health-loopback',
            `it listens on 127.0.0.1:${port} alone, where the balancer cannot reach it; its start command has to listen on {host}`,
          )
        : withLog('health-refused', `nothing listens on port ${port} of the machine ${took}`);
    case 'timeout':
      return withLog('health-timeout', `${pathOf(topology)} does not answer on the machine within ${health.tookMs} ms`);
    case 'closed':
      return withLog(
        'health-closed',
        `the connection for ${check.path} is closed on the machine without an answer ${took}`,
      );
    case 'failed':
      return withLog('health-refused', `port ${port} cannot be reached on the machine itself: ${health.why}`);
    case 'connected':
      return undefined;
    case 'answered':
      return answerCause(topology, health, took, log);
  }
}

/** What Linode's checks pass: any status from 200 to 399, and for http_body a body that the expression matches. */
function answerCause(
  topology: Topology,
  { status = 0, body }: ObservedHealth,
  took: string,
  repair: string,
): Why | undefined {
  const { check } = topology.balancer;
  if (status < 200 || status > 399)
    return { cause: 'health-status', why: `${pathOf(topology)} answers ${status} on the machine ${took}`, repair };
  if (check.type !== 'http_body' || check.body === undefined || matches(check.body, body)) return undefined;
  const why = `${pathOf(topology)} answers ${status} on the machine ${took}, with a body that balancer.check.body does not match`;
  return { cause: 'health-body', why, repair };
}

/** An expression that JavaScript cannot read may be one that the balancer can: nothing is concluded then. */
function matches(expression: string, body: string): boolean {
  try {
    return new RegExp(expression).test(body);
  } catch {
    return true;
  }
}

/** What was seen of a health path that passes. */
export function passed(topology: Topology, { status, tookMs }: ObservedHealth): string {
  const { port } = topology.service;
  return status === undefined
    ? `port ${port} takes connections on the machine (checked now, ${tookMs} ms)`
    : `${pathOf(topology)} answers ${status} on the machine (checked now, ${tookMs} ms)`;
}
