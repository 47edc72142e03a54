// The client against the lab's API over simulated machines: neither side knows the other, only Linode's API between them.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Secret } from '@understudy/foundation';
import { createRegionApi, SimulatedHardware, type FaultRule } from '@understudy/lab/region';
import { createLinodeClient, isLinodeError, type LinodeClient } from '../src/linode/index.ts';
import { parseTopology, regionProblems } from '../src/topology/index.ts';

const token = new Secret('lab-token');
const tag = 'understudy:demo';
const quick = { firstPauseMs: 5, longestPauseMs: 20, deadlineMs: 20_000 } as const;

async function regionWithClient(context: TestContext) {
  const narrow = new Secret('read-only-token');
  const region = createRegionApi({
    hardware: new SimulatedHardware(),
    token,
    tokens: [{ token: narrow, scopes: ['linodes:read_only'] }],
    speed: Infinity,
  });
  await region.start();
  const baseUrl = `${await region.listen(0)}/v4`;
  context.after(() => region.stop());
  const client = createLinodeClient({ baseUrl, token, random: () => 0 });
  const readOnly = createLinodeClient({ baseUrl, token: narrow });
  return { region, client, readOnly, hostile: (...rules: FaultRule[]) => region.faults.set(rules, 1) };
}

async function createNetwork(client: LinodeClient) {
  const vpc = await client.vpcs.create({
    label: 'demo-vpc',
    region: 'us-ord',
    subnets: [{ label: 'demo-subnet', ipv4: '10.20.0.0/24' }],
  });
  return { vpc, subnetId: vpc.subnets[0]!.id };
}

const instanceBody = (ordinal: number, subnetId: number) =>
  ({
    region: 'us-ord',
    type: 'g6-standard-2',
    image: 'linode/debian13',
    label: `demo-service-${ordinal}`,
    tags: [tag],
    authorized_keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2qTp1Y0H8VJ0j6tJq0dYc3mHc4J5y5Q5yN0ZrY1m2k key'],
    metadata: { user_data: Buffer.from('#cloud-config\n').toString('base64') },
    booted: true,
    interface_generation: 'legacy_config',
    interfaces: [
      { purpose: 'vpc', subnet_id: subnetId, primary: true, ipv4: { vpc: `10.20.0.${30 + ordinal}`, nat_1_1: 'any' } },
    ],
  }) as const;

test('every kind of object is created, changed and deleted', async (context) => {
  const { client } = await regionWithClient(context);
  const { vpc, subnetId } = await createNetwork(client);
  const group = await client.placementGroups.create({
    label: 'demo-service',
    region: 'us-ord',
    placement_group_type: 'anti_affinity:local',
    placement_group_policy: 'strict',
  });
  const created = await client.instances.create({ ...instanceBody(1, subnetId), placement_group: { id: group.id } });
  const instance = await client.waitForStatus(created.id, ['running'], quick);
  assert.equal(instance?.placement_group?.id, group.id);
  const boot = await client.waitForEvent(
    { 'entity.id': created.id, 'entity.type': 'linode', action: 'linode_boot' },
    quick,
  );
  assert.equal(boot.status, 'finished');
  assert.deepEqual(
    (await client.vpcs.ips(vpc.id)).map(({ address, linode_id }) => [address, linode_id]),
    [['10.20.0.31', created.id]],
  );

  const wall = await client.firewalls.create({
    label: 'demo-service',
    tags: [tag],
    rules: {
      inbound: [
        { action: 'ACCEPT', protocol: 'TCP', ports: '22', addresses: { ipv4: ['198.18.0.1/32'] }, label: 'ssh' },
      ],
      inbound_policy: 'DROP',
      outbound: [],
      outbound_policy: 'ACCEPT',
    },
  });
  const device = await client.firewalls.devices.create(wall.id, { id: created.id, type: 'linode' });
  assert.deepEqual(
    (await client.instances.firewalls(created.id)).map(({ id }) => id),
    [wall.id],
  );
  const { inbound, ...policies } = await client.firewalls.rules.get(wall.id);
  assert.deepEqual([inbound.length, policies.inbound_policy], [1, 'DROP']);

  const balancer = await client.nodeBalancers.create({
    region: 'us-ord',
    label: 'demo-balancer',
    tags: [tag],
    vpcs: [{ subnet_id: subnetId, ipv4_range: '10.20.0.248/30' }],
  });
  const config = await client.nodeBalancers.configs.create(balancer.id, {
    port: 80,
    protocol: 'http',
    check: 'http',
    check_interval: 5,
    check_timeout: 3,
    check_attempts: 2,
    check_path: '/healthz',
  });
  const node = await client.nodeBalancers.nodes.create(balancer.id, config.id, {
    label: 'demo-service-1',
    address: '10.20.0.31:5000',
    subnet_id: subnetId,
  });
  const drained = await client.nodeBalancers.nodes.update(balancer.id, config.id, node.id, { mode: 'drain' });
  assert.equal(drained.mode, 'drain');
  assert.deepEqual(
    (await client.nodeBalancers.vpcs(balancer.id)).map(({ ipv4_range }) => ipv4_range),
    ['10.20.0.248/30'],
  );
  const stricter = await client.nodeBalancers.configs.update(balancer.id, config.id, { check_attempts: 3 });
  assert.equal(stricter.check_attempts, 3);

  await client.nodeBalancers.delete(balancer.id);
  await client.firewalls.devices.delete(wall.id, device.id);
  await client.firewalls.delete(wall.id);
  await client.instances.delete(created.id);
  await client.waitForStatus(created.id, ['gone'], quick);
  await client.placementGroups.delete(group.id);
  await client.vpcs.subnets.delete(vpc.id, subnetId);
  await client.vpcs.delete(vpc.id);
  assert.deepEqual(
    await Promise.all([
      client.instances.list(),
      client.vpcs.list(),
      client.firewalls.list(),
      client.nodeBalancers.list(),
    ]),
    [[], [], [], []],
  );
});

