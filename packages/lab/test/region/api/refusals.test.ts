// Wrong input gets Linode's field and reason: one table for each kind of object.
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import {
  createMachine,
  createNetwork,
  smallest,
  startRegion,
  type Body,
  type Network,
  type TestRegion,
} from './region.ts';

type Case = [name: string, change: Body, reasons: string[]];

suite('an instance is refused', () => {
  const userData = (bytes: number): Body => ({ metadata: { user_data: Buffer.alloc(bytes, 'x').toString('base64') } });
  const vpc = (network: Network, address: string): Body => ({
    interfaces: [{ purpose: 'vpc', subnet_id: network.subnetId, ipv4: { vpc: address } }],
  });
  const cases: Case[] = [
    ['with a label too short', { label: 'ab' }, ['label: Length must be 3-64 characters']],
    ['with a label too long', { label: 'a'.repeat(65) }, ['label: Length must be 3-64 characters']],
    [
      'with characters no label may have',
      { label: 'a b c' },
      ['label: Must only use ASCII letters, numbers, underscores, periods, and dashes'],
    ],
    [
      'with doubled dashes in the label',
      { label: 'a--b' },
      ['label: Must only use ASCII letters, numbers, underscores, periods, and dashes'],
    ],
    ['with a label that is taken', { label: 'taken' }, ['label: Label must be unique']],
    ['in a region that does not exist', { region: 'mars-1' }, ['region: region is not valid']],
    ['of a type that does not exist', { type: 'g9-huge' }, ['type: A valid plan type by that ID was not found']],
    ['from an image that does not exist', { image: 'linode/windows' }, ['image: image is not valid']],
    [
      'with an image that does not fit the disk',
      { swap_size: 24_500 },
      ['type: Linode type does not have enough disk for the image'],
    ],
    [
      'with no way to log in',
      { root_pass: null },
      ['Must provide valid root_pass, authorized_keys, or authorized_users'],
    ],
    [
      'with a root password too short',
      { root_pass: 'short' },
      [
        'root_pass: Length must be 11-128 characters',
        'Must provide valid root_pass, authorized_keys, or authorized_users',
      ],
    ],
    [
      'with a key that is none',
      { authorized_keys: ['hello'] },
      ['authorized_keys: SSH Key 1 must be a valid SSH public key'],
    ],
    [
      'with user data that is not base64',
      { metadata: { user_data: '#cloud-config!' } },
      ['metadata.user_data: Must be a base64-encoded string'],
    ],
    [
      'with user data over 16,384 bytes',
      userData(16_385),
      ['metadata.user_data: Must be at most 16384 bytes when decoded'],
    ],
    [
      'with user data for an image without cloud-init',
      { ...userData(5), image: 'linode/slackware15.0' },
      ['image: Image does not support cloud-init, which metadata needs'],
    ],
    ['with a firewall that does not exist', { firewall_id: 99 }, ['firewall_id: firewall_id is not valid']],
    [
      'with a placement group that does not exist',
      { placement_group: { id: 99 } },
      ['placement_group.id: placement_group is not valid'],
    ],
    [
      'in a subnet that does not exist',
      { interfaces: [{ purpose: 'vpc', subnet_id: 99 }] },
      ['interfaces[0].subnet_id: subnet_id is not valid'],
    ],
    ['with an interface without purpose', { interfaces: [{}] }, ['interfaces[0].purpose: purpose is required']],
    [
      'with four interfaces',
      { interfaces: Array.from({ length: 4 }, () => ({ purpose: 'public' })) },
      ['interfaces: Must have at most 3 interfaces'],
    ],
    [
      'with a private address beside Linode interfaces',
      { interface_generation: 'linode', private_ip: true, interfaces: [{ public: {} }] },
      ['private_ip: private_ip is not allowed with Linode interfaces'],
    ],
    [
      'with a Linode interface that is two things',
      { interface_generation: 'linode', interfaces: [{ public: {}, vlan: { vlan_label: 'x' } }] },
      ['interfaces[0].public: Must have exactly one of public, vpc, or vlan'],
    ],
  ];
  for (const [name, change, reasons] of cases) {
    test(name, async (t) => {
      const region = await startRegion(t);
      await createMachine(region, { label: 'taken' });
      assert.deepEqual(await region.refused('POST', '/linode/instances', { ...smallest, ...change }), reasons);
      assert.equal(region.api.store.machines.size, 1, 'nothing was made');
    });
  }

  test('with an address outside of its subnet, the gateway, or one that is taken', async (t) => {
    const region = await startRegion(t);
    const network = await createNetwork(region);
    await createMachine(region, vpc(network, '10.20.0.11'));
    const refused = (address: string): Promise<string[]> =>
      region.refused('POST', '/linode/instances', { ...smallest, ...vpc(network, address) });
    for (const address of ['10.21.0.5', '10.20.0.0', '10.20.0.1', '10.20.0.254', '10.20.0.255']) {
      assert.deepEqual(await refused(address), ['interfaces[0].ipv4.vpc: Must be a usable address of the subnet']);
    }
    assert.deepEqual(await refused('10.20.0.11'), ['interfaces[0].ipv4.vpc: Address is already in use in the subnet']);
    assert.deepEqual(await refused('ten'), ['interfaces[0].ipv4.vpc: Must be a valid IPv4 address']);
  });

  test('without a region and a type, both reported at once', async (t) => {
    const { refused } = await startRegion(t);
    assert.deepEqual(await refused('POST', '/linode/instances', {}), [
      'region: region is required',
      'type: type is required',
    ]);
  });

  test('while it is busy', async (t) => {
    const region = await startRegion(t, { speed: 1 });
    const id = await createMachine(region);
    for (const action of ['boot', 'reboot', 'shutdown', 'rebuild']) {
      assert.deepEqual(await region.refused('POST', `/linode/instances/${id}/${action}`, smallest), ['Linode busy.']);
    }
  });
});

