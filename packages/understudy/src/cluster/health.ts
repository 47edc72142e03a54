// Cluster health, with every field the engine reports, and waiting for it.
import { z } from 'zod';
import { UnderstudyError, type Clock } from '@understudy/foundation';
import { expectBody } from './answer.ts';
import type { Dialect } from '../engines/index.ts';
import { pollUntil, type RunningCluster } from './running-cluster.ts';
import type { EngineAnswer, EngineTransport } from './transport.ts';

/** The engine's own fields. https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-cluster-health */
export const clusterHealthSchema = z.object({
  cluster_name: z.string(),
  status: z.enum(['green', 'yellow', 'red']),
  timed_out: z.boolean(),
  number_of_nodes: z.number().int(),
  number_of_data_nodes: z.number().int(),
  active_primary_shards: z.number().int(),
  active_shards: z.number().int(),
  relocating_shards: z.number().int(),
  initializing_shards: z.number().int(),
  unassigned_shards: z.number().int(),
  delayed_unassigned_shards: z.number().int(),
  number_of_pending_tasks: z.number().int(),
  number_of_in_flight_fetch: z.number().int(),
  task_max_waiting_in_queue_millis: z.number(),
  active_shards_percent_as_number: z.number(),
});
export type ClusterHealth = z.infer<typeof clusterHealthSchema>;

export async function clusterHealth(
  transport: EngineTransport,
  dialect: Dialect,
  options: { readonly node?: string; readonly index?: string } = {},
): Promise<ClusterHealth> {
  const { node, index } = options;
  const path = `/_cluster/health${index === undefined ? '' : `/${index}`}?${dialect.masterTimeout}=3s`;
  return readHealth(await transport.request('GET', path, undefined, node === undefined ? {} : { node }));
}

/** A wait that ran out is a 408 with the same body. */
function readHealth(answer: EngineAnswer): ClusterHealth {
  return expectBody(
    answer.status === 408 ? { ...answer, status: 200 } : answer,
    clusterHealthSchema,
    'report its health',
  );
}

export interface HealthWait {
  readonly status: 'green' | 'yellow';
  /** At least this many nodes. */
  readonly nodes: number;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** Asks once; the engine waits up to `waitS` seconds for what is wanted; `timed_out` says that it did not happen. */
export async function healthWithin(
  { transport, dialect }: Pick<RunningCluster, 'transport' | 'dialect'>,
  wanted: Pick<HealthWait, 'status' | 'nodes'> & { readonly moving?: boolean },
  waitS: number,
): Promise<ClusterHealth> {
  const still = wanted.moving ? '' : '&wait_for_no_relocating_shards=true';
  const query = `wait_for_status=${wanted.status}&wait_for_nodes=>=${wanted.nodes}${still}`;
  const path = `/_cluster/health?${query}&timeout=${waitS}s&${dialect.masterTimeout}=${waitS}s`;
  return readHealth(await transport.request('GET', path, undefined, { timeoutMs: waitS * 1000 + 5000 }));
}

export function healthSentence({
  status,
  number_of_nodes,
  unassigned_shards,
  relocating_shards,
}: ClusterHealth): string {
  const moving = relocating_shards === 0 ? '' : `, ${relocating_shards} moving to another node`;
  return `${status} with ${number_of_nodes} nodes and ${unassigned_shards} unassigned shards${moving}`;
}

/**
 * Waits until the cluster has the status and the nodes and no shard is moving. The engine waits too, so the answer comes at
 * once when it is true. Error: `cluster-not-healthy` with the last health seen, or with why none was.
 */
export async function waitForHealth(
  transport: EngineTransport,
  dialect: Dialect,
  clock: Clock,
  wait: HealthWait,
): Promise<ClusterHealth> {
  let health: ClusterHealth | undefined;
  const end = clock.monotonicMs() + wait.deadlineMs;
  const last = await pollUntil({ clock, ...wait }, async () => {
    const remainingS = Math.max(1, Math.min(5, Math.ceil((end - clock.monotonicMs()) / 1000)));
    health = await healthWithin({ transport, dialect }, wait, remainingS);
    return !health.timed_out || healthSentence(health);
  });
  if (last === undefined && health) return health;
  throw new UnderstudyError(
    'cluster-not-healthy',
    `The cluster did not become ${wait.status} with ${wait.nodes} nodes within ${wait.deadlineMs / 1000} s; last seen: ${last}`,
    { facts: { ...wait, signal: undefined } },
  );
}
