// Findings about the gateway: one thing of a well system is changed, and the status says what users notice and what to do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seen as saw, unknown } from '@understudy/foundation';
import { gatewayProbe } from '../../src/machines/index.ts';
import { observe } from '../../src/observe/index.ts';
import { apply, confirmAll } from '../../src/reconcile/index.ts';
import { assessHealth } from '../../src/status/index.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';
import { machine, topology as builtIn, well as withoutGateway, type Change } from './changes.ts';

const { topology, ...rest } = await sampleIntent(
  `${sampleText}service: { runtime: none, artifact: ./app, command: [./start] }\n`,
);
const well = await (async () => {
  await using sim = await simulatedWorld();
  await apply(sim.world, { topology, ...rest }, { confirm: confirmAll });
  return await observe(sim.world, topology);
})();

const unit = 'understudy-gateway.service';
const socket = 'understudy-gateway.socket';
const label = 'demo-service-1';

const units = (name: string, change: object): Change =>
  machine(label, (seen) => {
    const there = seen.units[name];
    assert.ok(there?.state === 'seen');
    return { units: { ...seen.units, [name]: saw({ ...there.value, ...change }) } };
  });
const answer = (health: object): Change =>
  machine(label, (seen) => {
    const there = seen.health[gatewayProbe];
    assert.ok(there?.state === 'seen');
    return { health: { ...seen.health, [gatewayProbe]: saw({ ...there.value, ...health }) } };
  });

const rows: readonly (readonly [
  what: string,
  change: Change,
  id: string | undefined,
  reason: RegExp,
  repair: RegExp,
])[] = [
  ['nothing', (seen) => seen, undefined, /^/, /^/],
  [
    'its socket is closed',
    units(socket, { active: 'inactive' }),
    'gateway-not-active',
    /gateway\.socket on demo-service-1 is inactive/,
    /apply$/,
  ],
  [
    'it does not run',
    units(unit, { active: 'failed' }),
    'gateway-not-active',
    /gateway\.service on demo-service-1 is failed/,
    /apply$/,
  ],
  [
    'it ends again and again',
    units(unit, { active: 'activating', sub: 'auto-restart', restarts: 9 }),
    'gateway-restarts',
    /restarted understudy-gateway\.service on demo-service-1 9 times/,
    /^ssh root@\S+ 'journalctl -u understudy-gateway\.service/,
  ],
  [
    'it hangs',
    answer({ outcome: 'timeout', status: undefined, tookMs: 3004 }),
    'gateway-not-answering',
    /does not answer on 127\.0\.0\.1:9200 \(timeout after 3004 ms\)/,
    /journalctl/,
  ],
  [
    'it reaches no node',
    answer({ status: 503 }),
    'gateway-without-node',
    /reaches no node of the engine/,
    /understudy status/,
  ],
  [
    'its unit could not be read',
    machine(label, (seen) => ({
      units: { ...seen.units, [unit]: unknown('systemctl did not answer', 'machines-no-answer') },
    })),
    'gateway-unread',
    /understudy-gateway\.service on demo-service-1 could not be read/,
    /^Run status again/,
  ],
];

for (const [what, change, id, reason, repair] of rows)
  test(`gateway: ${what}`, () => {
    const { findings, verdict, machines } = assessHealth(change(well), topology);
    const [first] = findings;
    assert.equal(first?.id, id);
    if (first === undefined) {
      assert.equal(verdict, 'healthy');
      assert.equal(machines.find(({ name }) => name === label)?.gateway, 'active');
      return;
    }
    assert.equal(findings.length, 1);
    assert.match(first.reason, reason);
    assert.match(first.repair, repair);
    assert.equal(verdict, id === 'gateway-unread' ? 'unknown' : 'degraded');
  });

test('a system without a gateway has no finding about one', () => {
  const { verdict, machines } = assessHealth(withoutGateway, builtIn);
  assert.equal(verdict, 'healthy');
  assert.deepEqual([...new Set(machines.map(({ gateway }) => gateway))], [null]);
});
