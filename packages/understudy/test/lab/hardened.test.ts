// A fresh system on real machines: its certificate from Pebble by the lab's own domains, what its machines do for themselves, how far its
// service is confined, and who reaches which port. Needs root, and no lab on this host.
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '@understudy/foundation';
import { labDown, labEndpoint, labUp } from '@understudy/lab';
import { observe, observeObjects, targetOf } from '../../src/observe/index.ts';
import { openSession, resolveIntent, type Session } from '../../src/operation/session.ts';
import type { Intent } from '../../src/operation/index.ts';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import type { Status } from '../../src/status/index.ts';
import { pebbleMissing, startPebble, type Pebble } from '../acme/pebble.ts';
import { accepts } from './accepts.ts';
import { printedOn } from './on-machine.ts';
import { useOwnDirectories } from './own-directories.ts';
import { toolLogin } from './tool-login.ts';

const topologyOf = (directoryUrl: string): string => `
name: hard
region: us-ord
access: { adminNetworks: [198.18.0.1/32] }
search: { version: 9.5.3, heap: 512m, index: { name: documents, shards: 3 } }
balancer:
  listeners:
    - { port: 80 }
    - { port: 443, protocol: https, certificate: { acme: { domains: [search.example.org], directory: "${directoryUrl}" } } }
`;

/** Reads every packet of the machine for 10 s: bytes by port, and whether the planted word was among them. */
const capture = `
import json, socket, sys, time
marker, seen, end = sys.argv[1].encode(), {}, time.time() + 10
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
wire.settimeout(0.5)
while time.time() < end:
    try:
        packet = wire.recv(65535)
    except socket.timeout:
        continue
    if len(packet) < 54 or packet[12:14] != b'\\x08\\x00' or packet[23] != 6:
        continue
    tcp = 14 + (packet[14] & 15) * 4
    for at in (tcp, tcp + 2):
        port = int.from_bytes(packet[at:at + 2], 'big')
        if port in (5000, 9200, 9300):
            one = seen.setdefault(port, {'bytes': 0, 'readable': False})
            one['bytes'] += len(packet)
            one['readable'] = one['readable'] or marker in packet
print(json.dumps(seen))
`;

const missing = await pebbleMissing();

