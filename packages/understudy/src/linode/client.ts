// The client: one method per operation that the product uses, noun first.
import { systemClock, silentLogger, type Clock, type Logger, type Secret } from '@understudy/foundation';
import { accountOperations, catalogueOperations, profileOperations } from './account.ts';
import { domainOperations } from './domains.ts';
import { instanceOperations } from './instances.ts';
import { firewallOperations, placementGroupOperations, vpcOperations } from './networks.ts';
import { nodeBalancerOperations } from './node-balancers.ts';
import { createTransport } from './transport.ts';
import { waiting } from './wait.ts';

export const linodeBaseUrl = 'https://api.linode.com/v4';

export interface LinodeClientOptions {
  /** Default: Linode's own. Plain http only to this machine. */
  readonly baseUrl?: string;
  readonly token: Secret;
  readonly fetch?: typeof globalThis.fetch;
  readonly clock?: Clock;
  /** Uniform in [0, 1). Default Math.random. */
  readonly random?: () => number;
  readonly logger?: Logger;
  /** Requests in flight at once. Default 6: well inside Linode's limits of 800 a minute. */
  readonly concurrency?: number;
  /** Bound on one call with all attempts and pauses. Default 120,000. */
  readonly deadlineMs?: number;
  /** Bound on one attempt. Default 30,000. */
  readonly attemptTimeoutMs?: number;
  /** Ends the client: every call under way and every later one rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** Requests sent so far, retries included. */
export interface CallCounts {
  readonly total: number;
  /** `instances.list` -> requests. */
  readonly byOperation: Readonly<Record<string, number>>;
}

/**
 * A typed client of Linode's API v4. Every method takes `{ signal, deadlineMs }` last and rejects with a LinodeError:
 * see its codes. A POST that got no answer rejects with `linode-ambiguous` and is not repeated.
 */
export function createLinodeClient(options: LinodeClientOptions) {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const counts = new Map<string, number>();
  const transport = createTransport({
    baseUrl: options.baseUrl ?? linodeBaseUrl,
    token: options.token,
    fetch: options.fetch ?? globalThis.fetch,
    clock,
    random,
    logger: options.logger ?? silentLogger,
    concurrency: options.concurrency ?? 6,
    deadlineMs: options.deadlineMs ?? 120_000,
    attemptTimeoutMs: options.attemptTimeoutMs ?? 30_000,
    signal: options.signal,
    onAttempt: (name) => counts.set(name, (counts.get(name) ?? 0) + 1),
  });
  const instances = instanceOperations(transport);
  const account = accountOperations(transport);
  return {
    ...catalogueOperations(transport),
    instances,
    vpcs: vpcOperations(transport),
    firewalls: firewallOperations(transport),
    placementGroups: placementGroupOperations(transport),
    nodeBalancers: nodeBalancerOperations(transport),
    domains: domainOperations(transport),
    account,
    profile: profileOperations(transport),
    ...waiting({ instances, account, clock, random }),
    /** What was sent so far, for reports of cost. */
    calls: (): CallCounts => ({
      total: [...counts.values()].reduce((sum, count) => sum + count, 0),
      byOperation: Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b))),
    }),
  };
}

export type LinodeClient = ReturnType<typeof createLinodeClient>;
