// Elasticsearch as the lab packages it: artifacts, places of the jars, modules, flags.
import { fileURLToPath } from 'node:url';
import type { Engine, OwnJava } from '../engine.ts';
import { securityFiles } from './configuration.ts';
import { keystoreJar, keystoreSource } from '../tools.ts';
import { maintainerScripts } from './maintainer-scripts.ts';
import { names, toolJar, toolPackage, tools } from './tools.ts';
import { standIns, xPackExclusions, xPackLeftOut, xPackModules } from './x-pack.ts';

const sourceNames = ['ElasticsearchLauncher', 'AnalysisPlugin', 'AutoConfigureSecurity', 'VendorTool'];

const java: OwnJava = {
  sources: [
    ...sourceNames.map((name) => fileURLToPath(new URL(`./java/${name}.java`, import.meta.url))),
    keystoreSource,
  ],
  jars: {
    'lib/understudy-launcher.jar': 'org.elasticsearch.bootstrap',
    'modules/understudy-analysis/understudy-analysis.jar': 'understudy.analysis',
    [toolJar]: toolPackage,
    ...keystoreJar('elasticsearch'),
  },
};

const majorOf = (version: string): number => Number(version.split('.')[0]);

export function elasticsearch(version: string): Engine {
  const module = (name: string): string => `org.elasticsearch.plugin:${name}:${version}`;
  const xPack = [module('x-pack-core'), module('x-pack-security')];
  const versioned = [`org.elasticsearch:elasticsearch:${version}`, module('transport-netty4'), ...xPack];
  const transportJars = ['netty-', 'transport-netty4-'];
  return {
    ...names,
    version,
    title: 'Elasticsearch',
    documentation: 'https://www.elastic.co',
    artifacts: [...versioned, ...standIns],
    versionedArtifacts: versioned,
    exclusions: xPackExclusions(xPack),
    leftOut: xPackLeftOut,
    transport: { module: 'transport-netty4', pluginClass: 'org.elasticsearch.transport.netty4.Netty4Plugin' },
    placed: { 'modules/transport-netty4': transportJars },
    modules: xPackModules(transportJars),
    tools,
    // A node that is started from its home alone serves tests and benches, which speak plain HTTP to it.
    homeSettings: 'xpack.security.enabled: false\n',
    maintainerScripts,
    conffiles: securityFiles,
    depends: ['openssl'],
    lacks: 'no snapshots to object stores, no machine learning',
    classArchive: true,
    mainClass: 'org.elasticsearch.bootstrap.ElasticsearchLauncher',
    java,
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
