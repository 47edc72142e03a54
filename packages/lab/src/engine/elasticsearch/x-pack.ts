// The vendor's security modules, x-pack-core and x-pack-security, from Maven Central under the Elastic License 2.0: what they bring, what
// is not published and has to be left out, and what stands in for it.
import type { EngineModule } from '../engine.ts';

const openSaml = [
  'core',
  'messaging-api',
  'messaging-impl',
  'profile-api',
  'profile-impl',
  'saml-api',
  'saml-impl',
  'security-api',
  'security-impl',
  'soap-api',
  'soap-impl',
  'storage-api',
  'xmlsec-api',
  'xmlsec-impl',
].map((name) => `org.opensaml:opensaml-${name}:4.0.1`);

/** The server asks for the classes of its SAML actions even when SAML is not used, and the version that it names is not published. */
export const samlStandIns: readonly string[] = [...openSaml, 'net.shibboleth.utilities:java-support:8.0.0'];

/** Not on Maven Central: the vendor's own templates and API, and the SAML library at the version that the vendor uses. */
export function xPackExclusions(xPack: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const unpublished = ['*:x-pack-template-resources', '*:es-opensaml-security-api'];
  const of = (artifacts: readonly string[], excluded: readonly string[]): [string, readonly string[]][] =>
    artifacts.map((artifact) => [artifact, excluded]);
  return Object.fromEntries([
    ...of(xPack, [...unpublished, 'org.opensaml:*', 'net.shibboleth.utilities:*']),
    ...of(samlStandIns, ['*:*']),
  ]);
}

/** Annotations, and classes that another jar has too: the server refuses to start when it finds one twice. */
export const xPackLeftOut: readonly string[] = [
  'error_prone_annotations-',
  'j2objc-annotations-',
  'jakarta.activation-api-',
  'jcip-annotations-1.0-1',
  'jsr305-',
  'listenablefuture-',
];

/** Security needs classes of the transport, which are in the core module too in the vendor's package. */
export function xPackModules(transportJars: readonly string[]): readonly EngineModule[] {
  return [
    {
      name: 'x-pack-core',
      description: 'Elasticsearch Expanded Pack Plugin - Core',
      pluginClass: 'org.elasticsearch.xpack.core.XPackPlugin',
      brings: ['x-pack-core'],
      copies: transportJars,
    },
    {
      name: 'x-pack-security',
      description: 'Elasticsearch Expanded Pack Plugin - Security',
      pluginClass: 'org.elasticsearch.xpack.security.Security',
      extends: ['x-pack-core'],
      brings: ['x-pack-security', ...samlStandIns.map((artifact) => artifact.split(':')[1] ?? '')],
    },
    {
      name: 'understudy-analysis',
      description: 'The analysis of the .security index, from Lucene',
      pluginClass: 'understudy.analysis.AnalysisPlugin',
      brings: [],
    },
  ];
}
