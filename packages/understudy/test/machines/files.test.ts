import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnderstudyError } from '@understudy/foundation';
import {
  bootUserData,
  contentHash,
  engineInstaller,
  engineSettings,
  gatewayFiles,
  kernelSettings,
  searchFiles,
  serviceFiles,
  shellLine,
  userDataLimitBytes,
  type ManagedFile,
} from '../../src/machines/index.ts';
import { vendorRepository } from '../../src/engines/index.ts';
import { machinePlans, parseTopology, type Topology } from '../../src/topology/index.ts';
import { sampleText } from '../simulation/sample-intent.ts';

const topology = parseTopology(sampleText, { path: '/topologies/demo.yaml' });

function search(of: Topology, securityModule = false): Parameters<typeof searchFiles>[0] {
  const peers = machinePlans(of).filter(({ role }) => role === 'search');
  return { topology: of, machine: peers[1]!, peers, securityModule };
}

function service(of: Topology): Parameters<typeof serviceFiles>[0] {
  const machines = machinePlans(of);
  return {
    topology: of,
    machine: machines.find(({ role }) => role === 'service')!,
    searchMachines: machines.filter(({ role }) => role === 'search'),
    peers: machines.filter(({ role }) => role === 'service').slice(1),
    secrets: {},
  };
}

function contentOf(files: readonly ManagedFile[], path: string): string {
  return files.find((file) => file.path === path)!.content;
}

test('elasticsearch.yml listens in the VPC and on loopback, lists every peer, and names no initial masters', () => {
  assert.equal(
    engineSettings(search({ ...topology, search: { ...topology.search, failover: 'safe' } }), 'formed'),
    `# Written by understudy apply; edits are put back.
cluster.name: demo
node.name: demo-search-2
node.roles:
  - master
  - data
  - ingest
path.data: /var/lib/elasticsearch
path.logs: /var/log/elasticsearch
network.bind_host:
  - 10.20.0.12
  - 127.0.0.1
network.publish_host: 10.20.0.12
http.port: 9200
transport.port: 9300
discovery.seed_providers: file
`,
  );
  const hosts = contentOf(searchFiles(search(topology), 'formed'), '/etc/elasticsearch/unicast_hosts.txt');
  assert.equal(hosts, '10.20.0.11:9300\n10.20.0.12:9300\n10.20.0.13:9300\n');
});

test('the bootstrap settings differ from the permanent ones only in the initial masters', () => {
  const lasting = engineSettings(search(topology), 'formed');
  const masters = 'cluster.initial_master_nodes:\n  - demo-search-1\n  - demo-search-2\n  - demo-search-3\n';
  const bootstrap = engineSettings(search(topology), 'bootstrap');
  assert.equal(bootstrap.replace(masters, ''), lasting);
  assert.notEqual(bootstrap, lasting);
});

test('the profile fast lowers the timeouts of checks and publication, with the setting names of both engines', () => {
  const lines = `cluster.publish.timeout: 1200ms
cluster.nodes.reconnect_interval: 1s
indices.replication.retry_timeout: 3s
cluster.fault_detection.follower_check.interval: 250ms
cluster.fault_detection.follower_check.timeout: 1s
cluster.fault_detection.follower_check.retry_count: 2
cluster.fault_detection.leader_check.interval: 250ms
cluster.fault_detection.leader_check.timeout: 1s
cluster.fault_detection.leader_check.retry_count: 2
`;
  for (const engine of ['elasticsearch', 'opensearch'] as const) {
    const fast: Topology = { ...topology, search: { ...topology.search, engine, failover: 'fast' } };
    assert.ok(engineSettings(search(fast), 'formed').endsWith(lines));
  }
});

test('the speed of recovery is written in both engines when it is given, and left to the engine when not', () => {
  for (const engine of ['elasticsearch', 'opensearch'] as const) {
    const asked: Topology = { ...topology, search: { ...topology.search, engine, recoveryMb: 100 } };
    assert.match(engineSettings(search(asked), 'formed'), /^indices\.recovery\.max_bytes_per_sec: 100mb$/m);
  }
  assert.doesNotMatch(engineSettings(search(topology), 'formed'), /max_bytes_per_sec/);
});

test('OpenSearch gets its own setting names, paths and user', () => {
  const opensearch: Topology = { ...topology, search: { ...topology.search, engine: 'opensearch', version: '3.4.0' } };
  const files = searchFiles(search(opensearch, true), 'bootstrap');
  assert.deepEqual(
    files.slice(0, 4).map(({ path, mode, owner }) => ({ path, mode, owner })),
    [
      { path: '/etc/opensearch/opensearch.yml', mode: '0640', owner: 'opensearch:opensearch' },
      { path: '/etc/opensearch/jvm.options.d/understudy.options', mode: '0640', owner: 'opensearch:opensearch' },
      { path: '/etc/opensearch/unicast_hosts.txt', mode: '0640', owner: 'opensearch:opensearch' },
      { path: '/etc/systemd/system/opensearch.service.d/60-understudy.conf', mode: '0644', owner: 'root:root' },
    ],
  );
  const settings = contentOf(files, '/etc/opensearch/opensearch.yml');
  assert.match(settings, /^node\.roles:\n {2}- cluster_manager\n {2}- data\n {2}- ingest$/m);
  assert.match(settings, /^cluster\.initial_cluster_manager_nodes:\n {2}- demo-search-1$/m);
  assert.match(settings, /^plugins\.security\.disabled: true$/m);
  // Its default of 5 m is longer than it tries to bring a copy back to a node.
  assert.match(settings, /^search\.default_keep_alive: 30s\nsearch\.keep_alive_interval: 5s$/m);
});