describe('a fresh system', { skip: missing }, () => {
  let base = '';
  let pebble: Pebble;
  let session: Session;
  let intent: Intent;
  let status: Status;

  before(async () => {
    const own = await useOwnDirectories();
    base = own.base;
    await labUp({ cacheDirectory: own.cache, logger: silentLogger });
    const { apiUrl, token, nameServer } = await labEndpoint();
    const domain = { domain: 'example.org', type: 'master', soa_email: 'ops@example.org' };
    const headers = { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' };
    const made = await fetch(`${apiUrl}/domains`, { method: 'POST', headers, body: JSON.stringify(domain) });
    assert.equal(made.status, 200);
    pebble = await startPebble(nameServer);
    const topologyPath = path.join(base, 'topology.yaml');
    await writeFile(topologyPath, topologyOf(pebble.directoryUrl));
    session = await openSession({ topologyPath, target: 'lab', logger: silentLogger });
    intent = await resolveIntent(session);
    ({ status } = await apply(session.world, intent, { confirm: confirmAll }));
  });

  after(async () => {
    await session[Symbol.asyncDispose]();
    await pebble[Symbol.asyncDispose]();
    await labDown({ logger: silentLogger });
    await rm(base, { recursive: true, force: true });
  });

  async function on(label: string, script: string): Promise<string> {
    return (await printedOn(session.world, 'hard', label, script)).trim();
  }

  const machine = (label: string): Status['machines'][number] => status.machines.find(({ name }) => name === label)!;

  it('is healthy, and the second plan is empty', async () => {
    assert.equal(status.verdict, 'healthy');
    assert.deepEqual(status.notices, []);
    const again = await resolveIntent(session);
    assert.deepEqual(plan(again, await observe(session.world, intent.topology)), { steps: [], obstacles: [] });
  });

  /** By https, with a certificate that the root of the authority verifies: the status. */
  async function byHttps(path: string, body?: object): Promise<number | undefined> {
    const ca = await pebble.root();
    const { hostname } = new URL(status.balancer.urls.find((candidate) => candidate.startsWith('https:'))!);
    const to = { host: hostname, path, ca, servername: 'search.example.org' };
    const sent = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' } };
    return await new Promise((resolve, reject) => {
      request({ ...to, ...sent, headers: { ...sent.headers, ...toolLogin(session) } }, (answer) =>
        resolve(answer.resume().statusCode),
      )
        .once('error', reject)
        .end(body && JSON.stringify(body));
    });
  }

  it('answers users by https, and sends those who come by http there', async () => {
    assert.equal(await byHttps('/healthz'), 200);
    const url = status.balancer.urls.find((candidate) => candidate.startsWith('http:'))!;
    const answer = await fetch(`${url}/search?q=fox`, { redirect: 'manual' });
    assert.equal(answer.status, 308);
    assert.equal(answer.headers.get('location'), `${url.replace('http:', 'https:')}/search?q=fox`);
  });

  it('has no record of the challenge any more', async () => {
    const [domain] = await session.world.linode.domains.list();
    assert.deepEqual(await session.world.linode.domains.records.list(domain!.id), []);
  });

  it('upgrades security fixes by itself, and bounds its journal', async () => {
    for (const label of ['hard-search-1', 'hard-service-1']) {
      assert.equal(await on(label, 'systemctl is-enabled understudy-upgrades.timer'), 'enabled');
      assert.equal(await on(label, 'systemctl is-active understudy-upgrades.timer'), 'active');
      assert.match(
        await on(label, 'apt-config dump Unattended-Upgrade::Origins-Pattern'),
        /origin=Debian,codename=\$\{distro_codename\}-security,label=Debian-Security/,
      );
      assert.match(await on(label, 'journalctl -u systemd-journald -o cat'), /max 500(?:\.0)?M/);
    }
  });

  it('confines the service', async () => {
    const said = await on(
      'hard-service-1',
      'systemd-analyze security --no-pager understudy-service.service | tail -n 1',
    );
    const exposure = Number(/exposure level for understudy-service\.service: ([\d.]+)/.exec(said)?.[1]);
    assert.ok(exposure > 0 && exposure <= 2, said);
  });

  it('shows nothing readable to whoever reads the wire between service and engine, and between engines', async () => {
    const marker = `planted-${Math.random().toString(36).slice(2)}`;
    const captured = async (label: string) => {
      const { instances } = await observeObjects(session.world.linode, 'hard');
      const instance = instances.find((candidate) => candidate.label === label)!;
      const command = ['python3', '-c', capture, marker];
      const { code, stdout, stderr } = await session.world.runner.run(targetOf(instance), command);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout) as Record<string, { bytes: number; readable: boolean }>;
    };
    const captures = Promise.all(['hard-search-1', 'hard-service-1', 'hard-service-2'].map(captured));
    await sleep(2_000);
    for (let n = 0; n < 60; n += 1) {
      assert.equal(await byHttps('/index', { id: `wire-${n}`, data: { text: marker } }), 201);
    }
    const [search, ...services] = await captures;
    assert.ok(search!['9300']!.bytes > 20_000, JSON.stringify(search));
    assert.deepEqual([search!['9200']?.readable ?? false, search!['9300']!.readable], [false, false]);
    // The balancer speaks plain HTTP inside the VPC, which shows that the capture finds what is readable.
    assert.ok(
      services.some((seen) => seen['5000']?.readable),
      JSON.stringify(services),
    );
    for (const seen of services) assert.equal(seen['9200']?.readable, false, JSON.stringify(seen));
  });

  it('lets everybody reach exactly the ports that they need', async () => {
    const [search, other, service] = ['hard-search-1', 'hard-search-2', 'hard-service-1'].map(machine);
    const [peer] = ['hard-service-2'].map(machine);
    const balancer = new URL(status.balancer.urls[0]!).hostname;
    const outside = async (host: string, ports: readonly number[]): Promise<number[]> => {
      const open = await Promise.all(ports.map(async (port) => ((await accepts(host, port)) ? [port] : [])));
      return open.flat();
    };
    const all = [22, 80, 443, 5000, 9200, 9300];
    assert.deepEqual(await outside(search!.addresses.public!, all), [22]);
    assert.deepEqual(await outside(service!.addresses.public!, all), [22]);
    assert.deepEqual(await outside(balancer, all), [80, 443]);
    const inside = (from: string, to: string): Promise<string> =>
      on(
        from,
        `for port in ${all.join(' ')}; do timeout 2 bash -c "exec 3<>/dev/tcp/${to}/$port" 2>/dev/null && printf '%s ' $port; done; true`,
      );
    assert.deepEqual(
      {
        'search to search': await inside('hard-search-1', other!.addresses.vpc),
        'service to search': await inside('hard-service-1', search!.addresses.vpc),
        'search to service': await inside('hard-search-1', service!.addresses.vpc),
        'service to service': await inside('hard-service-1', peer!.addresses.vpc),
      },
      {
        'search to search': '9200 9300',
        'service to search': '9200',
        'search to service': '',
        'service to service': '5000',
      },
    );
  });
});
