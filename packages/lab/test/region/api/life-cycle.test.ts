// The life cycle of a machine as a client sees it: status, events, and what a crash of the daemon in between changes.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createRegionApi, SimulatedHardware, type StateStore } from '../../../src/region/index.ts';
import { Secret, systemClock } from '@understudy/foundation';
import { createMachine, createNetwork, openFirewall, smallest, startRegion, token } from './region.ts';

interface Event {
  action: string;
  status: string;
  percent_complete: number | null;
  entity: { id: number; type: string; url: string };
}

/** Keeps the text that was saved last, as a disk would. */
function durable(): StateStore & { text: string | undefined } {
  return {
    durable: true,
    text: undefined,
    load() {
      return Promise.resolve(this.text);
    },
    save(text) {
      this.text = text;
      return Promise.resolve();
    },
  };
}

suite('the life cycle of a machine', () => {
  test('goes from provisioning through booting to running, with an event for each', async (t) => {
    const region = await startRegion(t, { speed: 200 });
    const id = await createMachine(region);
    const seen = new Set<string>();
    let percent = 0;
    for (let status = ''; status !== 'running';) {
      ({ status } = await region.ok<{ status: string }>('GET', `/linode/instances/${id}`));
      seen.add(status);
      const events = await region.ok<{ data: Event[] }>('GET', '/account/events');
      for (const event of events.data)
        if (event.status === 'started') percent = Math.max(percent, event.percent_complete ?? 0);
    }
    assert.deepEqual(
      [...seen].filter((status) => status !== 'offline'),
      ['provisioning', 'booting', 'running'],
    );
    assert.ok(percent > 0 && percent < 100, `percent_complete moved: ${percent}`);
    const events = await region.ok<{ data: Event[] }>('GET', '/account/events');
    assert.deepEqual(
      events.data.map((event) => [event.action, event.status, event.percent_complete]),
      [
        ['linode_boot', 'finished', 100],
        ['linode_create', 'finished', 100],
      ],
    );
  });

  test('ends with linode_delete, an event that remains after the machine is removed', async (t) => {
    const region = await startRegion(t);
    const id = await createMachine(region);
    await region.api.settled();
    await region.ok('DELETE', `/linode/instances/${id}`);
    await region.api.settled();
    assert.equal((await region.ask('GET', `/linode/instances/${id}`)).status, 404);
    const filter = {
      'x-filter': JSON.stringify({ 'entity.id': id, 'entity.type': 'linode', action: 'linode_delete' }),
    };
    const events = await region.ok<{ data: Event[] }>('GET', '/account/events', undefined, filter);
    assert.deepEqual(
      events.data.map((event) => [event.status, event.entity.url]),
      [['finished', `/v4/linode/instances/${id}`]],
    );
    assert.equal(region.hardware.machines.size, 0);
  });

  test('stays offline with booted: false', async (t) => {
    const region = await startRegion(t);
    const id = await createMachine(region, { booted: false });
    await region.api.settled();
    assert.equal((await region.ok('GET', `/linode/instances/${id}`))['status'], 'offline');
  });

  test('the hardware gets the addresses, keys, user data, firewall and balancer of the request', async (t) => {
    const region = await startRegion(t);
    const { subnetId } = await createNetwork(region);
    const wall = await region.ok<{ id: number }>('POST', '/networking/firewalls', {
      label: 'wall',
      rules: openFirewall,
    });
    const id = await createMachine(region, {
      label: 'search-1',
      type: 'g6-standard-2',
      authorized_keys: ['ssh-ed25519 AAAA someone'],
      metadata: { user_data: Buffer.from('#cloud-config\n').toString('base64') },
      interfaces: [{ purpose: 'public' }, { purpose: 'vpc', subnet_id: subnetId, ipv4: { vpc: '10.20.0.11' } }],
      firewall_id: wall.id,
    });
    const balancer = await region.ok<{ id: number; ipv4: string }>('POST', '/nodebalancers', {
      region: 'us-ord',
      vpcs: [{ subnet_id: subnetId, ipv4_range: '10.20.0.64/30' }],
      configs: [
        {
          port: 80,
          check: 'http',
          check_path: '/healthz',
          check_interval: 5,
          check_timeout: 3,
          nodes: [{ label: 'one', address: '10.20.0.11:8080', subnet_id: subnetId }],
        },
      ],
    });
    await region.api.settled();
    const machine = region.hardware.machines.get(id);
    assert.equal(machine?.power, 'running');
    assert.deepEqual(machine.spec, {
      id,
      label: 'search-1',
      image: 'linode/debian13',
      memoryMb: 4096,
      vcpus: 2,
      diskMb: 81_920 - 512,
      interfaces: [
        { kind: 'public', address: '198.18.1.1' },
        { kind: 'vpc', address: '10.20.0.11', subnetId },
      ],
      authorizedKeys: ['ssh-ed25519 AAAA someone'],
      rootPassword: smallest.root_pass,
      userData: '#cloud-config\n',
    });
    assert.deepEqual(region.hardware.firewalls.get(wall.id)?.machineIds, [id]);
    const spec = region.hardware.balancers.get(balancer.id);
    assert.deepEqual([spec?.address, spec?.vpc], [balancer.ipv4, { subnetId, address: '10.20.0.65' }]);
    assert.deepEqual(
      spec?.configs[0]?.nodes.map((node) => [node.address, node.port]),
      [['10.20.0.11', 8080]],
    );
  });

  test('NAT 1:1 gives a machine of either generation the public address beside that of the VPC', async (t) => {
    const region = await startRegion(t);
    const { subnetId } = await createNetwork(region);
    const legacy = await createMachine(region, {
      interfaces: [{ purpose: 'vpc', subnet_id: subnetId, ipv4: { nat_1_1: 'any' } }],
    });
    const modern = await createMachine(region, {
      interface_generation: 'linode',
      interfaces: [
        {
          vpc: {
            subnet_id: subnetId,
            ipv4: { addresses: [{ address: 'auto', primary: true, nat_1_1_address: 'auto' }] },
          },
        },
      ],
    });
    const inside = await createMachine(region, { interfaces: [{ purpose: 'vpc', subnet_id: subnetId }] });
    await region.api.settled();
    const addresses = (id: number): string[] => region.hardware.machines.get(id)!.spec.interfaces.map((i) => i.address);
    assert.deepEqual(addresses(legacy), ['198.18.1.1', '10.20.0.2']);
    assert.deepEqual(addresses(modern), ['198.18.1.2', '10.20.0.3']);
    assert.deepEqual(addresses(inside), ['10.20.0.4'], 'without it the machine has no public address');
  });

  test('after a power cut it shows offline, and power-on boots it', async (t) => {
    const region = await startRegion(t);
    const id = await createMachine(region, { label: 'victim' });
    await region.api.settled();
    await region.ok('POST', '/lab/machines/victim/power-cut');
    assert.equal((await region.ok('GET', `/linode/instances/${id}`))['status'], 'offline');
    await region.ok('POST', '/lab/machines/victim/power-on');
    await region.api.settled();
    assert.equal((await region.ok('GET', `/linode/instances/${id}`))['status'], 'running');
  });
});

