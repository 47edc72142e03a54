// Names and values in opensearch.yml that Elasticsearch has in other words.
import type { EngineSettingNames } from '../engine.ts';

/**
 * A search whose coordinator is gone keeps its copy of a shard open until this time is over. When the copy is to come back to the node
 * meanwhile, OpenSearch fails five times within half a minute and then tries no more (seen with 3.4.0 after a pause of a node). Its
 * default is 5 m. Elasticsearch ends such searches since 7.13, and waits longer since 8.7 (its pull requests 69657 and 95121).
 */
const endsSearches = { 'search.default_keep_alive': '30s', 'search.keep_alive_interval': '5s' };

export const settings: EngineSettingNames = {
  initialMasters: 'cluster.initial_cluster_manager_nodes',
  roles: ['cluster_manager', 'data', 'ingest'],
  failover: { safe: endsSearches, fast: endsSearches },
  securityOff: { 'plugins.security.disabled': true },
};
