// Names and values in elasticsearch.yml that OpenSearch has in other words.
import type { EngineSettingNames } from '../engine.ts';

export const settings: EngineSettingNames = {
  initialMasters: 'cluster.initial_master_nodes',
  roles: ['master', 'data', 'ingest'],
  failover: {},
  // Each one is said: the vendor's package leaves passwords of TLS in the keystore, and the engine refuses to start when TLS has any
  // setting and no word about whether it is on, also while security is off.
  securityOff: {
    'xpack.security.enabled': false,
    'xpack.security.enrollment.enabled': false,
    'xpack.security.http.ssl.enabled': false,
    'xpack.security.transport.ssl.enabled': false,
  },
};
