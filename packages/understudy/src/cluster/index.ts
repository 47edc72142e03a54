// Cluster: queries and operations on a running engine over HTTP, the same for Elasticsearch and OpenSearch.
export { accountChanges, shortName, storedAccounts, type StoredAccounts, writeAccounts } from './accounts.ts';
export { allocation, setAllocation } from './allocation.ts';
export { type Block, openIndex, removeIndexBlock } from './blocks.ts';
export { type ClusterConditions, conditions, type DiskCondition, type IndexCondition } from './conditions.ts';
export type { Watermarks } from './disk-watermarks.ts';
export { clusterHealth, type ClusterHealth, clusterHealthSchema, waitForHealth } from './health.ts';
export {
  addAliases,
  createIndex,
  indexAliases,
  indexTemplate,
  type IndexTemplate,
  type ObservedIndex,
  mappingMark,
  mappingMarkKey,
  observeIndex,
  putIndexSettings,
  putIndexTemplate,
  putMapping,
  templateMatches,
} from './indices.ts';
export { clearSettings, type Leftover, leftovers } from './leftovers.ts';
export { clearVotingExclusions, stepDownMaster, membership, type Membership } from './membership.ts';
export { nodeVersions } from './nodes.ts';
export { type WaitingRecovery, waitingRecoveries } from './recoveries.ts';
export { type NodeRemoval, removeNode } from './remove-node.ts';
export { type NodeRestart, releaseRestart, restartNode } from './restart.ts';
export { joinWithinMs, type RunningCluster } from './running-cluster.ts';
export { type ShardCopy, shards } from './shards.ts';
export { newestSnapshot, type Snapshot } from './snapshots.ts';
export { directTransport, engineTransport, type EngineTransport } from './transport.ts';
export { retryFailedAllocation, type UnassignedCopy } from './unassigned.ts';
export { type NodeUpgrade, upgradeNode, upgradeOrder } from './upgrade-node.ts';
