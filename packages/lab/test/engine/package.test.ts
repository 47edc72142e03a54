// The engine's package as text: jars, start script, unit, control data.
import { deepEqual, equal, match } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { conffiles, jvmOptions, nodeConfiguration } from '../../src/engine/configuration.ts';
import { conffilesList, controlFile, packageFileName } from '../../src/engine/debian.ts';
import { engineFacts } from '../../src/engine/engine-facts.ts';
import { broughtBy, pom } from '../../src/engine/maven.ts';
import { buildDebCommand, moduleDescriptor } from '../../src/engine/staging.ts';
import { startScript } from '../../src/engine/start-script.ts';
import { unitFile } from '../../src/engine/unit.ts';

const elasticsearch = engineFacts('elasticsearch', '9.5.3');
const older = engineFacts('elasticsearch', '8.19.21');
const opensearch = engineFacts('opensearch', '3.4.0');
const run = promisify(execFile);

test('the package is named as the vendor names it', () => {
  equal(packageFileName(elasticsearch), 'elasticsearch_9.5.3_amd64.deb');
  equal(packageFileName(opensearch), 'opensearch_3.4.0_amd64.deb');
});

test('the project asks for the engine at the given version, and names no repository', () => {
  const text = pom(engineFacts('elasticsearch', '9.1.2'));
  match(
    text,
    /<dependency><groupId>org\.elasticsearch<\/groupId><artifactId>elasticsearch<\/artifactId><version>9\.1\.2<\/version><\/dependency>/,
  );
  equal(text.includes('<repositor'), false);
});

test('the transport module describes itself to the engine', () => {
  equal(
    moduleDescriptor(elasticsearch),
    `description=Netty based transport
version=9.5.3
name=transport-netty4
classname=org.elasticsearch.transport.netty4.Netty4Plugin
java.version=21
elasticsearch.version=9.5.3
`,
  );
  match(moduleDescriptor(older), /^version=8\.19\.21$[^]*^java\.version=17$[^]*^elasticsearch\.version=8\.19\.21$/m);
});

test('the security modules describe themselves, and see each other as the vendor’s do', () => {
  const described = Object.fromEntries(
    elasticsearch.modules.map((module) => [module.name, moduleDescriptor(elasticsearch, module)]),
  );
  match(described['x-pack-core'] ?? '', /^classname=org\.elasticsearch\.xpack\.core\.XPackPlugin$/m);
  match(described['x-pack-security'] ?? '', /^extended\.plugins=x-pack-core$/m);
  match(described['understudy-analysis'] ?? '', /^classname=understudy\.analysis\.AnalysisPlugin$/m);
});

test('what is not published is not asked for, with the artifact that would bring it alone', () => {
  const lines = pom(elasticsearch).split('\n');
  const of = (artifactId: string): string =>
    lines.find((line) => line.includes('<dependency>') && line.includes(`<artifactId>${artifactId}</artifactId>`)) ??
    '';
  match(of('x-pack-core'), /<exclusion><groupId>\*<\/groupId><artifactId>x-pack-template-resources<\/artifactId>/);
  match(of('x-pack-security'), /<exclusion><groupId>org\.opensaml<\/groupId><artifactId>\*<\/artifactId>/);
  match(of('opensaml-core'), /<exclusion><groupId>\*<\/groupId><artifactId>\*<\/artifactId>/);
  equal(of('transport-netty4').includes('exclusion'), false);
});

test('a jar belongs to the dependency under which Maven’s tree has it', () => {
  const tree = `understudy.lab:elasticsearch:pom:9.5.3
+- org.elasticsearch:elasticsearch:jar:9.5.3:compile
|  +- org.elasticsearch:elasticsearch-lz4:jar:9.5.3:compile
|  |  \\- at.yawk.lz4:lz4-java:jar:1.11.1:compile
\\- org.elasticsearch.plugin:x-pack-security:jar:9.5.3:compile
   \\- com.nimbusds:content-type:jar:2.3:compile
`;
  deepEqual(Object.fromEntries(broughtBy(tree)), {
    'elasticsearch-9.5.3.jar': 'elasticsearch',
    'elasticsearch-lz4-9.5.3.jar': 'elasticsearch',
    'lz4-java-1.11.1.jar': 'elasticsearch',
    'x-pack-security-9.5.3.jar': 'x-pack-security',
    'content-type-2.3.jar': 'x-pack-security',
  });
});

test('the unit has the limits, time-outs and kind of the vendor’s', () => {
  equal(
    unitFile(elasticsearch),
    `[Unit]
Description=Elasticsearch
Documentation=https://www.elastic.co
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
RuntimeDirectory=elasticsearch
PrivateTmp=true
Environment=ES_HOME=/usr/share/elasticsearch
Environment=ES_PATH_CONF=/etc/elasticsearch
EnvironmentFile=-/etc/default/elasticsearch
WorkingDirectory=/usr/share/elasticsearch
User=elasticsearch
Group=elasticsearch
ExecStart=/usr/share/elasticsearch/bin/elasticsearch
StandardOutput=journal
StandardError=inherit
LimitNOFILE=65535
LimitNPROC=4096
LimitAS=infinity
LimitFSIZE=infinity
# The engine is never killed while it closes its shards: it alone knows how long that takes.
TimeoutStopSec=0
KillSignal=SIGTERM
KillMode=process
SendSIGKILL=no
SuccessExitStatus=143
TimeoutStartSec=900

[Install]
WantedBy=multi-user.target
`,
  );
});

