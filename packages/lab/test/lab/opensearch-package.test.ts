// What docs/lab.md says that the lab's package of OpenSearch does as the vendor's does, read off a booted machine on which apt installs and
// upgrades it. Needs root.
import { equal, match, notEqual } from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { silentLogger as logger } from '@understudy/foundation';
import { ensureEnginePackage } from '../../src/engine/ensure-engine-package.ts';
import { ensureRepository } from '../../src/engine/ensure-repository.ts';
import { ensureImage } from '../../src/image/ensure-image.ts';
import { bootImage, type BootedImage } from './booted-image.ts';

const cacheDir = join(homedir(), '.cache', 'understudy');
const [older, newer] = ['2.19.4', '3.4.0'];
const quietly = 'apt-get -qy -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold';

let machine: BootedImage;

before(async () => {
  const { rootDirectory: imageRoot } = await ensureImage({ cacheDir, logger });
  const packages = [];
  for (const version of [older, newer]) {
    packages.push(await ensureEnginePackage({ engine: 'opensearch', version, cacheDir, imageRoot, logger }));
  }
  const { directory } = await ensureRepository({ cacheDir, packages, logger });
  machine = await bootImage(imageRoot, directory);
  await succeeds(`install -m 644 /repository/key.asc /usr/share/keyrings/engine.asc
echo 'deb [signed-by=/usr/share/keyrings/engine.asc] file:/repository stable main' > /etc/apt/sources.list.d/engine.list
apt-get -q update`);
});

after(() => machine[Symbol.asyncDispose]());

async function succeeds(script: string): Promise<string> {
  const { code, text } = await machine.run(`set -e\n${script}`);
  equal(code, 0, text);
  return text.trim();
}

/** Settings with which one node forms a cluster, security off; a small heap. */
const settings = `printf -- '-Xms512m\\n-Xmx512m\\n' > /etc/opensearch/jvm.options.d/heap.options
printf 'node.name: one\\ncluster.initial_cluster_manager_nodes: [one]\\nplugins.security.disabled: true\\n' >> /etc/opensearch/opensearch.yml`;
const document =
  "curl -sf --retry 30 --retry-delay 1 --retry-all-errors 'http://127.0.0.1:9200/docs/_search?q=text:older&filter_path=hits.hits._source'";

