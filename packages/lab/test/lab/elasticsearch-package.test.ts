// What the table in docs/lab.md claims of the Elasticsearch package, read off a container of the machines' image in which apt has
// installed, upgraded, removed and purged it. Needs root.
import { deepEqual, equal, match } from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { silentLogger } from '@understudy/foundation';
import { ensureEnginePackage } from '../../src/engine/ensure-engine-package.ts';
import { ensureRepository } from '../../src/engine/ensure-repository.ts';
import { ensureImage } from '../../src/image/ensure-image.ts';
import { addRepository, inMachine } from './in-machine.ts';

const cacheDir = join(homedir(), '.cache', 'understudy');
const logger = silentLogger;
const versions = ['8.19.21', '9.5.3'] as const;
let imageRoot = '';
let repository = '';

before(async () => {
  imageRoot = (await ensureImage({ cacheDir, logger })).rootDirectory;
  const packages = [];
  for (const version of versions) {
    packages.push(await ensureEnginePackage({ engine: 'elasticsearch', version, cacheDir, imageRoot, logger }));
  }
  repository = (await ensureRepository({ cacheDir, packages, logger })).directory;
});

/** Every call of systemctl is written down; there is no init that could carry it out. apt writes as a terminal does, with CR. */
const prepare = `
unset NOTIFY_SOCKET
echo "127.0.0.1 localhost $(uname -n)" > /etc/hosts
printf '#!/bin/sh\\necho "$*" >> /root/systemctl\\n' > /root/fake
chmod 755 /root/fake
mv /root/fake /usr/bin/systemctl
touch /root/systemctl
${addRepository}
install() { apt-get -qy install elasticsearch=$1 > /root/said 2>&1 || { cat /root/said; exit 1; }; tr -d '\\r' < /root/said > /root/apt; }
bin=/usr/share/elasticsearch/bin
entries() { echo "entries $1: $($bin/elasticsearch-keystore list | tr '\\n' ' ')"; }
sums() { (cd /etc/elasticsearch; sha256sum certs/* elasticsearch.yml | sha256sum | cut -c1-16); }
run() { ES_PATH_CONF=/etc/elasticsearch exec setpriv --reuid elasticsearch --regid elasticsearch --clear-groups $bin/elasticsearch "$@"; }
heap() { printf -- '-Xms512m\\n-Xmx512m\\n' > /etc/elasticsearch/jvm.options.d/heap.options; }
`;

/** What a line says that begins with this word. */
const said = (output: string, word: string): string =>
  output
    .split('\n')
    .find((line) => line.startsWith(`${word}: `))
    ?.slice(word.length + 2)
    .trim() ?? 'nothing';

const left =
  'autoconfiguration.password_hash keystore.seed xpack.security.http.ssl.keystore.secure_password ' +
  'xpack.security.transport.ssl.keystore.secure_password xpack.security.transport.ssl.truststore.secure_password';

test('installation, upgrade, removal and purge do what the vendor’s package does', async () => {
  const output = await inMachine(
    imageRoot,
    repository,
    `${prepare}
install ${versions[0]}
echo "password: $(grep -c 'generated password for the elastic built-in superuser is : ....................$' /root/apt)"
echo "calls: $(grep -v 'daemon-reload\\|systemd-sysctl' /root/systemctl | tr '\\n' ' ')"
cd /etc/elasticsearch
for file in . certs certs/http.p12 certs/http_ca.crt certs/transport.p12 elasticsearch.keystore elasticsearch.yml users /etc/default/elasticsearch; do
  echo "owner $file: $(stat -c '%U:%G %a' $file)"
done
echo "block: $(sed -n '/^#-* BEGIN SECURITY AUTO/,/^#-* END SECURITY AUTO/p' elasticsearch.yml | grep -v '^#' | tr -d '\\n')"
entries first
openssl x509 -in certs/http_ca.crt -noout -subject | sed 's/^/ca: /'
before=$(sums)
: > /root/systemctl
install ${versions[1]}
[ "$before" = "$(sums)" ] && echo 'upgrade: nothing changed'
entries upgraded
echo "upgrade calls: $(grep -v 'daemon-reload\\|systemd-sysctl' /root/systemctl | tr '\\n' ' ')"
touch /var/lib/elasticsearch/data
cd /
apt-get -qy remove elasticsearch > /dev/null 2>&1
echo "removal calls: $(grep elasticsearch /root/systemctl | tr '\\n' ' ')"
echo "after removal: $(ls /etc/elasticsearch | tr '\\n' ' ') $(ls -d /var/log/elasticsearch 2>&1 | grep -c 'No such')"
apt-get -qy purge elasticsearch > /dev/null 2>&1
echo "after purge: $(ls /etc/elasticsearch 2>/dev/null) $(id elasticsearch 2>&1 | grep -c 'no such user') $(ls /var/lib/elasticsearch)"
rm -r /var/lib/elasticsearch
mkdir -p /etc/elasticsearch
printf 'path.data: /var/lib/elasticsearch\\npath.logs: /var/log/elasticsearch\\nxpack.security.enabled: false\\n' > /etc/elasticsearch/elasticsearch.yml
apt-get -qy -o Dpkg::Options::=--force-confold install elasticsearch=${versions[1]} > /root/apt 2>&1
echo "configured before: $(ls -d /etc/elasticsearch/certs 2>&1 | grep -c 'No such') $(grep -c 'Skipping auto-configuration' /root/apt)"
entries second
`,
  );
  equal(said(output, 'password'), '1');
  equal(said(output, 'calls'), '', 'the service is neither enabled nor started');
  const owners: Readonly<Record<string, string | undefined>> = Object.fromEntries(
    [...output.matchAll(/^owner (\S+): (.+)$/gm)].map(([, file = '', owner]) => [file, owner] as const),
  );
  deepEqual(owners, {
    '.': 'root:elasticsearch 2750',
    certs: 'root:elasticsearch 750',
    'certs/http.p12': 'root:elasticsearch 660',
    'certs/http_ca.crt': 'root:elasticsearch 660',
    'certs/transport.p12': 'root:elasticsearch 660',
    'elasticsearch.keystore': 'root:elasticsearch 660',
    'elasticsearch.yml': 'root:elasticsearch 660',
    users: 'root:elasticsearch 660',
    '/etc/default/elasticsearch': 'root:elasticsearch 660',
  });
  match(
    said(output, 'block'),
    /^xpack\.security\.enabled: true.*certs\/http\.p12.*certs\/transport\.p12.*http\.host: 0\.0\.0\.0$/,
  );
  equal(said(output, 'entries first'), left);
  match(said(output, 'ca'), /Elasticsearch security auto-configuration HTTP CA/);
  equal(said(output, 'upgrade'), 'nothing changed');
  equal(said(output, 'entries upgraded'), left);
  equal(said(output, 'upgrade calls'), '', 'the service is neither stopped nor restarted');
  match(said(output, 'removal calls'), /stop elasticsearch\.service.*disable elasticsearch\.service/);
  match(said(output, 'after removal'), /^certs elasticsearch\.keystore elasticsearch\.yml .* 1$/);
  equal(said(output, 'after purge'), '1 data');
  equal(said(output, 'configured before'), '1 1');
  equal(said(output, 'entries second'), 'keystore.seed');
});