suite('state', () => {
  test('a change is stored before it is answered', async (t) => {
    const stateStore = durable();
    const region = await startRegion(t, { stateStore });
    const { vpcId } = await createNetwork(region);
    assert.ok(stateStore.text?.includes(`"id":${vpcId}`));
  });

  test('a provisioning that a crash of the daemon interrupted is finished by the next one', async (t) => {
    const stateStore = durable();
    const hardware = new SimulatedHardware();
    const first = createRegionApi({ hardware, token: new Secret(token), stateStore, speed: 1 });
    await first.start();
    const made = await first.server.inject({
      method: 'POST',
      url: '/v4/linode/instances',
      payload: JSON.stringify(smallest),
      headers: { authorization: `Bearer ${token}` },
    });
    const { id } = made.json<{ id: number }>();
    await first.stop();
    assert.match(stateStore.text ?? '', /"provisioning"/);
    const region = await startRegion(t, { stateStore, hardware });
    await region.api.settled();
    assert.equal((await region.ok('GET', `/linode/instances/${id}`))['status'], 'running');
    const events = await region.ok<{ data: Event[] }>('GET', '/account/events');
    assert.deepEqual(
      events.data.map((event) => [event.action, event.status]),
      [
        ['linode_boot', 'finished'],
        ['linode_create', 'finished'],
      ],
    );
  });

  test('a machine that stopped while no daemon ran is shown offline', async (t) => {
    const stateStore = durable();
    const hardware = new SimulatedHardware();
    const first = await startRegion(t, { stateStore, hardware });
    const id = await createMachine(first);
    await first.api.settled();
    await first.api.stop();
    await hardware.powerCutMachine(id);
    const second = await startRegion(t, { stateStore, hardware });
    assert.equal((await second.ok('GET', `/linode/instances/${id}`))['status'], 'offline');
  });

  test('a subnet is removed from the hardware only after the machines in it', async (t) => {
    const region = await startRegion(t, { speed: 100 });
    const { vpcId, subnetId } = await createNetwork(region);
    const id = await createMachine(region, { interfaces: [{ purpose: 'vpc', subnet_id: subnetId }] });
    await region.api.settled();
    await region.ok('DELETE', `/linode/instances/${id}`);
    await region.ok('DELETE', `/vpcs/${vpcId}`);
    assert.ok(region.hardware.subnets.has(subnetId), 'the machine is still going');
    await region.api.settled();
    assert.ok(!region.hardware.subnets.has(subnetId));
  });

  test('reset empties the region and its hardware', async (t) => {
    const region = await startRegion(t);
    const { subnetId } = await createNetwork(region);
    await createMachine(region, { interfaces: [{ purpose: 'vpc', subnet_id: subnetId }] });
    await region.ok('POST', '/nodebalancers', { region: 'us-ord' });
    await region.ok('POST', '/lab/reset');
    const { hardware } = region;
    assert.deepEqual(
      [hardware.machines.size, hardware.subnets.size, hardware.balancers.size, hardware.firewalls.size],
      [0, 0, 0, 0],
    );
    assert.equal((await region.ok('GET', '/vpcs'))['results'], 0);
  });
});

