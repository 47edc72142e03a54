// Cluster: operations on a search engine over HTTP, the same for Elasticsearch and OpenSearch. It imports no other room.
export { allocation, setAllocation } from './allocation.ts';
export { openIndex, removeIndexBlock, type Block } from './blocks.ts';
export { conditions, type ClusterConditions, type DiskCondition, type IndexCondition } from './conditions.ts';
export type { Watermarks } from './disk-watermarks.ts';
export { dialectOf, type Dialect } from './dialect.ts';
export { clusterHealth, clusterHealthSchema, waitForHealth, type ClusterHealth } from './health.ts';
export {
  createIndex,
  indexTemplate,
  observeIndex,
  putIndexSettings,
  putIndexTemplate,
  templateMatches,
  type IndexTemplate,
  type ObservedIndex,
} from './indices.ts';
export { clearSettings, leftovers, type Leftover } from './leftovers.ts';
export { clearVotingExclusions, handOverMaster, membership, type Membership } from './membership.ts';
export { nodeVersions } from './nodes.ts';
export { removeNode, type NodeRemoval } from './remove-node.ts';
export { releaseRestart, restartNode, type NodeRestart } from './restart.ts';
export { joinWithinMs, type RunningCluster } from './running-cluster.ts';
export { shards, type ShardCopy } from './shards.ts';
export { newestSnapshot, type Snapshot } from './snapshots.ts';
export { directTransport, engineTransport, type EngineTransport } from './transport.ts';
export { retryFailedAllocation, type UnassignedCopy } from './unassigned.ts';
export { upgradeNode, upgradeOrder, type NodeUpgrade } from './upgrade-node.ts';
export { upgradeProblem, type UpgradeProblem } from './upgrade-path.ts';
