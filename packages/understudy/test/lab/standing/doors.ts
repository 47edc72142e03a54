// A system with https on real machines: its certificate from Pebble by the lab's own domains, what its machines do for themselves, how far
// its service is confined, and who reaches which port.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { labEndpoint } from '@understudy/lab';
import { observe, observeObjects, targetOf } from '../../../src/observe/index.ts';
import { resolveIntent, type Session } from '../../../src/operation/session.ts';
import type { Intent } from '../../../src/operation/index.ts';
import { apply, confirmAll, plan } from '../../../src/reconcile/index.ts';
import type { Status } from '../../../src/status/index.ts';
import { pebbleMissing, startPebble, type Pebble } from '../../acme/pebble.ts';
import { printedOn } from '../on-machine.ts';
import { listening, openPorts } from './ports.ts';
import { answered, hidingWays, slowRequests, type TlsPlace } from './raw-requests.ts';
import { topologyText, type StandingSystem } from './system.ts';
import { toolLogin } from '../tool-login.ts';

/** Adds a listener with a certificate of this authority. */
const topologyOf = (directoryUrl: string): string =>
  topologyText.replace(
    'listeners: [',
    `listeners: [{ port: 443, protocol: https, certificate: { acme: { domains: [search.example.org], directory: "${directoryUrl}" } } }, `,
  );

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

/** A port on which nobody listens cannot answer, so those of any machine are all that can; with --full each port is tried. */
const isFull = process.env['UNDERSTUDY_FULL'] === '1';
const alwaysAsked = '22,80,443,5000,9200,9300';

const missing = await pebbleMissing();

