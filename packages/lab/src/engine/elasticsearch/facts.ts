// Elasticsearch as the lab packages it: artifacts, places of the jars, flags.
import { fileURLToPath } from 'node:url';
import type { Engine } from '../engine.ts';

const launcher = fileURLToPath(new URL('./launcher/ElasticsearchLauncher.java', import.meta.url));

const majorOf = (version: string): number => Number(version.split('.')[0]);

export function elasticsearch(version: string): Engine {
  const versioned = [
    `org.elasticsearch:elasticsearch:${version}`,
    `org.elasticsearch.plugin:transport-netty4:${version}`,
  ];
  return {
    name: 'elasticsearch',
    version,
    title: 'Elasticsearch',
    documentation: 'https://www.elastic.co',
    artifacts: versioned,
    versionedArtifacts: versioned,
    transport: { module: 'transport-netty4', pluginClass: 'org.elasticsearch.transport.netty4.Netty4Plugin' },
    placed: { 'modules/transport-netty4': ['netty-', 'transport-netty4-'] },
    classArchive: true,
    mainClass: 'org.elasticsearch.bootstrap.ElasticsearchLauncher',
    propertyPrefix: 'es',
    environmentPrefix: 'ES',
    launcher,
    javaMajor: majorOf(version) < 9 ? 17 : 21,
    jvmFlags: [
      '-Des.networkaddress.cache.ttl=60',
      '-Des.networkaddress.cache.negative.ttl=10',
      '-Des.distribution.type=deb',
      // libvec, Elastic's SIMD code, is not published; without this flag its absence disables all native access.
      '-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false',
      '--add-modules=jdk.incubator.vector',
      '--enable-native-access=ALL-UNNAMED',
    ],
  };
}