suite('a VPC is refused', () => {
  const wish = { label: 'demo', region: 'us-ord' };
  const subnet = (ipv4: string, label = 'one'): Body => ({ subnets: [{ label, ipv4 }] });
  const cases: Case[] = [
    [
      'with characters no label may have',
      { label: 'a b' },
      ['label: Must only use ASCII letters, numbers, and underscores'],
    ],
    ['with a label too long', { label: 'a'.repeat(65) }, ['label: Length must be 1-64 characters']],
    ['with a label that is taken', { label: 'taken' }, ['label: Label must be unique among your VPCs']],
    ['in a region without VPCs', { region: 'us-east' }, ['region: region does not support VPCs']],
    [
      'with a subnet of public addresses',
      subnet('8.8.8.0/24'),
      ['subnets[0].ipv4: Must be a private (RFC 1918) IPv4 network'],
    ],
    [
      "with a subnet in Linode's private network",
      subnet('192.168.128.0/24'),
      ['subnets[0].ipv4: Must not overlap with 192.168.128.0/17'],
    ],
    [
      "with a subnet around Linode's private network",
      subnet('192.168.0.0/16'),
      ['subnets[0].ipv4: Must not overlap with 192.168.128.0/17'],
    ],
    ['with a subnet too small', subnet('10.0.0.0/30'), ['subnets[0].ipv4: Prefix length must be between 1 and 29']],
    [
      'with a subnet that has host bits',
      subnet('10.0.0.1/24'),
      ['subnets[0].ipv4: Must be an IPv4 network in CIDR format'],
    ],
    [
      'with overlapping subnets',
      {
        subnets: [
          { label: 'one', ipv4: '10.0.0.0/16' },
          { label: 'two', ipv4: '10.0.1.0/24' },
        ],
      },
      ['subnets[1].ipv4: Must not overlap with other subnets of the VPC'],
    ],
  ];
  for (const [name, change, reasons] of cases) {
    test(name, async (t) => {
      const { ok, refused } = await startRegion(t);
      await ok('POST', '/vpcs', { ...wish, label: 'taken' });
      assert.deepEqual(await refused('POST', '/vpcs', { ...wish, ...change }), reasons);
    });
  }

  test('to be deleted while a Linode or a NodeBalancer is attached', async (t) => {
    const region = await startRegion(t);
    const { vpcId, subnetId } = await createNetwork(region);
    const id = await createMachine(region, { interfaces: [{ purpose: 'vpc', subnet_id: subnetId }] });
    assert.deepEqual(await region.refused('DELETE', `/vpcs/${vpcId}`), [
      'Cannot delete a subnet that has Linodes attached',
    ]);
    await region.ok('DELETE', `/linode/instances/${id}`);
    await region.ok('POST', '/nodebalancers', { region: 'us-ord', vpcs: [{ subnet_id: subnetId }] });
    assert.deepEqual(await region.refused('DELETE', `/vpcs/${vpcId}/subnets/${subnetId}`), [
      'Cannot delete a subnet that has NodeBalancers attached',
    ]);
  });
});

suite('a placement group is refused', () => {
  const wish = {
    label: 'demo',
    region: 'us-ord',
    placement_group_type: 'anti_affinity:local',
    placement_group_policy: 'strict',
  };
  const group = async (region: TestRegion): Promise<number> =>
    (await region.ok<{ id: number }>('POST', '/placement/groups', wish)).id;

  test('in a region without them', async (t: TestContext) => {
    const { refused } = await startRegion(t);
    assert.deepEqual(await refused('POST', '/placement/groups', { ...wish, region: 'us-den-1' }), [
      'region: region does not support placement groups',
    ]);
  });

  test('its sixth machine, and to be deleted with machines in it', async (t) => {
    const region = await startRegion(t);
    const id = await group(region);
    for (let i = 0; i < 5; i += 1) await createMachine(region, { placement_group: { id } });
    assert.deepEqual(await region.refused('POST', '/linode/instances', { ...smallest, placement_group: { id } }), [
      'placement_group.id: Placement group is at its maximum number of Linodes',
    ]);
    assert.deepEqual(await region.refused('DELETE', `/placement/groups/${id}`), [
      'Placement group must be empty to be deleted',
    ]);
  });
});
