// One node of a running cluster upgraded: a restart during which a newer engine is installed.
// https://www.elastic.co/docs/deploy-manage/upgrade/deployment-or-cluster/elasticsearch
// https://docs.opensearch.org/latest/migrate-or-upgrade/rolling-upgrade/
import { UnderstudyError } from '@understudy/foundation';
import { engineNodes, nodeVersions } from './nodes.ts';
import { readyToStop, restartAround } from './restart.ts';
import { pollUntil, greenWithinMs, joinWithinMs, type RunningCluster } from './running-cluster.ts';
import type { AbsentCopy } from './settled.ts';

export interface NodeUpgrade {
  readonly node: string;
  /** Names of all members, this one included. */
  readonly nodes: readonly string[];
  /** What the node runs afterwards. */
  readonly version: string;
  /** Ends the node's process; resolves when it has ended, at once when it does not run. */
  readonly stop: () => Promise<void>;
  /** Puts the new engine in the old one's place; the node is stopped. Idempotent. */
  readonly install: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** The index of this system, as `restartNode` takes it. */
  readonly index?: string | readonly string[];
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Upgrades a node without losing a copy, and again when it was interrupted: a node that is not there is given the new engine and
 * started. While nodes of two versions are members, no replica goes from a newer node to an older one, so the cluster may be yellow
 * for those before and after; the last node leaves none behind. Upgrade in the order of `upgradeOrder`.
 * Errors: `cluster-not-healthy`, `cluster-only-copy`, `cluster-version-not-seen`; what the caller's functions throw, and the node is
 * started even then.
 */
export async function upgradeNode(cluster: RunningCluster, upgrade: NodeUpgrade): Promise<void> {
  const { node, nodes, version, index, signal, onProgress = () => undefined } = upgrade;
  const { stop, start } = upgrade;
  const given = { ...(index !== undefined && { index }), ...(signal && { signal }) };
  const restart = { node, nodes: nodes.length, stop, start, onProgress, ...given };
  let absent: readonly AbsentCopy[] = [];
  if (await othersAndPerhaps(cluster, upgrade)) {
    absent = await readyToStop(cluster, restart);
  } else {
    onProgress(`${node} is not a member: it is upgraded without waiting for its copies`);
  }
  const install = async (): Promise<void> => {
    onProgress(`installing ${version}`);
    await upgrade.install();
  };
  await restartAround(cluster, restart, absent, install, () => awaitVersion(cluster, upgrade));
}

/** Waits until all other members answer; says whether the node itself does. */
async function othersAndPerhaps(
  cluster: RunningCluster,
  { node, nodes, signal, onProgress }: NodeUpgrade,
): Promise<boolean> {
  let present: string[] = [];
  const last = await pollUntil({ clock: cluster.clock, deadlineMs: greenWithinMs, signal, onProgress }, async () => {
    present = (await engineNodes(cluster.transport)).map(({ name }) => name);
    const missing = nodes.filter((name) => name !== node && !present.includes(name));
    return missing.length === 0 || `no answer from ${missing.join(', ')}`;
  });
  if (last === undefined) return present.includes(node);
  throw new UnderstudyError(
    'cluster-not-healthy',
    `${node} cannot be upgraded while other nodes are missing; last seen: ${last}. Restore them first, then try again.`,
    { facts: { node, nodes, last } },
  );
}

async function awaitVersion(
  { transport, clock }: RunningCluster,
  { node, version, signal, onProgress }: NodeUpgrade,
): Promise<void> {
  const last = await pollUntil({ clock, deadlineMs: joinWithinMs, signal, everyMs: 1000, onProgress }, async () => {
    const running = (await nodeVersions(transport))[node];
    return running === version || (running === undefined ? `${node} is not a member` : `${node} runs ${running}`);
  });
  if (last === undefined) return;
  throw new UnderstudyError(
    'cluster-version-not-seen',
    `${node} should run ${version} after its upgrade; ${joinWithinMs / 1000} s after its start: ${last}. ` +
      "Check the node's log and its installed version, then try again.",
    { facts: { node, version, last } },
  );
}

/**
 * In which order nodes that do not run this version are upgraded: the elected node last, since an older node cannot always join
 * under a newer master.
 */
export function upgradeOrder(
  versions: Readonly<Record<string, string>>,
  version: string,
  master: string | undefined,
): string[] {
  const old = Object.keys(versions).filter((name) => versions[name] !== version);
  return [...old.filter((name) => name !== master).sort(), ...old.filter((name) => name === master)];
}
