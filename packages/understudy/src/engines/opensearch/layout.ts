// Where OpenSearch's Debian package puts things, and what its scripts do to its configuration at every installation.
// https://github.com/opensearch-project/opensearch-build/blob/main/scripts/pkg/build_templates/current/opensearch/deb/debian/postinst
import { debianLayout, type EngineLayout } from '../layout.ts';

export const layout: EngineLayout = {
  ...debianLayout('opensearch'),
  configFiles: { owner: 'opensearch:opensearch', mode: '0640' },
  // The options of 2 switch a security manager on, and lack the agent without which 3 ends with NoClassDefFoundError.
  editedByPackage: {
    path: '/etc/opensearch/jvm.options',
    appendedFrom: '## OpenSearch Performance Analyzer',
  },
};
