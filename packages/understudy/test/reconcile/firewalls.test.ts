import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, confirmAll, plan, type Plan } from '../../src/reconcile/index.ts';
import { observe } from '../../src/observe/index.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const all = { confirm: confirmAll };

/** Each accepting rule as `ports: addresses`. */
async function rulesOf({ world }: SimulatedWorld, label: string): Promise<Record<string, string[]>> {
  const [firewall] = await world.linode.firewalls.list({ label });
  const { inbound } = firewall!.rules;
  return Object.fromEntries(
    inbound.map(({ ports, addresses }) => [ports ?? 'icmp', [...(addresses.ipv4 ?? []), ...(addresses.ipv6 ?? [])]]),
  );
}

function isBefore(steps: Plan['steps'], first: string, second: string): boolean {
  const at = (id: string): number => {
    const found = steps.findIndex((step) => step.id === id);
    assert.notEqual(found, -1, `${id} is among ${steps.map((step) => step.id).join(', ')}`);
    return found;
  };
  return at(first) < at(second);
}

test('each port is open to those that need it alone', async () => {
  const intent = await sampleIntent(`${sampleText}balancer:\n  allow: [203.0.113.0/24, 2001:db8::/32]\n`);
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  const admins = { '22': ['198.51.100.0/24'], icmp: ['0.0.0.0/0'] };
  const search = ['10.20.0.11/32', '10.20.0.12/32', '10.20.0.13/32'];
  const service = ['10.20.0.31/32', '10.20.0.32/32'];
  assert.deepEqual(await rulesOf(sim, 'demo-search'), { ...admins, '9200': [...search, ...service], '9300': search });
  assert.deepEqual(Object.keys(await rulesOf(sim, 'demo-service')), ['22', '5000', 'icmp']);
  assert.deepEqual(await rulesOf(sim, 'demo-balancer'), {
    '80': ['203.0.113.0/24', '2001:db8::/32'],
    icmp: ['0.0.0.0/0'],
  });
  const [balancer] = await sim.world.linode.nodeBalancers.list({ label: 'demo-balancer' });
  const guards = await sim.world.linode.nodeBalancers.firewalls(balancer!.id);
  assert.deepEqual(
    guards.map(({ label }) => label),
    ['demo-balancer'],
  );
});

test('a machine that leaves is let in until it is gone, a new one before it comes', async () => {
  const five = await sampleIntent(sampleText.replace('search:', 'search:\n  nodes: 5'));
  await using sim = await simulatedWorld();
  await apply(sim.world, await sampleIntent(), all);
  const growth = plan(five, await observe(sim.world, five.topology)).steps;
  assert.ok(isBefore(growth, 'demo-search/update', 'demo-search-4/create'));
  await apply(sim.world, five, all);
  const three = { ...five, topology: (await sampleIntent()).topology };
  const [instance] = await sim.world.linode.instances.list({ label: 'demo-search-5' });
  const { steps } = plan(three, await observe(sim.world, three.topology));
  assert.ok(!steps.some(({ id }) => id === 'demo-search/update'));
  assert.ok(isBefore(steps, `demo-search-5/delete-instance-${instance!.id}`, 'demo-search/narrow'));
  await apply(sim.world, three, all);
  const rules = await rulesOf(sim, 'demo-search');
  assert.deepEqual(rules['9300'], ['10.20.0.11/32', '10.20.0.12/32', '10.20.0.13/32']);
  assert.deepEqual(plan(three, await observe(sim.world, three.topology)), { steps: [], obstacles: [] });
});

test('a machine whose removal is postponed is not shut out', async () => {
  const five = await sampleIntent(sampleText.replace('search:', 'search:\n  nodes: 5'));
  await using sim = await simulatedWorld();
  await apply(sim.world, five, all);
  const three = { ...five, topology: (await sampleIntent()).topology };
  const observation = await observe(sim.world, three.topology);
  const unread = { state: 'unknown', code: 'machines-timeout', reason: 'no answer' } as const;
  const { steps, obstacles } = plan(three, {
    ...observation,
    machines: { ...observation.machines, 'demo-search-1': unread },
  });
  assert.ok(obstacles.length > 0);
  assert.deepEqual(
    steps.filter(({ task }) => task.kind.startsWith('firewall')).map(({ id }) => id),
    [],
  );
});

test("a balancer behind somebody else's firewall is left as it is, and the obstacle says so", async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  const { linode } = sim.world;
  const [balancer] = await linode.nodeBalancers.list({ label: 'demo-balancer' });
  const [own] = await linode.nodeBalancers.firewalls(balancer!.id);
  const [device] = await linode.firewalls.devices.list(own!.id);
  await linode.firewalls.devices.delete(own!.id, device!.id);
  const rules = { inbound: [], inbound_policy: 'ACCEPT', outbound: [], outbound_policy: 'ACCEPT' } as const;
  const company = await linode.firewalls.create({ label: 'company', rules });
  await linode.firewalls.devices.create(company.id, { id: balancer!.id, type: 'nodebalancer' });
  const { steps, obstacles } = plan(intent, await observe(sim.world, intent.topology));
  assert.deepEqual(steps, []);
  assert.match(obstacles[0]!.reason, /is behind the firewall company, which is not of this system/);
});
