// Accounts and regions that differ from the usual: Linode interfaces only, balancers that may not join a VPC.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, destroy, plan, confirmAll } from '../../src/reconcile/index.ts';
import { observe } from '../../src/observe/index.ts';
import { refusal, wire } from '../linode/wire.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

const all = { confirm: confirmAll };
const nothingToDo = { steps: [], obstacles: [] };
const byPrivateAddress = `${sampleText}balancer: { backends: private }\n`;

test('on an account with Linode interfaces only, both interfaces of every machine are behind the firewall of its role', async () => {
  const intent = { ...(await sampleIntent()), interfaceGeneration: 'linode' } as const;
  await using sim = await simulatedWorld();
  sim.region.store.settings = { ...sim.region.store.settings, interfaces_for_new_linodes: 'linode_only' };
  const { status } = await apply(sim.world, intent, all);
  assert.equal(status.verdict, 'healthy');
  assert.deepEqual(plan(intent, await observe(sim.world, intent.topology)), nothingToDo);
  const instances = await sim.world.linode.instances.list();
  assert.deepEqual(new Set(instances.map(({ interface_generation: kind }) => kind)), new Set(['linode']));

  const [wall] = await sim.world.linode.firewalls.list({ label: 'demo-service' });
  const devices = await sim.world.linode.firewalls.devices.list(wall!.id);
  assert.deepEqual(
    [devices.length, new Set(devices.map(({ entity }) => entity.type))],
    [4, new Set(['linode_interface'])],
  );
  await sim.world.linode.firewalls.devices.delete(wall!.id, devices[0]!.id);
  const drifted = plan(intent, await observe(sim.world, intent.topology));
  assert.deepEqual(
    drifted.steps.map(({ id }) => id.replace(/\d/, 'N')),
    ['demo-service-N/attach-firewall'],
  );
  await apply(sim.world, intent, all);
  assert.deepEqual(plan(intent, await observe(sim.world, intent.topology)), nothingToDo);
  assert.equal((await sim.world.linode.firewalls.devices.list(wall!.id)).length, 4);
  await destroy(sim.world, 'demo');
  assert.equal(sim.region.store.machines.size, 0);
});

test('backends by private address: machines get one, the balancer is not attached to the VPC, and its range reaches the service', async () => {
  const intent = await sampleIntent(byPrivateAddress);
  await using sim = await simulatedWorld();
  const { status } = await apply(sim.world, intent, all);
  assert.equal(status.verdict, 'healthy');
  assert.deepEqual(plan(intent, await observe(sim.world, intent.topology)), nothingToDo);
  const { linode } = sim.world;
  const [balancer] = await linode.nodeBalancers.list();
  assert.deepEqual(await linode.nodeBalancers.vpcs(balancer!.id), []);
  const [config] = await linode.nodeBalancers.configs.list(balancer!.id);
  const nodes = await linode.nodeBalancers.nodes.list(balancer!.id, config!.id);
  for (const { label, address } of nodes) {
    const [instance] = await linode.instances.list({ label });
    const own = instance!.ipv4.find((candidate) => candidate.startsWith('192.168.'));
    assert.equal(address, `${String(own)}:5000`);
    assert.match(sim.machine(label).files.get('/etc/understudy/service.env')!.content, /^HOST="0\.0\.0\.0"$/m);
  }
  const [wall] = await linode.firewalls.list({ label: 'demo-service' });
  const toService = wall!.rules.inbound.filter(({ ports }) => ports === '5000');
  assert.deepEqual(
    toService.map(({ addresses }) => addresses.ipv4),
    [['192.168.255.0/24'], ['10.20.0.31/32', '10.20.0.32/32']],
  );
  const search = await linode.instances.list({ label: { '+contains': 'demo-search' } });
  assert.ok(search.every(({ ipv4 }) => ipv4.length === 1));
});

test('a balancer that may not join the VPC is refused with instructions', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  const { linode } = sim.world;
  const refusing: typeof sim.world = {
    ...sim.world,
    linode: {
      ...linode,
      nodeBalancers: {
        ...linode.nodeBalancers,
        // Simulates the refusal: the request names a subnet that does not exist, which Linode refuses in the same field.
        create: (body) => linode.nodeBalancers.create({ ...body, vpcs: [{ subnet_id: 999_999 }] }),
      },
    },
  };
  await assert.rejects(
    apply(refusing, intent, all),
    /refuses to attach the balancer to the private network.*backends: private/,
  );
});

test('changing backends on a system that exists is an obstacle with instructions, not an automatic rebuild', async () => {
  const intent = await sampleIntent();
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, all);
  const changed = { ...intent, topology: (await sampleIntent(byPrivateAddress)).topology };
  const { obstacles } = plan(changed, await observe(sim.world, changed.topology));
  assert.deepEqual(obstacles.map(({ subject }) => subject).sort(), [
    'demo-balancer',
    'demo-service-1',
    'demo-service-2',
  ]);
});

test('a refusal of the balancer that is about its name is passed on as it is, whatever the name is', async (context) => {
  const intent = await sampleIntent(sampleText.replace('name: demo', 'name: vpc'));
  await using sim = await simulatedWorld();
  const { linode } = sim.world;
  // The server's response: the name is in use.
  const { client } = await wire(context, () => refusal(400, 'A balancer vpc-balancer exists already', 'label'));
  const refusing: typeof sim.world = {
    ...sim.world,
    linode: { ...linode, nodeBalancers: { ...linode.nodeBalancers, create: client.nodeBalancers.create } },
  };
  await assert.rejects(apply(refusing, intent, all), /label: A balancer vpc-balancer exists already; expected success/);
});
