// Findings about single machines and certificates: one thing of a well system is changed, and the verdict says so.
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { createServer } from 'node:tls';
import { absent, seen as saw, unknown } from '@understudy/foundation';
import { selfSignedCertificate } from '../../src/operation/certificate.ts';
import { assessHealth, type HealthState } from '../../src/status/index.ts';
import { shownCertificate } from '../../src/observe/index.ts';
import type { Topology } from '../../src/topology/index.ts';
import { both, certificate, days, disk, dpkg, engineUnit, machine, topology, well, type Change } from './changes.ts';

const rows: readonly [what: string, change: Change, verdict: HealthState, reason: RegExp | undefined][] = [
  [
    'a disk that fills',
    disk('demo-search-2', '/', { usedPercent: 91 }),
    'degraded',
    /On demo-search-2 the file system of \/ has 91% of its space used/,
  ],
  [
    'a disk of logs and data that is full',
    both(
      disk('demo-search-2', '/var/lib/elasticsearch', { usedPercent: 99 }),
      disk('demo-search-2', '/var/log/elasticsearch', { usedPercent: 99 }),
    ),
    'degraded',
    /file system of \/var\/lib\/elasticsearch, \/var\/log\/elasticsearch has 99%/,
  ],
  [
    'a disk without inodes',
    disk('demo-service-1', '/', { inodesUsedPercent: 100 }),
    'degraded',
    /On demo-service-1 .* has 100% of its inodes used/,
  ],
  [
    'a disk that is not read',
    machine('demo-service-1', () => ({ disks: { '/': unknown('stat ended with 1', 'machines-unreadable') } })),
    'unknown',
    /The use of \/ on demo-service-1 could not be read/,
  ],
  [
    'a unit that restarts in a loop',
    engineUnit('demo-search-1', { restarts: 7, result: 'oom-kill', active: 'activating', sub: 'auto-restart' }),
    'degraded',
    /restarted elasticsearch\.service on demo-search-1 7 times; its last run ended with oom-kill/,
  ],
  [
    'a unit that is active between two ends',
    engineUnit('demo-search-1', { restarts: 5, sinceActiveS: 20 }),
    'degraded',
    /5 times\./,
  ],
  ['restarts of long ago', engineUnit('demo-search-1', { restarts: 9, sinceActiveS: 5000 }), 'healthy', undefined],
  [
    'a unit that failed',
    engineUnit('demo-search-1', { active: 'failed', result: 'exit-code' }),
    'degraded',
    /is failed \(exit-code\), not active/,
  ],
  ['an interrupted installation', dpkg('elasticsearch'), 'degraded', /demo-search-1 was interrupted: elasticsearch/],
  [
    'an installation that goes on',
    both(
      dpkg('elasticsearch'),
      machine('demo-search-1', () => ({ locks: { '/var/lib/dpkg/lock': saw({ pid: 7, command: 'apt' }) } })),
    ),
    'healthy',
    undefined,
  ],
  [
    'packages that are not read',
    machine('demo-search-1', () => ({ dpkg: unknown('ls ended with 5', 'machines-unreadable') })),
    'unknown',
    /state of the packages on demo-search-1/,
  ],
  [
    'cloud-init failed on a machine that serves',
    machine('demo-search-1', () => ({ cloudInit: saw({ status: 'error', errors: ['x'], runningS: undefined }) })),
    'healthy',
    undefined,
  ],
  ['a certificate for a year', certificate(days(300)), 'healthy', undefined],
  ['a certificate for three weeks', certificate(days(21)), 'healthy', undefined],
  ['a certificate for three days', certificate(days(3)), 'degraded', /in less than 7 days/],
  ['a certificate that is over', certificate(days(-1)), 'down', /port 443 has expired on/],
];

describe('the verdict and its first reason', () => {
  for (const [what, change, verdict, reason] of rows) {
    test(`${what}: ${verdict}`, () => {
      const status = assessHealth(change(well), topology);
      assert.equal(status.verdict, verdict);
      if (reason) assert.match(status.reasons[0]!, reason);
      else assert.deepEqual(status.reasons, []);
    });
  }
});

test('what failed in cloud-init is named while the machine does not serve', () => {
  const unborn = { units: { 'elasticsearch.service': absent } };
  const ids = (cloudInit: object): string[] =>
    assessHealth(
      machine('demo-search-1', () => ({ ...unborn, cloudInit: saw(cloudInit) }))(well),
      topology,
    ).findings.map(({ id }) => id);
  assert.deepEqual(ids({ status: 'done', errors: [] }), ['unit-not-active']);
  assert.deepEqual(ids({ status: 'error', errors: ['no network'] }), ['unit-not-active', 'cloud-init-failed']);
  assert.deepEqual(ids({ status: 'running', errors: [], runningS: 60 }), ['unit-not-active']);
  assert.deepEqual(ids({ status: 'running', errors: [], runningS: 1000 }), ['unit-not-active', 'cloud-init-stuck']);
});

test('the command is for the machine that it is about', () => {
  const repair = (change: Change): string => assessHealth(change(well), topology).findings[0]?.repair ?? '';
  const address = (label: string): string =>
    well.objects.instances.find((instance) => instance.label === label)?.ipv4[0] ?? '';
  assert.equal(repair(dpkg()), `ssh root@${address('demo-search-1')} 'dpkg --configure -a'`);
  assert.equal(
    repair(disk('demo-service-2', '/', { usedPercent: 95 })),
    `ssh root@${address('demo-service-2')} 'du -x -h --threshold=100M --max-depth=2 /'`,
  );
  assert.equal(
    repair(engineUnit('demo-search-3', { restarts: 6, sinceActiveS: 2 })),
    `ssh root@${address('demo-search-3')} 'journalctl -u elasticsearch.service -n 50 --no-pager'`,
  );
});

test('whose certificate it is decides what mends it, and a month before its end it is a notice', () => {
  const listeners = (given: object): Topology => ({
    ...topology,
    balancer: { ...topology.balancer, listeners: [{ port: 443, protocol: 'https', ...given }] },
  });
  const files = { certificate: { certPath: '/tls/chain.pem', keyPath: '/tls/key.pem' } };
  const soon = assessHealth(certificate(days(21))(well), listeners(files));
  assert.deepEqual(
    soon.notices.map(({ id, repair }) => [id, repair]),
    [
      [
        'certificate-expires',
        'Put a new certificate in /tls/chain.pem and its key in /tls/key.pem, then: understudy apply',
      ],
    ],
  );
  const over = assessHealth(certificate(days(-1))(well), listeners({ certificate: 'self-signed' }));
  assert.equal(over.findings.find(({ id }) => id === 'certificate-expired')?.repair, 'understudy apply');
});

test('a real TLS port that shows an expired certificate is found out', async () => {
  const past = Date.parse(well.at) - 500 * 86_400_000;
  const { certificatePem, keyPem } = await selfSignedCertificate('demo.test', undefined, past);
  const server = createServer({ cert: certificatePem, key: keyPem.reveal() });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const shows = await shownCertificate('127.0.0.1', port);
    const status = assessHealth({ ...well, certificates: { [port]: shows } }, topology);
    assert.equal(status.verdict, 'down');
    assert.equal(status.findings[0]?.id, 'certificate-expired');
  } finally {
    server.close();
  }
});