test('configuration is where the vendor puts it, and dpkg keeps what was changed there', () => {
  equal(
    conffilesList(elasticsearch),
    `/etc/elasticsearch/elasticsearch.yml
/etc/elasticsearch/jvm.options
/etc/elasticsearch/log4j2.properties
/etc/default/elasticsearch
/etc/elasticsearch/role_mapping.yml
/etc/elasticsearch/roles.yml
/etc/elasticsearch/users
/etc/elasticsearch/users_roles
`,
  );
  equal(
    nodeConfiguration(elasticsearch),
    `# Elasticsearch configuration. Settings: https://www.elastic.co
path.data: /var/lib/elasticsearch
path.logs: /var/log/elasticsearch
`,
  );
  deepEqual(conffiles(opensearch).map((file) => file.path)[0], '/etc/opensearch/opensearch.yml');
  equal(/^-Xm/m.test(jvmOptions(elasticsearch)), false, 'the heap is set on the machine');
});

test('every dependency of the package is in the image of the machines', () => {
  match(
    controlFile(elasticsearch, 1234),
    /^Package: elasticsearch\nVersion: 9\.5\.3\nArchitecture: amd64\nMaintainer: .+\nInstalled-Size: 1234\nDepends: adduser, libzstd1, openssl, openjdk-21-jre-headless \| java21-runtime-headless\n/,
  );
  match(controlFile(older, 1), /^Depends: .*openjdk-21-jre-headless \| java17-runtime-headless$/m);
  const commands = elasticsearch.maintainerScripts.postinst.split('\n').filter((line) => !line.startsWith('echo '));
  equal(/systemctl (start|enable)/.test(commands.join('\n')), false, 'installing starts nothing');
});

test('the archive is built with root as owner, uncompressed', () => {
  deepEqual(buildDebCommand('/c/tree', '/c/x.deb'), [
    'dpkg-deb',
    '--root-owner-group',
    '-Znone',
    '--build',
    '/c/tree',
    '/c/x.deb',
  ]);
});

/** A home whose Java is a script that prints its arguments, and pretends to be the given version. */
async function homeWithJava(
  t: TestContext,
  version: string,
  engine = elasticsearch,
): Promise<{ home: string; env: Record<string, string> }> {
  const base = await mkdtemp(join(tmpdir(), 'understudy-start-'));
  t.after(() => rm(base, { recursive: true, force: true }));
  const home = join(base, 'home');
  for (const folder of ['bin', 'lib', 'config/jvm.options.d']) await mkdir(join(home, folder), { recursive: true });
  await mkdir(join(base, 'jre/bin'), { recursive: true });
  await writeFile(join(base, 'jre/release'), `IMPLEMENTOR="x"\nJAVA_VERSION="${version}"\n`);
  await writeFile(join(base, 'jre/bin/java'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
  await writeFile(join(home, 'bin/elasticsearch'), startScript(engine), { mode: 0o755 });
  for (const jar of ['b.jar', 'a.jar']) await writeFile(join(home, 'lib', jar), '');
  return { home, env: { PATH: process.env['PATH'] ?? '', ES_JAVA_HOME: join(base, 'jre') } };
}

test('JVM options come from jvm.options, then jvm.options.d in order, then the environment', async (t) => {
  const { home, env } = await homeWithJava(t, '21.0.8');
  await writeFile(join(home, 'config/jvm.options'), '# a comment\n\n-XX:+UseG1GC\n8-13:-Xold\n17-:-Xnew\n21:-Xonly\n');
  await writeFile(join(home, 'config/jvm.options.d/b.options'), '-Xmx2g\n');
  await writeFile(join(home, 'config/jvm.options.d/a.options'), '-Xms1g\n-Xmx1g');
  await writeFile(join(home, 'config/jvm.options.d/ignored.txt'), '-Xignored\n');
  const { stdout } = await run(join(home, 'bin/elasticsearch'), ['-Enode.name=one'], {
    env: { ...env, ES_JAVA_OPTS: '-Xlast' },
  });
  const said = stdout.trim().split('\n');
  deepEqual(said.slice(said.indexOf('-XX:+UseG1GC')), [
    '-XX:+UseG1GC',
    '-Xnew',
    '-Xonly',
    '-Xms1g',
    '-Xmx1g',
    '-Xmx2g',
    '-Xlast',
    `-Des.path.home=${home}`,
    `-Des.path.conf=${home}/config`,
    '-cp',
    `${home}/lib/a.jar:${home}/lib/b.jar`,
    'org.elasticsearch.bootstrap.ElasticsearchLauncher',
    '-Enode.name=one',
  ]);
});

test('without a heap the engine gets half of the memory', async (t) => {
  const { home, env } = await homeWithJava(t, '25');
  const { stdout } = await run(join(home, 'bin/elasticsearch'), [], { env });
  match(stdout, /^-XX:InitialRAMPercentage=50\n-XX:MaxRAMPercentage=50$/m);
});

/** What a failed command wrote on standard error. */
const said = (error: unknown): string => (error as { stderr: string }).stderr;

test('an old Java and an unreadable option are refused with the reason', async (t) => {
  const old = await homeWithJava(t, '17.0.15');
  const asked = run(join(old.home, 'bin/elasticsearch'), [], { env: old.env });
  match(await asked.then(() => '', said), /elasticsearch 9\.5\.3 needs Java 21 or later; .* is version '17'/);
  const fits = await homeWithJava(t, '17.0.15', older);
  match((await run(join(fits.home, 'bin/elasticsearch'), [], { env: fits.env })).stdout, /ElasticsearchLauncher$/m);
  const current = await homeWithJava(t, '21.0.8');
  await writeFile(join(current.home, 'config/jvm.options'), 'Xmx1g\n');
  const garbled = run(join(current.home, 'bin/elasticsearch'), [], { env: current.env });
  match(await garbled.then(() => '', said), /cannot read this line of the JVM options: Xmx1g/);
});
