// The gateway on the service machines: installed before the application is pointed at it, replaced on one machine after the other, put back
// when it does not serve, removed after the application has left it; and an apply that is killed in the middle converges.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnderstudyError } from '@understudy/foundation';
import { apply, confirmAll, plan, restartGateways, rollService } from '../../src/reconcile/index.ts';
import type { Intent } from '../../src/operation/index.ts';
import { observe } from '../../src/observe/index.ts';
import { assessHealth } from '../../src/status/index.ts';
import { disruptionOf } from '../../src/reconcile/plan/disruption.ts';
import { gatewayId, sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const unit = 'understudy-gateway.service';
const socket = 'understudy-gateway.socket';
const environmentPath = '/etc/understudy/gateway.env';
const services = ['demo-service-1', 'demo-service-2'];
const all = { confirm: confirmAll };

const own = (gateway = 'on', more = ''): string =>
  `${sampleText}service: { runtime: none, artifact: ./app, command: [./start], gateway: ${gateway}${more} }\n`;

/** Intents of one test have the same release, as those of one directory have. */
async function intentOf(text: string, like?: Intent): Promise<Intent> {
  const intent = await sampleIntent(text);
  return like ? { ...intent, release: like.release } : intent;
}

async function planned(sim: SimulatedWorld, intent: Intent) {
  return plan(intent, await observe(sim.world, intent.topology));
}

async function assertConverged(sim: SimulatedWorld, intent: Intent): Promise<void> {
  assert.deepEqual(await planned(sim, intent), { steps: [], obstacles: [] });
}

function environmentOf(sim: SimulatedWorld, label: string, path = environmentPath): string {
  return sim.machine(label).files.get(path)?.content ?? '';
}

test('a new system has it before its application starts, with every node of the engine', async () => {
  await using sim = await simulatedWorld();
  const intent = await intentOf(own());
  const { steps } = await planned(sim, intent);
  for (const label of services) {
    const service = steps.find(({ id }) => id === `${label}/service`);
    assert.ok(service?.after.some((id) => id === `${label}/gateway`));
    const gateway = steps.find(({ id }) => id === `${label}/gateway`);
    assert.ok(gateway?.after.some((id) => id === `${label}/gateway-release`));
  }
  const { status } = await apply(sim.world, intent, all);
  assert.equal(status.verdict, 'healthy');
  for (const label of services) {
    const { units, links, files } = sim.machine(label);
    assert.deepEqual([units.get(unit), units.get(socket)], Array(2).fill({ active: true, enabled: true }));
    assert.equal(links.get('/opt/understudy-gateway/current'), `/opt/understudy-gateway/releases/${gatewayId}`);
    assert.match(environmentOf(sim, label), /^GATEWAY_ENGINE="http:\/\/10\.20\.0\.11:9200,.*\.13:9200"$/m);
    assert.match(files.get('/etc/understudy/service.env')?.content ?? '', /^ES_HOST="http:\/\/localhost:9200"$/m);
  }
  await assertConverged(sim, intent);
});

test('a new release, a setting or other nodes replace it on one machine after the other, and the application is left alone', async () => {
  await using sim = await simulatedWorld();
  const intent = await intentOf(own());
  await apply(sim.world, intent, all);
  const changes: readonly (readonly [string, Intent, RegExp])[] = [
    [
      'a release',
      { ...intent, gatewayRelease: { ...intent.release, id: 'e'.repeat(16) } },
      /has the release d+; e+ is asked for/,
    ],
    ['a setting', await intentOf(own('{ deadlineMs: 5000 }'), intent), /gateway\.env differs/],
    [
      'nodes',
      await intentOf(own().replace('version: 9.5.3', 'version: 9.5.3\n  nodes: 5'), intent),
      /gateway\.env differs/,
    ],
  ];
  for (const [what, next, reason] of changes) {
    const { steps } = await planned(sim, next);
    const replaced = steps.filter(({ task }) => task.kind === 'gateway-change');
    assert.deepEqual(
      replaced.map(({ subject }) => subject),
      services,
      what,
    );
    assert.match(replaced[0]!.reason, reason);
    assert.ok(replaced[1]!.after.includes(replaced[0]!.id));
    const starts = services.map((label) => sim.machine(label).serviceStarts);
    let atOnce = 0;
    for (const label of services)
      sim.machine(label).onGatewayStart = () => {
        const others = services.filter((other) => other !== label);
        if (!others.every((other) => sim.machine(other).units.get(unit)?.active)) atOnce += 1;
      };
    await apply(sim.world, next, all);
    assert.equal(atOnce, 0, what);
    if (what !== 'nodes')
      assert.deepEqual(
        services.map((label) => sim.machine(label).serviceStarts),
        starts,
      );
    await assertConverged(sim, next);
  }
});

test('one that does not serve is put back on the first machine, and the second is not touched', async () => {
  await using sim = await simulatedWorld();
  const intent = await intentOf(own());
  await apply(sim.world, intent, all);
  const next = { ...intent, gatewayRelease: { ...intent.release, id: 'e'.repeat(16) } };
  for (const label of services) sim.machine(label).broken.add('e'.repeat(16));
  const starts = sim.machine('demo-service-2').gatewayStarts;
  await assert.rejects(apply(sim.world, next, all), (error) => {
    assert.ok(error instanceof UnderstudyError);
    assert.equal(error.code, 'reconcile-gateway-rejected');
    assert.match(
      error.message,
      /^The gateway on demo-service-1 did not serve: It ended 3 times .* The one before is back/,
    );
    return true;
  });
  assert.equal(sim.machine('demo-service-2').gatewayStarts, starts);
  for (const label of services)
    assert.equal(
      sim.machine(label).links.get('/opt/understudy-gateway/current'),
      `/opt/understudy-gateway/releases/${gatewayId}`,
    );
  assert.equal(assessHealth(await observe(sim.world, intent.topology), intent.topology).verdict, 'healthy');
  await assertConverged(sim, intent);
});

test('switched off it is removed from a machine after the application there was changed, and nothing is left', async () => {
  await using sim = await simulatedWorld();
  const intent = await intentOf(own());
  await apply(sim.world, intent, all);
  const off = await intentOf(own('off'), intent);
  const { steps } = await planned(sim, off);
  const removed = steps.filter(({ task }) => task.kind === 'gateway-remove');
  assert.deepEqual(
    removed.map(({ subject }) => subject),
    services,
  );
  for (const { subject, after } of removed) assert.ok(after.some((id) => id === `${subject}/service`));
  await apply(sim.world, off, all);
  for (const label of services) {
    const { files, links, units, releases } = sim.machine(label);
    assert.deepEqual(
      [...files.keys(), ...links.keys(), ...units.keys(), ...releases].filter((name) => name.includes('gateway')),
      [],
    );
    assert.match(
      environmentOf(sim, label, '/etc/understudy/service.env'),
      /^ES_HOST="http:\/\/10\.20\.0\.1[12]:9200"$/m,
    );
  }
  await assertConverged(sim, off);
});

test('an application that does not start without it keeps it', async () => {
  await using sim = await simulatedWorld();
  const intent = await intentOf(own());
  await apply(sim.world, intent, all);
  const off = await intentOf(own('off'), intent);
  for (const label of services) sim.machine(label).broken.add('ES_HOST="http://10.20.0.1');
  for (let run = 0; run < 2; run += 1) {
    await assert.rejects(apply(sim.world, off, all), { code: 'reconcile-settings-rejected' });
    for (const label of services) assert.equal(sim.machine(label).units.get(unit)?.active, true);
  }
});

const drifts: readonly (readonly [string, (sim: SimulatedWorld) => unknown, RegExp])[] = [
  ['it is stopped', (sim) => sim.machine('demo-service-1').stop(unit), /The gateway on demo-service-1 is inactive/],
  [
    'its socket is stopped',
    (sim) => sim.machine('demo-service-1').stop(socket),
    /understudy-gateway\.socket is inactive/,
  ],
  [
    'its environment is edited',
    (sim) => (sim.machine('demo-service-1').files.get(environmentPath)!.content += 'A=b\n'),
    /gateway\.env differs/,
  ],
  [
    'its files were written and it was not started again',
    (sim) => (sim.machine('demo-service-1').files.get('/run/understudy/gateway-started')!.content = ''),
    /was started with another \/etc\/understudy\/gateway\.env/,
  ],
  [
    'its unit is not enabled',
    (sim) => (sim.machine('demo-service-1').units.get(unit)!.enabled = false),
    /not enabled at boot/,
  ],
];

test('what was changed outside of the tool is one step, and the application is not restarted for it', async () => {
  await using sim = await simulatedWorld();
  const intent = await intentOf(own());
  await apply(sim.world, intent, all);
  for (const [what, make, reason] of drifts) {
    make(sim);
    const { steps } = await planned(sim, intent);
    assert.deepEqual(
      steps.map(({ id }) => id),
      ['demo-service-1/gateway'],
      what,
    );
    assert.match(steps[0]!.reason, reason);
    await apply(sim.world, intent, all);
    await assertConverged(sim, intent);
  }
});

test('what could not be read is not changed', async () => {
  await using sim = await simulatedWorld();
  const intent = await intentOf(own());
  await apply(sim.world, intent, all);
  const seen = await observe(sim.world, intent.topology);
  const machine = seen.machines['demo-service-1'];
  assert.ok(machine?.state === 'seen');
  const unknown = { state: 'unknown', reason: 'systemctl did not answer', code: 'machines-no-answer' } as const;
  const blind = { ...machine.value, units: { ...machine.value.units, [unit]: unknown } };
  for (const next of [intent, await intentOf(own('off'), intent)]) {
    const { steps, obstacles } = plan(next, {
      ...seen,
      machines: { ...seen.machines, 'demo-service-1': { ...machine, value: blind } },
    });
    assert.deepEqual(
      steps.filter(({ id }) => id.includes('demo-service-1/') && id.includes('gateway')),
      [],
    );
    assert.match(obstacles[0]?.reason ?? '', /understudy-gateway\.service could not be read/);
  }
});

test('a release is not rolled onto machines that lack it', async () => {
  await using sim = await simulatedWorld();
  const off = await intentOf(own('off'));
  await apply(sim.world, off, all);
  const intent = await intentOf(own(), off);
  const roll = rollService(sim.world, intent, { reason: 'A test.', release: 'intended', settings: true });
  await assert.rejects(roll, { code: 'reconcile-gateway-missing' });
  await assert.rejects(restartGateways(sim.world, intent), { code: 'reconcile-gateway-missing' });
  await apply(sim.world, intent, all);
  const starts = services.map((label) => sim.machine(label).gatewayStarts);
  await restartGateways(sim.world, intent);
  assert.deepEqual(
    services.map((label) => sim.machine(label).gatewayStarts),
    starts.map((count) => count + 1),
  );
});

/** An apply from one state to another that is killed at a call, and then run again. */
async function killedThenAgain(from: Intent, to: Intent, atCall: number): Promise<boolean> {
  await using sim = await simulatedWorld();
  await apply(sim.world, from, all);
  const killed = await new Promise<boolean>((resolve) => {
    const { world } = sim.connect({ atCall, moment: 'after', onKill: () => resolve(true) });
    const ended = (): void => resolve(false);
    void apply(world, to, all).then(ended, ended);
  });
  const { status } = await apply(sim.world, to, all);
  assert.equal(status.verdict, 'healthy', `killed after call ${atCall}`);
  await assertConverged(sim, to);
  return killed;
}

for (const [what, from, to] of [
  ['on', 'off', 'on'],
  ['off', 'on', 'off'],
  ['changed', 'on', '{ deadlineMs: 5000 }'],
] as const)
  test(`switched ${what} by an apply that is killed in the middle, it converges when that is run again`, async () => {
    const before = await intentOf(own(from));
    const after = await intentOf(own(to), before);
    // Every seventh call: that of an apply at each one is in killed.test.ts.
    let atCall = 5;
    while (await killedThenAgain(before, after, atCall)) atCall += 7;
    assert.ok(atCall > 30, `only ${atCall} calls were tried`);
  });

test('its steps say what they disrupt', () => {
  const kinds = ['gateway-unpack', 'gateway-start', 'gateway-change', 'gateway-remove'] as const;
  const groups = kinds.map((kind) => disruptionOf({ task: { kind, machine: 'demo-service-1' } })?.group ?? 'none');
  assert.deepEqual(groups, ['none', 'none', 'service', 'none']);
});
