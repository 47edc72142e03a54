// Why a backend is not served: each cause is named with what was seen, and what could not be read stays unknown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seen as saw, unknown } from '@understudy/foundation';
import { healthProbe } from '../../src/machines/index.ts';
import { assessHealth } from '../../src/status/index.ts';
import { machinePlans, parseTopology, type Topology } from '../../src/topology/index.ts';
import { sampleText } from '../simulation/sample-intent.ts';
import { both, instances, machine, nodes, topology, unreached, well, type Change } from './changes.ts';

const label = 'demo-service-1';
const down = nodes((name) => (name === label ? { status: 'DOWN' } : {}));
const plan = machinePlans(topology).find((one) => one.label === label)!;
const answer = { outcome: 'answered', tookMs: 12, status: 200, body: 'ok', onLoopback: false, why: '' } as const;

const health = (change: object, of: Topology = topology): Change =>
  machine(label, () => ({ health: { [healthProbe(of, plan)]: saw({ ...answer, ...change }) } }));
const unit = (change: object): Change =>
  machine(label, ({ units }) => {
    const service = units['understudy-service.service'];
    assert.ok(service?.state === 'seen');
    return { units: { ...units, 'understudy-service.service': saw({ ...service.value, ...change }) } };
  });
const running = unit({ sinceActiveS: 3600 });
const rules =
  (change: object): Change =>
  (seen) => ({
    ...seen,
    objects: {
      ...seen.objects,
      firewalls: seen.objects.firewalls.map(({ firewall, devices }) => ({
        firewall: { ...firewall, rules: { ...firewall.rules, ...change } },
        devices,
      })),
    },
  });
const active: Change = (seen) => ({
  ...seen,
  objects: {
    ...seen.objects,
    balancers: seen.objects.balancers.map((balancer) => ({
      ...balancer,
      configs: balancer.configs.map(({ config, nodes: all }) => ({
        config: { ...config, check_passive: false },
        nodes: all,
      })),
    })),
  },
});

const rows: readonly [cause: string, change: Change, says: RegExp][] = [
  [
    'health-status',
    both(running, health({ status: 500 })),
    /^demo-service-1 is DOWN on port 80: its health path \/healthz answers 500 on the machine \(checked now, 12 ms\); unit running since \d\d:\d\d UTC\.$/,
  ],
  ['health-timeout', health({ outcome: 'timeout', tookMs: 2004 }), /does not answer on the machine within 2004 ms/],
  ['health-refused', health({ outcome: 'refused' }), /nothing listens on port 5000 of the machine/],
  ['health-loopback', health({ outcome: 'refused', onLoopback: true }), /listens on 127\.0\.0\.1:5000 alone/],
  ['health-closed', health({ outcome: 'closed' }), /closed on the machine without an answer/],
  [
    'unit-failed',
    unit({ active: 'failed', sub: 'failed', ended: 'exit code 3' }),
    /its unit has failed; .* exit code 3/,
  ],
  [
    'unit-restarts',
    unit({ active: 'activating', sub: 'auto-restart', restarts: 17, ended: 'signal 9', result: 'signal' }),
    /restarted 17 times by systemd; its last run ended with signal 9/,
  ],
  ['unit-not-active', unit({ active: 'inactive', sub: 'dead' }), /its unit is inactive/],
  ['machine-off', instances('offline', label), /its machine is offline/],
  ['machine-unread', unreached(label), /why is not known, because the machine could not be read/],
  [
    'machine-unread',
    machine(label, () => ({
      health: { [healthProbe(topology, plan)]: unknown('perl did not answer', 'machines-no-answer') },
    })),
    /why is not known, because its health path could not be read: perl did not answer/,
  ],
  [
    'firewall',
    both(health({}), rules({ inbound: [] })),
    /the firewall demo-service does not let the balancer in on port 5000/,
  ],
  [
    'firewall',
    both(
      health({}),
      rules({ inbound: [{ action: 'ACCEPT', protocol: 'TCP', ports: '5000', addresses: { ipv4: ['10.99.0.0/16'] } }] }),
    ),
    /does not let the balancer in/,
  ],
  ['passive-check', health({}), /checks pass: the passive check put it out/],
  ['unreached', both(health({}), active), /so the balancer does not reach it, or it is just coming back/],
  ['mode', nodes((name) => (name === label ? { status: 'DOWN', mode: 'drain' } : {})), /mode drain on port 80/],
  ['not-checked-yet', nodes((name) => (name === label ? { status: 'Unknown' } : {})), /is Unknown on port 80/],
];

for (const [cause, change, says] of rows)
  test(`${cause}: ${says.source}`, () => {
    const { findings } = assessHealth(both(down, change)(well), topology);
    const finding = findings.find(({ id }) => id === 'backend-not-serving');
    assert.ok(finding);
    assert.equal(finding.cause, cause, finding.reason);
    assert.match(finding.reason, says);
  });

test('a body that the check does not match is named; an expression that JavaScript cannot read concludes nothing', () => {
  const withBody = (body: string) =>
    parseTopology(`${sampleText}balancer: { check: { type: http_body, body: '${body}' } }\n`, { path: '/t.yaml' });
  const causeOf = (of: Topology, body: string) =>
    assessHealth(both(down, health({ body }, of))(well), of).findings.find(({ id }) => id === 'backend-not-serving')
      ?.cause;
  assert.equal(causeOf(withBody('^ready'), 'starting'), 'health-body');
  assert.equal(causeOf(withBody('^ready'), 'ready'), 'passive-check');
  assert.equal(causeOf(withBody('(?<=['), 'starting'), 'passive-check');
});
