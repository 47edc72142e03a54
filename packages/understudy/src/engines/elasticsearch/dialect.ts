// Elasticsearch's own words. https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-cluster-state
import type { Dialect } from '../dialect.ts';

/** Since 9.2 the state is always the node's own, and each request with `local` is a line in the deprecation log. */
export function dialect(version: string): Dialect {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const alwaysLocal = major > 9 || (major === 9 && minor >= 2);
  return {
    masterField: 'master_node',
    masterTimeout: 'master_timeout',
    localState: alwaysLocal ? '' : '&local=true',
  };
}
