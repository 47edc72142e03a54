// OpenSearch as the lab packages it: artifacts, names, places. It runs from its own main class, with its security plugin.
import { fileURLToPath } from 'node:url';
import type { Engine, OwnJava } from '../engine.ts';
import { cliScript, keystoreJar, keystoreScript, keystoreSource } from '../tools.ts';
import { postinst, postrm, preinst, prerm } from './maintainer-scripts.ts';

/** The oldest line that the lab can package: from it a rolling upgrade to 3 starts. */
export const oldestOpenSearch = '2.19.0';

/** Of 2.19 the class loader of plugins was published with its first and last releases; it is the same in all. */
const classLoaderOf2 = '2.19.6';

/** Published for some releases of 3, and it works with the others of that line when its descriptor names them. */
const repositoryS3 = 'org.opensearch.plugin:repository-s3:3.5.0';

const java: OwnJava = {
  sources: [fileURLToPath(new URL('./java/SystemdModule.java', import.meta.url)), keystoreSource],
  jars: {
    'modules/systemd/systemd.jar': 'understudy.lab',
    ...keystoreJar('opensearch'),
  },
};

const names = { name: 'opensearch', environmentPrefix: 'OPENSEARCH', propertyPrefix: 'opensearch' } as const;

const tools = {
  'opensearch-cli': cliScript(names),
  'opensearch-keystore': keystoreScript('opensearch'),
};

const majorOf = (version: string): number => Number(version.split('.')[0]);

/** The facts of OpenSearch at one version; `LATEST` asks for the newest of each artifact. */
export function openSearch(version: string): Engine {
  const two = majorOf(version) === 2;
  const security = `org.opensearch.plugin:opensearch-security:${version === 'LATEST' ? version : `${version}.0`}`;
  const server = [`org.opensearch:opensearch:${version}`, `org.opensearch.plugin:transport-netty4-client:${version}`];
  const beside = two
    ? [`org.opensearch:opensearch-plugin-classloader:${classLoaderOf2}`]
    : [`org.opensearch:opensearch-plugin-classloader:${version}`, `org.opensearch:opensearch-agent:${version}`];
  return {
    ...names,
    version,
    title: 'OpenSearch',
    documentation: 'https://opensearch.org/',
    // Log4j first, so that the API it brings is of its own version; the server's own project leaves it out.
    artifacts: ['org.apache.logging.log4j:log4j-core:2.21.0', ...server, ...beside],
    versionedArtifacts: [...server, security],
    plugins: [
      // The plugin rule-framework, which brings this library to the security plugin of 3, is not published.
      {
        name: 'opensearch-security',
        zip: security,
        jars: two ? [] : ['org.apache.commons:commons-collections4:4.5.0'],
      },
      ...(two ? [] : [{ name: 'repository-s3', jars: [repositoryS3] }]),
    ],
    modules: [
      {
        name: 'systemd',
        description: 'Integrates OpenSearch with systemd',
        pluginClass: 'understudy.lab.SystemdModule',
        brings: [],
      },
    ],
    java,
    // A node that is started from its home alone serves tests and benches, which speak plain HTTP to it.
    homeSettings: 'plugins.security.disabled: true\n',
    maintainerScripts: { preinst, postinst, prerm, postrm },
    lacks: 'no performance analyzer, no further plugins',
    transport: {
      module: 'transport-netty4',
      pluginClass: `org.opensearch.transport.${two ? 'Netty4Plugin' : 'Netty4ModulePlugin'}`,
    },
    placed: {
      'modules/transport-netty4': ['netty-', 'transport-netty4-client-'],
      agent: [`opensearch-agent-${version}`, 'opensearch-agent-bootstrap-', 'byte-buddy-'],
    },
    classArchive: two,
    mainClass: 'org.opensearch.bootstrap.OpenSearch',
    tools,
    javaMajor: two ? 17 : 21,
    jvmFlags: [
      '-Dopensearch.networkaddress.cache.ttl=60',
      '-Dopensearch.networkaddress.cache.negative.ttl=10',
      '-Dopensearch.distribution.type=deb',
      '--enable-native-access=ALL-UNNAMED',
    ],
  };
}
