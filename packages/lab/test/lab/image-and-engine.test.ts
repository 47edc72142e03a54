// The real image and the real package: built (or found in the cache), then an engine is installed from the repository by apt and
// answers, in a throwaway container of the image. Needs root.
import { deepEqual, equal, match } from 'node:assert/strict';
import { access, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '@understudy/foundation';
import { runBuildCommand } from '../../src/cache/build-command.ts';
import { EngineStock, type EngineSupply } from '../../src/engine/supply.ts';
import { ensureEnginePackage } from '../../src/engine/ensure-engine-package.ts';
import { ensureRepository } from '../../src/engine/ensure-repository.ts';
import { ensureImage } from '../../src/image/ensure-image.ts';
import { addRepository, inMachine } from './in-machine.ts';

const cacheDir = join(homedir(), '.cache', 'understudy');
const logger = silentLogger;
const version = '9.5.3';

/** In place of what the package's installation has configured: these tests are about the engine and its upgrade. */
const securityOff = ['enabled', 'http.ssl.enabled', 'transport.ssl.enabled']
  .map((name) => `-Expack.security.${name}=false`)
  .join(' ');

/** What a machine's first minutes do, without its init: key, source, update, install; then a node that is asked once. */
const script = `${addRepository}apt-get -qy install elasticsearch=${version}
stat --format '%U:%G %a %n' /etc/elasticsearch /etc/elasticsearch/elasticsearch.yml /var/lib/elasticsearch
echo 'node.name: changed-here' >> /etc/elasticsearch/elasticsearch.yml
apt-get -qy install --reinstall elasticsearch=${version}
printf -- '-Xms256m\\n-Xmx256m\\n' > /etc/elasticsearch/jvm.options.d/heap.options
unset NOTIFY_SOCKET
ES_PATH_CONF=/etc/elasticsearch setpriv --reuid elasticsearch --regid elasticsearch --clear-groups \\
  /usr/share/elasticsearch/bin/elasticsearch -Ecluster.initial_master_nodes=changed-here ${securityOff} &
node=$!
curl -sf --retry 90 --retry-delay 1 --retry-connrefused 'http://127.0.0.1:9200/_cat/nodes?h=name,version,jdk,heap.max'
curl -sf -X PUT 'http://127.0.0.1:9200/docs/_doc/1?refresh=true' -H 'Content-Type: application/json' -d '{"text":"found again"}'
echo
curl -sf 'http://127.0.0.1:9200/docs/_search?q=text:again'
echo
kill $node
wait $node || echo "stopped with $?"
`;

test('the image is complete, and no machine-specific secret is in it', async () => {
  const { rootDirectory } = await ensureImage({ cacheDir, logger });
  match(await readFile(join(rootDirectory, 'etc/os-release'), 'utf8'), /^VERSION_CODENAME=trixie$/m);
  equal(await readFile(join(rootDirectory, 'etc/machine-id'), 'utf8'), '');
  for (const program of ['usr/sbin/sshd', 'usr/bin/cloud-init', 'usr/bin/java', 'usr/bin/gunicorn', 'usr/sbin/nft']) {
    await access(join(rootDirectory, program)).catch(async () => {
      // A link made for use inside the image may point nowhere on this host.
      await runBuildCommand(['test', '-L', join(rootDirectory, program)]);
    });
  }
  equal(await runBuildCommand(['sh', '-c', 'ls "$1"/etc/ssh/ssh_host_* 2>/dev/null || true', 'sh', rootDirectory]), '');
  equal(await runBuildCommand(['sh', '-c', 'grep -c " $1" /proc/self/mountinfo || true', 'sh', rootDirectory]), '0');
});

test('a machine installs the engine from the repository by apt, keeps its configuration, and the engine answers', async () => {
  const { rootDirectory } = await ensureImage({ cacheDir, logger });
  const engine = await ensureEnginePackage({
    engine: 'elasticsearch',
    version,
    cacheDir,
    imageRoot: rootDirectory,
    logger,
  });
  const repository = await ensureRepository({ cacheDir, packages: [engine], logger });
  const said = await inMachine(rootDirectory, repository.directory, script);
  match(said, /^root:elasticsearch 2750 \/etc\/elasticsearch$/m);
  match(said, /^root:elasticsearch 660 \/etc\/elasticsearch\/elasticsearch\.yml$/m);
  match(said, /^elasticsearch:elasticsearch 2750 \/var\/lib\/elasticsearch$/m);
  match(said, new RegExp(`^changed-here +${version.replaceAll('.', '\\.')} +21\\..* 256mb$`, 'm'));
  match(said, /"_source":\{"text":"found again"\}/);
  match(said, /^stopped with 143$/m);
});

const older = '8.19.21';

/** An upgrade as an operator does it: the older engine holds a document, apt brings the newer one, which must find it. */
const upgradeScript = `${addRepository}apt-cache madison elasticsearch
unset NOTIFY_SOCKET
first=-Ecluster.initial_master_nodes=one
for version in ${older} ${version}; do
  apt-get -qy install elasticsearch=$version
  printf -- '-Xms256m\\n-Xmx256m\\n' > /etc/elasticsearch/jvm.options.d/heap.options
  ES_PATH_CONF=/etc/elasticsearch setpriv --reuid elasticsearch --regid elasticsearch --clear-groups \\
    /usr/share/elasticsearch/bin/elasticsearch -Enode.name=one $first ${securityOff} &
  node=$!
  curl -sf --retry 90 --retry-delay 1 --retry-connrefused 'http://127.0.0.1:9200/_cluster/health?wait_for_status=yellow&timeout=60s' > /dev/null
  if [ -n "$first" ]; then
    curl -sf -X PUT 'http://127.0.0.1:9200/docs/_doc/1?refresh=true' -H 'Content-Type: application/json' -d '{"text":"from the older one"}' > /dev/null
  fi
  curl -sf 'http://127.0.0.1:9200/_cat/nodes?h=name,version'
  curl -sf 'http://127.0.0.1:9200/docs/_search?q=text:older&filter_path=hits.hits._source'
  echo
  kill $node
  wait $node || echo "stopped with $?"
  first=
done
`;

async function built(stock: EngineStock, wanted: string): Promise<EngineSupply> {
  for (
    let supply = await stock.build('elasticsearch', wanted);
    ;
    supply = await stock.supply('elasticsearch', wanted)
  ) {
    if (supply.state !== 'building') return supply;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

test('a lab gets any version that Maven Central has, and apt upgrades a node from one to the next with its documents', async (t) => {
  const { rootDirectory } = await ensureImage({ cacheDir, logger });
  const served = await mkdtemp(join(tmpdir(), 'understudy-served-'));
  t.after(() => rm(served, { recursive: true, force: true }));
  const link = join(served, 'repository');
  const stock = new EngineStock({ cacheDir, imageRoot: rootDirectory, repositoryLink: link, logger });
  await stock.open();
  for (const wanted of [older, version]) deepEqual(await built(stock, wanted), { state: 'ready' });

  const said = await inMachine(rootDirectory, await realpath(link), upgradeScript);
  for (const offered of [older, version]) {
    match(said, new RegExp(`^ *elasticsearch \\| +${offered.replaceAll('.', '\\.')} \\|`, 'm'));
    match(said, new RegExp(`^one +${offered.replaceAll('.', '\\.')}$`, 'm'));
  }
  equal(said.match(/"_source":\{"text":"from the older one"\}/g)?.length, 2);
  equal(said.match(/^stopped with 143$/gm)?.length, 2);
});

test('a version that was never released is refused by the real Maven Central, with those that it has', async (t) => {
  const served = await mkdtemp(join(tmpdir(), 'understudy-served-'));
  t.after(() => rm(served, { recursive: true, force: true }));
  const stock = new EngineStock({ cacheDir, repositoryLink: join(served, 'repository'), logger });
  const part = async (engine: 'elasticsearch' | 'opensearch', wanted: string): Promise<string> => {
    const supply = await stock.build(engine, wanted);
    return supply.state === 'refused' ? `${supply.part}: ${supply.allowed}` : supply.state;
  };
  match(await part('elasticsearch', '9.99.0'), /^version: in the lab one of 8\.19\.0, .*8\.19\.21, .*9\.5\.3/);
  match(await part('opensearch', '3.99.0'), /^version: in the lab one of .*2\.19\.4, .*3\.4\.0/);
  equal((await stock.supply('elasticsearch', '9.1.0')).state, 'buildable');
});
