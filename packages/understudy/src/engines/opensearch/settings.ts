// Names and values in opensearch.yml that Elasticsearch has in other words.
import type { EngineSettingNames } from '../engine.ts';

export const settings: EngineSettingNames = {
  initialMasters: 'cluster.initial_cluster_manager_nodes',
  roles: ['cluster_manager', 'data', 'ingest'],
  securityOff: { 'plugins.security.disabled': true },
};
