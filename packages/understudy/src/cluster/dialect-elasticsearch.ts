// Elasticsearch's own words. https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-cluster-state
import type { Dialect } from './dialect.ts';

export const elasticsearch: Dialect = { masterField: 'master_node', masterTimeout: 'master_timeout' };