test('every setting of the security module is said, for a package that carries it', () => {
  const said = engineSettings(search(topology, true), 'formed').match(/^xpack.*$/gm);
  assert.deepEqual(said, [
    'xpack.security.enabled: false',
    'xpack.security.enrollment.enabled: false',
    'xpack.security.http.ssl.enabled: false',
    'xpack.security.transport.ssl.enabled: false',
  ]);
  assert.doesNotMatch(engineSettings(search(topology), 'formed'), /xpack/);
});

test('the heap and the drop-in are exact', () => {
  const files = searchFiles(search({ ...topology, search: { ...topology.search, heapMb: 512 } }), 'formed');
  assert.equal(
    contentOf(files, '/etc/elasticsearch/jvm.options.d/understudy.options'),
    '# Written by understudy apply.\n-Xms512m\n-Xmx512m\n',
  );
  assert.equal(
    contentOf(files, '/etc/systemd/system/elasticsearch.service.d/60-understudy.conf'),
    `[Unit]
StartLimitIntervalSec=0

[Service]
ExecStartPre=+/bin/sh -c 'mkdir -p /run/understudy && sha256sum /etc/elasticsearch/elasticsearch.yml /etc/elasticsearch/jvm.options.d/understudy.options > /run/understudy/engine-started'
Restart=always
# The others elect and promote first: a starting engine takes every core it gets, on shared hosts theirs too.
RestartSec=4s
LimitNOFILE=65535
LimitNPROC=4096
LimitMEMLOCK=infinity
# OpenSearch's unit gives a slow machine 75 s to begin, and would then start the engine again and again.
TimeoutStartSec=900s
# The vendor's unit waits for the engine without bound; a machine that shuts down must not.
TimeoutStopSec=60s
SendSIGKILL=yes
# elasticsearch exits with 143 on SIGTERM, which is success.
SuccessExitStatus=143
`,
  );
});

test('kernel settings follow the profile and the role', () => {
  const keepalive = {
    'net.ipv4.tcp_keepalive_time': '60',
    'net.ipv4.tcp_keepalive_intvl': '5',
    'net.ipv4.tcp_keepalive_probes': '3',
  };
  const memory = { 'vm.max_map_count': '1048576', 'vm.swappiness': '1' };
  assert.deepEqual(kernelSettings('search', 'stock'), { ...memory, 'net.ipv4.tcp_retries2': '15' });
  assert.deepEqual(kernelSettings('search', 'safe'), { ...memory, 'net.ipv4.tcp_retries2': '5', ...keepalive });
  const fast = { 'net.ipv4.tcp_retries2': '3', 'net.ipv4.tcp_rto_max_ms': '1000', ...keepalive };
  assert.deepEqual(kernelSettings('service', 'fast'), fast);
});

test('the environment of the service names every search machine, and only root can read it', () => {
  const withSecret: Topology = {
    ...topology,
    service: { ...topology.service, environment: { API_KEY: 'a"b$c\\d`e' } },
  };
  const [environment] = serviceFiles(service(withSecret));
  assert.deepEqual(environment, {
    path: '/etc/understudy/service.env',
    mode: '0600',
    owner: 'root:root',
    content: `DRAINED_FILE="/run/understudy/service-drained"
DRAIN_MS="7000"
ES_HOST="http://10.20.0.11:9200"
ES_HOSTS="http://10.20.0.11:9200,http://10.20.0.12:9200,http://10.20.0.13:9200"
HOST="10.20.0.31"
INDEX="documents"
PATH="/opt/understudy/current/venv/bin:/opt/understudy/current/node_modules/.bin:/opt/understudy/current/bin:/usr/local/bin:/usr/bin:/bin"
PEERS="http://10.20.0.32:5000"
PORT="5000"
WORKERS="2"
API_KEY="a\\"b\\$c\\\\d\\\`e"
`,
  });
});

const withGateway = parseTopology(
  `${sampleText}service: { runtime: none, artifact: ./app, command: [./start], gateway: { deadlineMs: 10000 } }\n`,
  { path: '/topologies/demo.yaml' },
);

test('with the gateway on, ES_HOST is the gateway and ES_HOSTS the nodes', () => {
  const [environment] = serviceFiles(service(withGateway));
  assert.match(
    environment!.content,
    /^ES_HOST="http:\/\/localhost:9200"\nES_HOSTS="http:\/\/10\.20\.0\.11:9200,.*,.*"$/m,
  );
});

