// Whether the cluster is settled before and after an operation: every member present, every copy assigned.
import { look, shown, UnderstudyError } from '@understudy/foundation';
import { allocationSentence, cannotCome, explainAllocation, waitsForNewerNode } from './allocation-explanation.ts';
import { healthSentence, healthWithin, type ClusterHealth } from './health.ts';
import { engineNodes } from './nodes.ts';
import { pollUntil, greenWithinMs, type RunningCluster } from './running-cluster.ts';
import { isUnderway, shards, type ShardCopy } from './shards.ts';

interface Wait {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of a wait that takes long. */
  readonly onProgress?: ((text: string) => void) | undefined;
}

export interface MembersWait extends Wait {
  /** Names of exactly those nodes that must answer. */
  readonly members: readonly string[];
  /** A name that may be there or not. */
  readonly perhaps?: string;
  /** Copies may be on their way from one node to another. */
  readonly moving?: boolean;
}

/**
 * Waits until exactly these nodes answer and the cluster is green; says which they are. Error: `cluster-not-healthy` with who is
 * missing, who should not be there, and the health.
 */
export async function awaitMembers(cluster: RunningCluster, wait: MembersWait): Promise<readonly string[]> {
  const { members, perhaps, moving = false, deadlineMs = greenWithinMs, signal, onProgress } = wait;
  let present: readonly string[] = [];
  const last = await pollUntil({ clock: cluster.clock, deadlineMs, signal, onProgress }, async () => {
    const health = await healthWithin(cluster, { status: 'green', nodes: members.length, moving }, 2);
    present = (await engineNodes(cluster.transport)).map(({ name }) => name);
    const missing = members.filter((name) => !present.includes(name));
    const unexpected = present.filter((name) => !members.includes(name) && name !== perhaps);
    if (!health.timed_out && missing.length === 0 && unexpected.length === 0) return true;
    const silent = missing.length === 0 ? [] : [`no answer from ${missing.join(', ')}`];
    const notExpected = unexpected.length === 0 ? [] : [`not expected: ${unexpected.join(', ')}`];
    return [await stateSentence(cluster, health), ...silent, ...notExpected].join('; ');
  });
  if (last === undefined) return present;
  throw new UnderstudyError(
    'cluster-not-healthy',
    `The cluster was not green with exactly the nodes ${members.join(', ')} within ${deadlineMs / 1000} s; last seen: ${last}. ` +
      'Repair that first, then try again.',
    { facts: { members, present, last } },
  );
}

export interface SettledWait extends Wait {
  /** At least this many nodes. */
  readonly nodes: number;
}

/** An unassigned copy that will not be assigned by waiting. */
export interface AbsentCopy extends ShardCopy {
  /** It comes with the next node that is upgraded. */
  readonly forNewerNode: boolean;
  /** Why no node takes it. */
  readonly sentence: string;
}

/**
 * Waits until the cluster is green, or has no unassigned copies but those that will stay unassigned: replicas that wait for a node of a
 * newer version, and copies that every node refuses for good, as of an index that asks for more of them than there are nodes. Says
 * which these are. Error: `cluster-not-healthy`.
 * https://www.elastic.co/docs/deploy-manage/upgrade/deployment-or-cluster/elasticsearch ('you can proceed once there are no
 * initializing or relocating shards')
 */
export async function awaitSettled(cluster: RunningCluster, wait: SettledWait): Promise<readonly AbsentCopy[]> {
  const { nodes, deadlineMs = greenWithinMs, signal, onProgress } = wait;
  let waiting: readonly AbsentCopy[] = [];
  const last = await pollUntil({ clock: cluster.clock, deadlineMs, signal, onProgress }, async () => {
    waiting = [];
    const health = await healthWithin(cluster, { status: 'green', nodes }, 2);
    if (!health.timed_out) return true;
    const { initializing_shards: initializing, relocating_shards: relocating } = health;
    if (initializing > 0 || relocating > 0 || health.number_of_nodes < nodes) return stateSentence(cluster, health);
    const copies = (await shards(cluster.transport)).filter(({ state }) => state === 'UNASSIGNED');
    const absent: AbsentCopy[] = [];
    for (const copy of copies) {
      const found = await absence(cluster, copy);
      if (typeof found === 'string') return found;
      absent.push(found);
    }
    waiting = absent;
    return waiting.length > 0 || healthSentence(health);
  });
  if (last === undefined) return waiting;
  throw new UnderstudyError(
    'cluster-not-healthy',
    `The cluster did not become green with ${nodes} nodes within ${deadlineMs / 1000} s; last seen: ${last}. ` +
      'Repair that first, then try again.',
    { facts: { nodes, last } },
  );
}

const maxNamed = 3;

/** The health, and which copies are on their way to which node. */
async function stateSentence({ transport }: RunningCluster, health: ClusterHealth): Promise<string> {
  if (health.initializing_shards + health.relocating_shards === 0) return healthSentence(health);
  const underway = (shown(await look(shards(transport))) ?? []).filter(isUnderway);
  if (underway.length === 0) return healthSentence(health);
  const names = underway
    .slice(0, maxNamed)
    .map(({ index, shard, node, movesTo }) => `${index}[${shard}] to ${movesTo ?? node ?? 'a node'}`);
  const more = underway.length > maxNamed ? [`${underway.length - maxNamed} more`] : [];
  return `${healthSentence(health)}; on the way: ${[...names, ...more].join(', ')}`;
}

/** A sentence when the copy may yet come. */
async function absence({ transport }: RunningCluster, copy: ShardCopy): Promise<AbsentCopy | string> {
  const { index, shard, primary } = copy;
  const explained = await explainAllocation(transport, { index, shard, primary });
  if (!explained) return `${index}[${shard}] has just changed`;
  const sentence = allocationSentence(explained);
  const forNewerNode = waitsForNewerNode(explained);
  return forNewerNode || cannotCome(explained) ? { ...copy, forNewerNode, sentence } : sentence;
}

/** What is said of copies that are not waited for; undefined when there are none. */
export function absenceSentence(copies: readonly AbsentCopy[]): string | undefined {
  const newer = copies.filter(({ forNewerNode }) => forNewerNode).length;
  const never = copies.filter(({ forNewerNode }) => !forNewerNode).map(({ sentence }) => sentence);
  const parts = [
    ...(newer === 0 ? [] : [`${newer} replicas wait for a node of the new version`]),
    ...(never.length === 0 ? [] : [`not waited for, because it cannot end: ${never.join('; ')}`]),
  ];
  return parts.length === 0 ? undefined : parts.join('; ');
}