for (const version of versions) {
  test(`${version} runs with security on as installed; with security off and no word about TLS it refuses to start`, async () => {
    const output = await inMachine(
      imageRoot,
      repository,
      `${prepare}
install ${version}
heap
password=$(sed -n 's/^The generated password for the elastic built-in superuser is : //p' /root/apt)
run > /root/out 2>&1 &
node=$!
cd /etc/elasticsearch
ask() { curl -sS --max-time 30 --cacert certs/http_ca.crt "$@"; }
for i in $(seq 240); do [ "$(ask -u elastic:$password -o /dev/null -w '%{http_code}' https://localhost:9200/_cluster/health 2>/dev/null)" = 200 ] && break; sleep 1; done
json='Content-Type: application/json'
echo "anonymous: $(ask -o /dev/null -w '%{http_code}' https://localhost:9200/_cluster/health)"
echo "licence: $(ask -u elastic:$password 'https://localhost:9200/_license?filter_path=license.type' | tr -d ' \\n')"
echo "user: $(ask -u elastic:$password -X PUT https://localhost:9200/_security/user/anna -H "$json" -d '{"password":"secret-1","roles":["superuser"],"email":"anna@example.org"}')"
echo "realm: $(ask -u anna:secret-1 'https://localhost:9200/_security/_authenticate?filter_path=authentication_realm.type')"
echo "key: $(ask -u elastic:$password -X POST https://localhost:9200/_security/api_key -H "$json" -d '{"name":"one"}' | grep -c '"encoded"')"
$bin/elasticsearch-users useradd bob -p secret-2 -r superuser
for i in $(seq 30); do [ "$(ask -u bob:secret-2 -o /dev/null -w '%{http_code}' https://localhost:9200/_cluster/health)" = 200 ] && break; sleep 1; done
echo "file realm: $(ask -u bob:secret-2 'https://localhost:9200/_security/_authenticate?filter_path=authentication_realm.type')"
kill $node
wait $node || echo "stopped: $?"
rm -rf /var/lib/elasticsearch/*
printf 'path.data: /var/lib/elasticsearch\\npath.logs: /var/log/elasticsearch\\nxpack.security.enabled: false\\n' > elasticsearch.yml
(run) > /root/out 2>&1 || echo "exit: $?"
grep -m 1 '^org.elasticsearch.ElasticsearchSecurityException' /root/out | sed 's/^/refusal: /'
`,
    );
    equal(said(output, 'anonymous'), '401');
    match(said(output, 'licence'), /"type":"basic"/);
    match(said(output, 'user'), /"created":true/);
    match(said(output, 'realm'), /native/);
    equal(said(output, 'key'), '1');
    match(said(output, 'file realm'), /"type":"file"/);
    equal(said(output, 'stopped'), '143');
    equal(said(output, 'exit'), '1');
    match(
      said(output, 'refusal'),
      /\[xpack\.security\.transport\.ssl\.enabled\] is not set, but the following settings/,
    );
  });
}