test('the files of the gateway are exact, and there are none when it is off', () => {
  assert.deepEqual(gatewayFiles(service(topology)), []);
  const [environment, unit, socket, ...rest] = gatewayFiles(service(withGateway));
  assert.deepEqual(rest, []);
  assert.deepEqual(environment, {
    path: '/etc/understudy/gateway.env',
    mode: '0600',
    owner: 'root:root',
    content: `GATEWAY_DEADLINE_MS="10000"
GATEWAY_ENGINE="http://10.20.0.11:9200,http://10.20.0.12:9200,http://10.20.0.13:9200"
GATEWAY_STOP_MS="11000"
`,
  });
  assert.deepEqual(socket, {
    path: '/etc/systemd/system/understudy-gateway.socket',
    mode: '0644',
    owner: 'root:root',
    content: `[Unit]
Description=Socket of the gateway of demo
Before=understudy-service.service

[Socket]
ListenStream=127.0.0.1:9200
Backlog=4096
NoDelay=yes
TriggerLimitIntervalSec=0

[Install]
WantedBy=sockets.target
`,
  });
  assert.deepEqual(unit, {
    path: '/etc/systemd/system/understudy-gateway.service',
    mode: '0644',
    owner: 'root:root',
    content: `[Unit]
Description=Gateway of demo
Requires=understudy-gateway.socket
Wants=network-online.target
After=network-online.target understudy-gateway.socket
Before=understudy-service.service
StartLimitIntervalSec=0

[Service]
Type=exec
# A user that exists while the gateway runs, and that owns nothing.
DynamicUser=yes
User=understudy-gateway
WorkingDirectory=/opt/understudy-gateway/current
EnvironmentFile=/etc/understudy/gateway.env
ExecStartPre=+/bin/sh -c 'PATH=/usr/bin:/bin; mkdir -p /run/understudy && sha256sum /etc/understudy/gateway.env /etc/systemd/system/understudy-gateway.service > /run/understudy/gateway-started && readlink -f /opt/understudy-gateway/current >> /run/understudy/gateway-started'
ExecStart=/opt/understudy-gateway/current/bin/node gateway.mjs
Restart=always
RestartSec=100ms
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec=16s
# Its connections to the application and to the nodes.
LimitNOFILE=65535
MemoryMax=768M
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
KeyringMode=private
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`,
  });
});

test('the placeholders of the start command are replaced, its program is found in the release, and it is quoted for systemd', () => {
  const start = (command: readonly string[]): string => {
    const files = serviceFiles(service({ ...topology, service: { ...topology.service, command } }));
    return /^ExecStart=(.*)$/m.exec(contentOf(files, '/etc/systemd/system/understudy-service.service'))![1]!;
  };
  assert.equal(start(['bin/node', 'service.mjs']), '/opt/understudy/current/bin/node service.mjs');
  assert.equal(
    start(['/usr/bin/gunicorn', '-w', '{workers}', '-b', '{host}:{port}', 'app:app']),
    '/usr/bin/gunicorn -w 2 -b 10.20.0.31:5000 app:app',
  );
  assert.equal(start(['gunicorn', 'a b', '100%', '$HOME', 'q"']), 'gunicorn "a b" 100%% "$$HOME" "q\\""');
});

test('the service runs as its own user, restarts always, and drains before it stops', () => {
  const unit = contentOf(serviceFiles(service(topology)), '/etc/systemd/system/understudy-service.service');
  for (const line of [
    'User=understudy',
    'Restart=always',
    'KillSignal=SIGTERM',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
  ]) {
    assert.ok(unit.split('\n').includes(line), line);
  }
});

test('user data above the limit is an error with a remedy', () => {
  const installer = engineInstaller(
    'elasticsearch',
    '9.5.3',
    vendorRepository({ engine: 'elasticsearch', version: '9.5.3' }),
  );
  const text = bootUserData({
    hostname: 'demo-search-1',
    authorizedKeys: ['ssh-ed25519 AAAA x'],
    files: [installer],
    commands: [],
  });
  assert.ok(text.startsWith('#cloud-config\nhostname: demo-search-1\n'));
  assert.ok(Buffer.byteLength(text) < userDataLimitBytes / 2);
  assert.match(
    text,
    /signed-by=\/etc\/apt\/keyrings\/understudy-engine\.asc\] https:\/\/artifacts\.elastic\.co\/packages\/9\.x\/apt stable main/,
  );
  const many = Array.from({ length: 300 }, (_, n) => `ssh-ed25519 ${'A'.repeat(68)} person-${n}`);
  assert.throws(
    () => bootUserData({ hostname: 'demo-search-1', authorizedKeys: many, files: [], commands: [] }),
    (error: unknown) => error instanceof UnderstudyError && error.code === 'machines-user-data-too-long',
  );
});

test('a file has the same hash as sha256sum gives, and words are quoted only where necessary', () => {
  assert.equal(contentHash('x\n'), '73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac');
  assert.equal(shellLine(['echo', 'a-b_c.d/e:1', "it's", '']), `echo a-b_c.d/e:1 'it'\\''s' ''`);
});
