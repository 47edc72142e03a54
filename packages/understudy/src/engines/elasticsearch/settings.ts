// Names and values in elasticsearch.yml that OpenSearch has in other words.
import type { EngineSettingNames } from '../engine.ts';

export const settings: EngineSettingNames = {
  initialMasters: 'cluster.initial_master_nodes',
  roles: ['master', 'data', 'ingest'],
  securityOff: { 'xpack.security.enabled': false },
};
