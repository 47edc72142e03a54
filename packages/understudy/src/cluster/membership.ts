// Who belongs to the cluster: nodes, the elected one, and the configuration that votes.
import { z } from 'zod';
import { UnderstudyError, type Clock } from '@understudy/foundation';
import { expectBody, refused } from './answer.ts';
import type { Dialect } from '../engines/index.ts';
import { pollUntil, type RunningCluster } from './running-cluster.ts';
import type { EngineAnswer, EngineTransport } from './transport.ts';

interface ClusterNode {
  readonly id: string;
  readonly name: string;
  /** `ip:port` between nodes. */
  readonly transportAddress: string;
}

export interface Membership {
  /** `_na_` until the cluster has formed for the first time. */
  readonly clusterUuid: string;
  /** Name of the elected node; undefined while there is none. */
  readonly master: string | undefined;
  readonly nodes: readonly ClusterNode[];
  /** Names of nodes that vote, for those that are present; ids of absent ones. */
  readonly voting: readonly string[];
  /** Names of nodes excluded from voting; a leftover keeps a node from being elected. */
  readonly votingExclusions: readonly string[];
}

const coordination = z.object({
  last_committed_config: z.array(z.string()).default([]),
  voting_config_exclusions: z.array(z.object({ node_name: z.string() })).default([]),
});

const stateSchema = z.looseObject({
  cluster_uuid: z.string(),
  nodes: z.record(z.string(), z.object({ name: z.string(), transport_address: z.string() })),
  metadata: z.object({ cluster_coordination: coordination.optional() }).optional(),
});

export async function membership(
  transport: EngineTransport,
  dialect: Dialect,
  options: { readonly node?: string } = {},
): Promise<Membership> {
  const fields = ['cluster_uuid', dialect.masterField, 'nodes.*.name', 'nodes.*.transport_address'];
  const path =
    `/_cluster/state/${dialect.masterField},nodes,metadata?${dialect.masterTimeout}=3s` +
    `&filter_path=${[...fields, 'metadata.cluster_coordination'].join(',')}`;
  const answer = await transport.request('GET', path, undefined, options);
  const state = expectBody(answer, stateSchema, 'list its members');
  const nodes = Object.entries(state.nodes).map(([id, node]) => ({
    id,
    name: node.name,
    transportAddress: node.transport_address,
  }));
  const names = new Map<unknown, string>(nodes.map(({ id, name }) => [id, name]));
  const coordinated = state.metadata?.cluster_coordination;
  return {
    clusterUuid: state.cluster_uuid,
    master: names.get(state[dialect.masterField]),
    nodes: nodes.sort((a, b) => a.name.localeCompare(b.name)),
    voting: (coordinated?.last_committed_config ?? []).map((id) => names.get(id) ?? id).sort(),
    votingExclusions: (coordinated?.voting_config_exclusions ?? []).map((exclusion) => exclusion.node_name).sort(),
  };
}

const stepDownWithinMs = 10_000;

/**
 * Makes another node the master if `node` is it, as a switchover: a master without a vote steps down in favour of a voting node,
 * in a fraction of the time that detection and an election take. `node` stays without a vote, so call
 * `clearVotingExclusions` when it is back. False when `node` is not the master, or is still after ten seconds; then all vote again.
 * https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-cluster-post-voting-config-exclusions
 */
export async function stepDownMaster(
  transport: EngineTransport,
  dialect: Dialect,
  clock: Clock,
  node: string,
): Promise<boolean> {
  if ((await membership(transport, dialect)).master !== node) return false;
  const { status } = await excludeFromVoting(transport, [node], stepDownWithinMs);
  const end = clock.monotonicMs() + stepDownWithinMs;
  while (status < 300 && clock.monotonicMs() < end) {
    const { master } = await membership(transport, dialect);
    if (master !== undefined && master !== node) return true;
    await clock.sleep(100);
  }
  await clearVotingExclusions(transport);
  return false;
}

const withdrawMs = 60_000;

/**
 * Removes the vote of a node that leaves for good (a master steps down), and waits until the committed configuration
 * does not contain it: only then can it leave without a missing vote. Idempotent. Errors: `cluster-refused`, `cluster-vote-not-withdrawn`.
 */
export async function withdrawVote(cluster: RunningCluster, node: string, signal?: AbortSignal): Promise<void> {
  const { transport, dialect, clock } = cluster;
  const answer = await excludeFromVoting(transport, [node], stepDownWithinMs);
  // What the engine does not finish in time it still works on; what it will not do it refuses.
  if (answer.status >= 400 && answer.status < 500) throw refused(answer, `exclude ${node} from voting`);
  const last = await pollUntil({ clock, deadlineMs: withdrawMs, signal, everyMs: 200 }, async () => {
    const { master, voting } = await membership(transport, dialect);
    if (master === undefined) return 'no node is elected';
    if (master === node) return `${node} is still the elected node`;
    return !voting.includes(node) || `${node} still votes, with ${voting.filter((name) => name !== node).join(', ')}`;
  });
  if (last === undefined) return;
  throw new UnderstudyError(
    'cluster-vote-not-withdrawn',
    `${node} must be neither the master nor a voter before it is removed; ${withdrawMs / 1000} s after it was excluded from voting: ${last}. ` +
      'It stays excluded from voting; check the health of the others, then try again.',
    { facts: { node, last } },
  );
}

function excludeFromVoting(
  transport: EngineTransport,
  nodes: readonly string[],
  timeoutMs: number,
): Promise<EngineAnswer> {
  const path = `/_cluster/voting_config_exclusions?node_names=${nodes.map(encodeURIComponent).join(',')}&timeout=${timeoutMs}ms`;
  return transport.request('POST', path, undefined, { timeoutMs: 2 * timeoutMs });
}

/** Idempotent. */
export async function clearVotingExclusions(transport: EngineTransport): Promise<void> {
  const answer = await transport.request('DELETE', '/_cluster/voting_config_exclusions?wait_for_removal=false');
  if (answer.status >= 300) throw refused(answer, 'clear the voting exclusions');
}

/**
 * A node that is gone is no longer excluded, so that a new one of its name may vote. The engine only clears all exclusions at once:
 * those of other nodes are made again. Idempotent.
 */
export async function clearVotingExclusion({ transport, dialect }: RunningCluster, node: string): Promise<void> {
  const { votingExclusions } = await membership(transport, dialect);
  if (!votingExclusions.includes(node)) return;
  await clearVotingExclusions(transport);
  const others = votingExclusions.filter((name) => name !== node);
  if (others.length === 0) return;
  const answer = await excludeFromVoting(transport, others, stepDownWithinMs);
  if (answer.status >= 300) throw refused(answer, `keep ${others.join(', ')} excluded from voting`);
}