suite('scale', () => {
  test('the region in memory holds 1,000 machines, and lists them in pages of 500 within a second', async (t) => {
    const region = await startRegion(t, { speed: Infinity });
    const { subnetId } = await createNetwork(region, 'big', '10.0.0.0/16');
    for (let i = 0; i < 1000; i += 1) {
      await createMachine(region, {
        label: `machine-${i}`,
        tags: ['big'],
        interfaces: [{ purpose: 'vpc', subnet_id: subnetId }],
      });
    }
    await region.api.settled();
    const started = systemClock.monotonicMs();
    const labels = new Set<string>();
    for (const page of [1, 2]) {
      const list = await region.ok<{ data: { label: string; status: string }[] }>(
        'GET',
        `/linode/instances?page_size=500&page=${page}`,
        undefined,
        { 'x-filter': '{"tags":"big"}' },
      );
      for (const machine of list.data) if (machine.status === 'running') labels.add(machine.label);
    }
    const elapsedMs = systemClock.monotonicMs() - started;
    t.diagnostic(`two pages of 500: ${elapsedMs.toFixed(0)} ms`);
    assert.equal(labels.size, 1000);
    assert.ok(elapsedMs < 1000, `${elapsedMs} ms`);
    assert.equal(
      new Set([...region.hardware.machines.values()].map((m) => m.spec.interfaces[0]?.address)).size,
      1000,
      'addresses are unique',
    );
  });
});
