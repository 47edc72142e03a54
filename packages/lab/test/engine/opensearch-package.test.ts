// OpenSearch's package as text: where its parts come from, its unit, its options, its scripts.
import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { conffiles, jvmOptions } from '../../src/engine/configuration.ts';
import { sysctlFile } from '../../src/engine/debian.ts';
import { engineFacts } from '../../src/engine/engine-facts.ts';
import { pluginPom } from '../../src/engine/maven.ts';
import { artifactOf, mendedDescriptor } from '../../src/engine/opensearch/plugins.ts';
import { unitFile } from '../../src/engine/unit.ts';

const two = engineFacts('opensearch', '2.19.4');
const three = engineFacts('opensearch', '3.4.0');

test('the security plugin is fetched as its vendor packs it, and what is missing from it beside', () => {
  const [security] = three.plugins ?? [];
  const text = pluginPom(three, security!);
  match(text, /<artifactId>opensearch-security<\/artifactId><version>3\.4\.0\.0<\/version><type>zip<\/type>/);
  match(text, /<artifactId>commons-collections4<\/artifactId>/);
  equal(text.includes('<repositor'), false);
  equal(mendedDescriptor('name=x\nextended.plugins=a;optional=true,rule-framework\n'), 'name=x\nextended.plugins=\n');
});

test('only 3 has snapshots to S3, and a plugin leaves out the libraries that the engine has', () => {
  deepEqual(
    [two, three].map(({ plugins }) => plugins?.map(({ name }) => name)),
    [['opensearch-security'], ['opensearch-security', 'repository-s3']],
  );
  deepEqual(['log4j-1.2-api-2.25.3.jar', 'opensaml-3.4.0.0-all.jar'].map(artifactOf), ['log4j-1.2-api', 'opensaml']);
});

test('2 runs under a security manager and 3 under an agent, and which it is stands in jvm.options', () => {
  match(jvmOptions(two), /^18-:-Djava\.security\.manager=allow$/m);
  doesNotMatch(jvmOptions(two), /javaagent/);
  match(jvmOptions(three), /^21-:-javaagent:agent\/opensearch-agent-3\.4\.0\.jar$/m);
  doesNotMatch(jvmOptions(three), /security\.manager/);
  for (const engine of [two, three]) deepEqual([engine.jvmFlags.join(' ').includes('agent')], [false]);
});

test('the unit waits for the node, has 75 s to begin, and since 3 a sandbox', () => {
  for (const engine of [two, three]) {
    match(unitFile(engine), /^Type=notify$[^]*^TimeoutStartSec=75$/m);
    match(unitFile(engine), /^ExecStart=\/usr\/share\/opensearch\/bin\/systemd-entrypoint -p \$\{PID_DIR\}/m);
  }
  doesNotMatch(unitFile(two), /ProtectSystem/);
  match(unitFile(three), /^ProtectSystem=full$[^]*^SystemCallFilter=@system-service$/m);
});

test('the scripts stop the service before a change and start it after an upgrade', () => {
  match(
    three.maintainerScripts.prerm,
    /is-active opensearch\.service[^]*systemctl --no-reload stop opensearch\.service/,
  );
  match(
    three.maintainerScripts.postinst,
    /= configure \] && \[ -n "\$2" \]; then[^]*is-enabled[^]*systemctl start opensearch\.service/,
  );
  match(three.maintainerScripts.postinst, /chown -R opensearch:opensearch \$config\nchmod -R u=rwX,g=rX,o= \$config/);
  equal(sysctlFile(three), 'vm.max_map_count=262144\n');
  match(
    conffiles(three).find(({ path }) => path === '/etc/default/opensearch')?.content ?? '',
    /^OPENSEARCH_SD_NOTIFY=true$/m,
  );
});