describe('the package of OpenSearch', { timeout: 600_000 }, () => {
  it('without a password for its demonstration it cannot be configured; with one it installs demonstration certificates', async () => {
    notEqual((await machine.run(`${quietly} install opensearch=${newer}`)).code, 0);
    match(await succeeds("dpkg-query -W -f '${db:Status-Abbrev}' opensearch"), /^iF/);
    match(
      await succeeds('cat /var/log/opensearch/install_demo_configuration.log'),
      /OPENSEARCH_INITIAL_ADMIN_PASSWORD/,
    );
    await succeeds("OPENSEARCH_INITIAL_ADMIN_PASSWORD='Xk29-only-a-test' dpkg --configure -a");
    match(
      await succeeds('cat /etc/opensearch/opensearch.yml'),
      /^plugins\.security\.ssl\.http\.pemcert_filepath: esnode\.pem$/m,
    );
    await succeeds('test -s /etc/opensearch/kirk-key.pem');
    await succeeds(`${quietly} purge opensearch; rm -rf /etc/opensearch /var/lib/opensearch /var/log/opensearch`);
  });

  it('told not to, it installs no demonstration; it is not enabled, not started, not held', async () => {
    await succeeds(`DISABLE_INSTALL_DEMO_CONFIG=true ${quietly} install opensearch=${older}`);
    equal(
      await succeeds('ls /etc/opensearch'),
      'jvm.options\njvm.options.d\nlog4j2.properties\nopensearch-security\nopensearch.yml',
    );
    equal(
      (await machine.run('systemctl is-enabled opensearch; systemctl is-active opensearch')).text,
      'disabled\ninactive\n',
    );
    equal(await succeeds('apt-mark showhold'), '');
  });

  it('gives its configuration to its own user, and its data directory is not empty', async () => {
    equal(
      await succeeds("stat --format '%U:%G %a %n' /etc/opensearch /etc/opensearch/opensearch.yml"),
      'opensearch:opensearch 750 /etc/opensearch\nopensearch:opensearch 640 /etc/opensearch/opensearch.yml',
    );
    equal(await succeeds('ls -A /var/lib/opensearch'), 'performance_analyzer_enabled.conf');
    equal(await succeeds('ls /usr/share/opensearch/plugins'), 'opensearch-security');
  });

  it('a start is over when the node is up, and has 75 s to begin; a running node keeps its state in nodes/', async () => {
    await succeeds(`${settings}\nsystemctl enable --now opensearch`);
    await succeeds(
      "curl -sf -X PUT 'http://127.0.0.1:9200/docs/_doc/1?refresh=true' -H 'Content-Type: application/json' -d '{\"text\":\"from the older one\"}'",
    );
    equal(await succeeds('systemctl show opensearch -p Type -p TimeoutStartUSec --value'), 'notify\n1min 15s');
    equal(await succeeds('ls -A /var/lib/opensearch'), 'nodes\nperformance_analyzer_enabled.conf');
  });

  it('an upgrade stops the node and starts it again by itself, but from 2 to 3 with the old options, and then it fails', async () => {
    const { code, text } = await machine.run(`DISABLE_INSTALL_DEMO_CONFIG=true ${quietly} install opensearch=${newer}`);
    equal(code, 100, text);
    match(text, /Stop existing opensearch\.service[^]*Restarting opensearch\.service after upgrade/);
    match(
      await succeeds('cat /etc/opensearch/jvm.options'),
      /^18-:-Djava\.security\.manager=allow$[^]*^-Dclk\.tck=\d+$/m,
    );
    match(
      await succeeds('journalctl -u opensearch --no-pager'),
      /NoClassDefFoundError: org\/opensearch\/javaagent\/bootstrap\/AgentPolicy/,
    );
  });

  it('with the new options it starts, with the documents of the older one, in a sandbox', async () => {
    const again = 'DISABLE_INSTALL_DEMO_CONFIG=true dpkg --configure -a';
    // Removed by systemd with the unit that failed.
    match((await machine.run(again)).text, /cannot access '\/var\/run\/opensearch'/);
    await succeeds(`systemd-tmpfiles --create opensearch.conf
cat /etc/opensearch/jvm.options.dpkg-dist > /etc/opensearch/jvm.options
${again}
systemctl is-active opensearch`);
    match(await succeeds(document), /"_source":\{"text":"from the older one"\}/);
    equal(await succeeds('ls /usr/share/opensearch/plugins'), 'opensearch-security\nrepository-s3');
    equal(await succeeds('systemctl show opensearch -p ProtectSystem -p NoNewPrivileges --value'), 'full\nyes');
  });

  it('its keystore takes a secret from standard input, which the running node reads again', async () => {
    const tool = '/usr/share/opensearch/bin/opensearch-keystore';
    await succeeds(`printf %s a-secret | ${tool} add --stdin s3.client.default.access_key
printf %s another | ${tool} add --stdin s3.client.default.secret_key
chown opensearch:opensearch /etc/opensearch/opensearch.keystore`);
    equal(await succeeds(`${tool} list`), 'keystore.seed\ns3.client.default.access_key\ns3.client.default.secret_key');
    match(
      await succeeds("curl -sf -X POST 'http://127.0.0.1:9200/_nodes/reload_secure_settings'"),
      /"successful":1,"failed":0/,
    );
  });

  it('a removal stops the node and leaves its data', async () => {
    await succeeds(`${quietly} remove opensearch`);
    equal((await machine.run('systemctl is-active opensearch')).text, 'inactive\n');
    await succeeds('test -d /var/lib/opensearch/nodes/0');
  });
});
