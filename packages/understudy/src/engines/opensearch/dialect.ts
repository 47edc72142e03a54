// OpenSearch's own words; it renamed the master in 2.0. https://docs.opensearch.org/latest/api-reference/cluster-api/
import type { Dialect } from '../dialect.ts';

export const dialect: Dialect = {
  masterField: 'cluster_manager_node',
  masterTimeout: 'cluster_manager_timeout',
  localState: '&local=true',
};