test('filters find by tag and label, and an unknown field is linode-invalid', async (context) => {
  const { client } = await regionWithClient(context);
  const { subnetId } = await createNetwork(client);
  await client.instances.create(instanceBody(1, subnetId));
  await client.instances.create({ ...instanceBody(2, subnetId), tags: ['other'] });
  const labels = async (filter: Parameters<LinodeClient['instances']['list']>[0]) =>
    (await client.instances.list(filter)).map(({ label }) => label);
  assert.deepEqual(await labels({ tags: tag }), ['demo-service-1']);
  assert.deepEqual(await labels({ '+or': [{ tags: tag }, { label: { '+contains': 'service-2' } }] }), [
    'demo-service-1',
    'demo-service-2',
  ]);
  await assert.rejects(client.instances.list({ colour: 'red' } as never), { code: 'linode-invalid' });
});

test('a duplicate label is linode-invalid with the field named', async (context) => {
  const { client } = await regionWithClient(context);
  await createNetwork(client);
  await assert.rejects(client.vpcs.create({ label: 'demo-vpc', region: 'us-ord' }), (error: unknown) => {
    assert.ok(isLinodeError(error, 'linode-invalid'));
    assert.equal(error.errors[0]?.field, 'label');
    return true;
  });
});

test('a bad token is linode-unauthorized, a narrow one linode-forbidden with the scope named', async (context) => {
  const { client, readOnly } = await regionWithClient(context);
  const { subnetId } = await createNetwork(client);
  assert.deepEqual(await readOnly.profile.scopes(), ['linodes:read_only']);
  assert.deepEqual(await readOnly.instances.list(), []);
  await assert.rejects(readOnly.instances.create(instanceBody(1, subnetId)), (error: unknown) => {
    assert.ok(isLinodeError(error, 'linode-forbidden'));
    assert.equal(error.facts['scope'], 'linodes:read_write');
    return true;
  });
});

test('the catalogue has everything that the smallest topology needs from a region', async (context) => {
  const { client } = await regionWithClient(context);
  const text = 'name: demo\nregion: us-ord\nsearch: { version: 9.5.3 }\naccess: { adminNetworks: [198.18.0.1/32] }\n';
  const topology = parseTopology(text, { path: 'topology.yaml' });
  const [regions, types, images] = await Promise.all([
    client.regions.list(),
    client.types.list(),
    client.images.list(),
  ]);
  const region = regions.find(({ id }) => id === topology.region);
  assert.deepEqual(regionProblems(topology, { region, types, images, placementGroups: [], interfaces: undefined }), []);
  assert.equal((await client.images.get('linode/debian13')).id, 'linode/debian13');
});

test('a create whose response is lost is ambiguous, was carried out once, and is found by its label', async (context) => {
  const { client, hostile } = await regionWithClient(context);
  const { subnetId } = await createNetwork(client);
  hostile({ kind: 'drop-after', method: 'POST', match: '/linode/instances$', times: 1 });
  await assert.rejects(client.instances.create(instanceBody(1, subnetId)), (error: unknown) => {
    assert.ok(isLinodeError(error, 'linode-ambiguous'));
    assert.equal(error.operation.label, 'demo-service-1');
    return true;
  });
  assert.equal((await client.instances.list({ label: 'demo-service-1' })).length, 1);
});

test('lost responses to reads, updates and deletes, 429 and 503 are retried', async (context) => {
  const { client, hostile } = await regionWithClient(context);
  const { subnetId } = await createNetwork(client);
  const { id } = await client.instances.create(instanceBody(1, subnetId));
  await client.waitForStatus(id, ['running'], quick);
  for (const kind of ['drop-before', 'drop-after', 'rate-limit', 'unavailable'] as const) {
    for (const method of ['GET', 'PUT']) {
      hostile({ kind, method, match: `/linode/instances/${id}$`, times: 1, retryAfterS: 0 });
      if (method === 'GET') await client.instances.get(id);
      else await client.instances.update(id, { tags: [tag, kind] });
    }
  }
  hostile({ kind: 'drop-after', method: 'DELETE', times: 1 });
  await client.instances.delete(id);
  await client.waitForStatus(id, ['gone'], quick);
});

test('new fields and new enum values of the API are accepted', async (context) => {
  const { client, hostile } = await regionWithClient(context);
  const { vpc, subnetId } = await createNetwork(client);
  await client.instances.create(instanceBody(1, subnetId));
  hostile({ kind: 'unknown-fields' }, { kind: 'unknown-enum' });
  await Promise.all([
    client.instances.list(),
    client.vpcs.get(vpc.id),
    client.vpcs.ips(vpc.id),
    client.regions.list(),
    client.types.list(),
    client.images.list(),
    client.account.events(),
    client.account.settings(),
    client.profile.get(),
  ]);
});