/** As a user makes it in Linode's Cloud Manager. */
async function made(what: string, body: object): Promise<void> {
  const { apiUrl, token } = await labEndpoint();
  const headers = { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' };
  const answer = await fetch(`${apiUrl}/${what}`, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(answer.status, 200);
}

/** Last, for it leaves the system with https. */
export function doorsOf(system: () => StandingSystem): void {
  describe('a system with https', { skip: missing }, () => {
    let pebble: Pebble;
    let session: Session;
    let intent: Intent;
    let status: Status;

    before(async () => {
      await made('domains', { domain: 'example.org', type: 'master', soa_email: 'ops@example.org' });
      pebble = await startPebble((await labEndpoint()).nameServer);
      await writeFile(system().topologyPath, topologyOf(pebble.directoryUrl));
      session = await system().session();
      intent = await resolveIntent(session);
      ({ status } = await apply(session.world, intent, { confirm: confirmAll }));
    });

    after(async () => {
      await session[Symbol.asyncDispose]();
      await pebble[Symbol.asyncDispose]();
    });

    const tlsPlace = async (): Promise<TlsPlace> => {
      const { hostname } = new URL(status.balancer.urls.find((candidate) => candidate.startsWith('https:'))!);
      return { host: hostname, ca: await pebble.root(), servername: 'search.example.org' };
    };

    async function on(label: string, script: string): Promise<string> {
      return (await printedOn(session.world, 'demo', label, script)).trim();
    }

    const machine = (label: string): Status['machines'][number] => status.machines.find(({ name }) => name === label)!;

    it('is healthy, and the second plan is empty', async () => {
      assert.equal(status.verdict, 'healthy');
      assert.deepEqual(status.notices, []);
      const again = await resolveIntent(session);
      assert.deepEqual(plan(again, await observe(session.world, intent.topology)), { steps: [], obstacles: [] });
    });

    /** By https, with a certificate that the root of the authority verifies: the status. */
    async function byHttps(
      target: string,
      body?: object,
      servername = 'search.example.org',
    ): Promise<number | undefined> {
      const to = { ...(await tlsPlace()), path: target, servername };
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
      for (const label of ['demo-search-1', 'demo-service-1']) {
        assert.equal(await on(label, 'systemctl is-enabled understudy-upgrades.timer'), 'enabled');
        assert.equal(await on(label, 'systemctl is-active understudy-upgrades.timer'), 'active');
        // The lab's machines have the timers of apt masked, which is no fault of theirs.
        assert.equal(await on(label, 'systemctl start understudy-upgrades.service && echo done'), 'done');
        assert.match(
          await on(label, 'apt-config dump Unattended-Upgrade::Origins-Pattern'),
          /origin=Debian,codename=\$\{distro_codename\}-security,label=Debian-Security/,
        );
        assert.match(await on(label, 'journalctl -u systemd-journald -o cat'), /max 500(?:\.0)?M/);
      }
    });

    it('confines the service', async () => {
      const said = await on(
        'demo-service-1',
        'systemd-analyze security --no-pager understudy-service.service | tail -n 1',
      );
      const exposure = Number(/exposure level for understudy-service\.service: ([\d.]+)/.exec(said)?.[1]);
      assert.ok(exposure > 0 && exposure <= 2, said);
    });

    it('shows nothing readable to whoever reads the wire between service and engine, and between engines', async () => {
      const marker = `planted-${Math.random().toString(36).slice(2)}`;
      const captured = async (label: string) => {
        const { instances } = await observeObjects(session.world.linode, 'demo');
        const instance = instances.find((candidate) => candidate.label === label)!;
        const command = ['python3', '-c', capture, marker];
        const { code, stdout, stderr } = await session.world.runner.run(targetOf(instance), command);
        assert.equal(code, 0, stderr);
        return JSON.parse(stdout) as Record<string, { bytes: number; readable: boolean }>;
      };
      const captures = Promise.all(['demo-search-1', 'demo-service-1', 'demo-service-2'].map(captured));
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

    const portsAsked = async (): Promise<string> => {
      if (isFull) return '1-65535';
      const labels = status.machines.map(({ name }) => name);
      const known = await Promise.all(labels.map((label) => on(label, listening)));
      return [...new Set([alwaysAsked, ...known].join(',').split(','))].sort((a, b) => Number(a) - Number(b)).join(',');
    };

    it('lets everybody reach exactly the ports that they need', async (t) => {
      const [search, other, service] = ['demo-search-1', 'demo-search-2', 'demo-service-1'].map(machine);
      const [peer] = ['demo-service-2'].map(machine);
      const balancer = new URL(status.balancer.urls[0]!).hostname;
      const ports = await portsAsked();
      t.diagnostic(`asked: ${ports}`);
      const outside = async (host: string): Promise<string> =>
        (await promisify(execFile)('sh', ['-c', openPorts(host, ports)])).stdout.trim();
      assert.equal(await outside(search!.addresses.public!), '22');
      assert.equal(await outside(service!.addresses.public!), '22');
      assert.equal(await outside(balancer), '80 443');
      const inside = (from: string, to: string): Promise<string> => on(from, openPorts(to, ports));
      assert.deepEqual(
        {
          'search to search': await inside('demo-search-1', other!.addresses.vpc),
          'service to search': await inside('demo-service-1', search!.addresses.vpc),
          'search to service': await inside('demo-search-1', service!.addresses.vpc),
          'service to service': await inside('demo-service-1', peer!.addresses.vpc),
          'search to balancer': await inside('demo-search-1', balancer),
          'service to balancer': await inside('demo-service-1', balancer),
        },
        {
          'search to search': '9200 9300',
          'service to search': '9200',
          'search to service': '',
          'service to service': '5000',
          'search to balancer': '80 443',
          'service to balancer': '80 443',
        },
      );
    });

    it('gives a machine of another system in the same VPC nothing at all', async () => {
      const { linode } = session.world;
      const [vpc] = await linode.vpcs.list();
      const subnetId = vpc!.subnets[0]!.id;
      const { region, image } = intent.topology;
      const stranger = await linode.instances.create({
        ...{ region, image, type: 'g6-standard-1', label: 'stranger', tags: [], booted: true },
        ...{ authorized_keys: intent.authorizedKeys, interface_generation: 'legacy_config' },
        interfaces: [
          { purpose: 'public', primary: true },
          { purpose: 'vpc', subnet_id: subnetId, ipv4: { vpc: '10.20.0.200' } },
        ],
      });
      try {
        await linode.waitForStatus(stranger.id, ['running']);
        const target = targetOf(stranger);
        await session.world.runner.forget(target.address);
        const from = async (script: string): Promise<string> =>
          (await session.world.runner.run(target, ['bash', '-c', script])).stdout.trim();
        for (let attempt = 0; ; attempt += 1) {
          const up = await from('hostname').catch((error: unknown) => error);
          if (!(up instanceof Error)) break;
          assert.ok(attempt < 60, String(up));
          await sleep(1_000);
        }
        const ports = await portsAsked();
        const open = (to: string): Promise<string> => from(openPorts(to, ports));
        const vpcOf = (label: string): string => machine(label).addresses.vpc;
        const balancer = new URL(status.balancer.urls[0]!).hostname;
        assert.deepEqual(
          {
            search: await open(vpcOf('demo-search-1')),
            service: await open(vpcOf('demo-service-1')),
            'search from outside': await open(machine('demo-search-1').addresses.public!),
            balancer: await open(balancer),
          },
          // That the balancer answers shows that the probe finds what is open.
          { search: '', service: '', 'search from outside': '', balancer: '80 443' },
        );
      } finally {
        await linode.instances.delete(stranger.id);
        await linode.waitForStatus(stranger.id, ['gone']);
      }
    });

    it('carries out no request that is hidden in another one', async () => {
      const place = await tlsPlace();
      const login = Object.entries(toolLogin(session)).map(([name, value]) => `${name}: ${value}\r\n`);
      const head = (more: string): string =>
        `POST /index HTTP/1.1\r\nHost: search.example.org\r\n${login.join('')}Content-Type: application/json\r\n${more}`;
      const write = (id: string): string => {
        const body = JSON.stringify({ id, data: { text: 'hidden' } });
        return `${head(`Content-Length: ${body.length}\r\n`)}\r\n${body}`;
      };
      assert.match(await answered(place, write('hidden-alone')), /^HTTP\/1\.1 201 /);
      assert.equal(await byHttps('/documents/hidden-alone'), 200, 'by itself it is carried out');
      const names = Object.keys(hidingWays('', ''));
      for (const [at, name] of names.entries()) {
        const said = await answered(place, hidingWays(head(''), write(`hidden-${at}`))[name]!);
        assert.ok(said.split('HTTP/1.1 ').length <= 2, `${name}: more than one answer: ${said}`);
        assert.equal(await byHttps(`/documents/hidden-${at}`), 404, name);
      }
    });

    it('answers users while hundreds of requests never end', async () => {
      const place = await tlsPlace();
      const login = Object.entries(toolLogin(session)).map(([name, value]) => `${name}: ${value}\r\n`);
      const start = `POST /index HTTP/1.1\r\nHost: search.example.org\r\n${login.join('')}`;
      await using _headers = await slowRequests(place, 200, `${start}X-Slow: `);
      const body = `${start}Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n{"id":"slow","data":{"text":"`;
      await using _bodies = await slowRequests(place, 200, body);
      const took: number[] = [];
      for (const end = performance.now() + 10_000; performance.now() < end; await sleep(200)) {
        const began = performance.now();
        assert.equal(await byHttps('/search?q=fox'), 200);
        took.push(performance.now() - began);
      }
      assert.ok(Math.max(...took) < 3_000, took.map(Math.round).join(' '));
    });

    it('gets a certificate for another name by http-01, first an error that says which record is missing', async () => {
      const { hostname: address } = new URL(status.balancer.urls[0]!);
      const asked = topologyOf(pebble.directoryUrl).replace(
        'domains: [search.example.org]',
        'domains: [www.example.org], challenge: http-01',
      );
      await writeFile(system().topologyPath, asked);
      const applied = async () => {
        await using other = await system().session();
        return await apply(other.world, await resolveIntent(other), { confirm: confirmAll });
      };
      await assert.rejects(
        applied(),
        new RegExp(`www\\.example\\.org: the DNS has no address.* record A with ${address}`),
      );
      assert.equal(await byHttps('/healthz'), 200, 'the certificate that it has stays');
      const [domain] = await session.world.linode.domains.list();
      await made(`domains/${domain!.id}/records`, { type: 'A', name: 'www', target: address });
      const { done } = await applied();
      assert.ok(done.some(({ id }) => String(id) === 'demo-balancer/certificate-443'));
      await assert.rejects(byHttps('/healthz'), /search\.example\.org/);
      assert.equal(await byHttps('/healthz', undefined, 'www.example.org'), 200);
      for (const label of ['demo-service-1', 'demo-service-2'])
        assert.equal(await on(label, 'ls /etc/understudy/acme-challenges'), '');
      await using other = await system().session();
      const seen = await observe(other.world, other.topology);
      assert.deepEqual(plan(await resolveIntent(other), seen), { steps: [], obstacles: [] });
    });
  });
}
