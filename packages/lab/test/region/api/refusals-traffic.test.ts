// Wrong input for firewalls and NodeBalancers gets Linode's field and reason.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { certificate } from './certificate.ts';
import { createMachine, createNetwork, openFirewall, startRegion, type Body } from './region.ts';

type Case = [name: string, change: Body, reasons: string[]];

const without = (body: Body, field: string): Body =>
  Object.fromEntries(Object.entries(body).filter(([key]) => key !== field));
const rule = openFirewall.inbound[0]!;

suite('a firewall is refused', () => {
  const wish = { label: 'demo-wall', rules: openFirewall };
  const rules = (inbound: object[]): Body => ({ rules: { ...openFirewall, inbound } });
  const cases: Case[] = [
    ['with a label too long', { label: 'a'.repeat(33) }, ['label: Length must be 3-32 characters']],
    ['with 26 rules', rules(Array.from({ length: 26 }, () => rule)), ['rules.inbound: Must have at most 25 rules']],
    [
      'with a rule of 256 addresses',
      rules([{ ...rule, addresses: { ipv4: Array.from({ length: 256 }, (_, i) => `10.0.${i}.0/24`) } }]),
      ['rules.inbound[0].addresses: Must have at most 255 addresses'],
    ],
    [
      'with a rule without addresses',
      rules([without(rule, 'addresses')]),
      ['rules.inbound[0].addresses: Must have at least one IPv4 or IPv6 address'],
    ],
    [
      'with an address that is none',
      rules([{ ...rule, addresses: { ipv4: ['10.0.0.300'] } }]),
      ['rules.inbound[0].addresses.ipv4: Must be a valid IPv4 address or network'],
    ],
    [
      'with a port that is none',
      rules([{ ...rule, ports: '70000' }]),
      ['rules.inbound[0].ports: Must be a valid port, list of ports, or range'],
    ],
    [
      'with a range backwards',
      rules([{ ...rule, ports: '90-80' }]),
      ['rules.inbound[0].ports: Must be a valid port, list of ports, or range'],
    ],
    [
      'with ports for ICMP',
      rules([{ ...rule, protocol: 'ICMP' }]),
      ['rules.inbound[0].ports: Ports are not allowed for ICMP protocols'],
    ],
    [
      'with an unknown action',
      rules([{ ...rule, action: 'MAYBE' }]),
      ['rules.inbound[0].action: Must be one of ACCEPT, DROP'],
    ],
    [
      'without policies',
      { rules: { inbound: [] } },
      ['rules.inbound_policy: inbound_policy is required', 'rules.outbound_policy: outbound_policy is required'],
    ],
    ['for a Linode that does not exist', { devices: { linodes: [99] } }, ['devices.linodes: Invalid Linode ID 99']],
  ];
  for (const [name, change, reasons] of cases) {
    test(name, async (t) => {
      const { refused } = await startRegion(t);
      assert.deepEqual(await refused('POST', '/networking/firewalls', { ...wish, ...change }), reasons);
    });
  }

  test('for a machine that has one already', async (t) => {
    const region = await startRegion(t);
    const id = await createMachine(region);
    await region.ok('POST', '/networking/firewalls', { ...wish, devices: { linodes: [id] } });
    const other = await region.ok<{ id: number }>('POST', '/networking/firewalls', { ...wish, label: 'other-wall' });
    assert.deepEqual(
      await region.refused('POST', `/networking/firewalls/${other.id}/devices`, { id, type: 'linode' }),
      ['id: Entity already has a firewall assigned'],
    );
  });
});

suite('a NodeBalancer is refused', () => {
  const withConfig = (config: Body): Body => ({ region: 'us-ord', configs: [config] });
  const cases: Case[] = [
    ['in an unknown region', { region: 'mars-1' }, ['region: region is not valid']],
    ['with a label too long', { region: 'us-ord', label: 'a'.repeat(33) }, ['label: Length must be 3-32 characters']],
    [
      'with a throttle over 20',
      { region: 'us-ord', client_conn_throttle: 21 },
      ['client_conn_throttle: Must be between 0 and 20'],
    ],
    [
      'with a check every second',
      withConfig({ check_interval: 1 }),
      ['configs[0].check_interval: Must be between 2 and 3600'],
    ],
    ['with a check of 31 s', withConfig({ check_timeout: 31 }), ['configs[0].check_timeout: Must be between 1 and 30']],
    ['with no attempts', withConfig({ check_attempts: 0 }), ['configs[0].check_attempts: Must be between 1 and 30']],
    [
      'with a timeout not below the interval',
      withConfig({ check_interval: 5, check_timeout: 5 }),
      ['configs[0].check_timeout: check_timeout must be less than check_interval'],
    ],
    [
      'with an HTTP check without a path',
      withConfig({ check: 'http' }),
      ['configs[0].check_path: check_path is required'],
    ],
    [
      'with a body check without a body',
      withConfig({ check: 'http_body', check_path: '/' }),
      ['configs[0].check_body: check_body is required'],
    ],
    ['with port 0', withConfig({ port: 0 }), ['configs[0].port: Must be between 1 and 65535']],
    [
      'with the same port twice',
      { region: 'us-ord', configs: [{ port: 80 }, { port: 80 }] },
      ['configs[1].port: Port must be unique among the configs of the NodeBalancer'],
    ],
    [
      'with https without a certificate',
      withConfig({ protocol: 'https' }),
      ['configs[0].ssl_cert: ssl_cert is required'],
    ],
    [
      'with a node on a public address',
      withConfig({ nodes: [{ label: 'one', address: '8.8.8.8:80' }] }),
      ['configs[0].nodes[0].address: Must begin with 192.168'],
    ],
    [
      'with a node on a private address that no machine has',
      withConfig({ nodes: [{ label: 'one', address: '192.168.200.1:80' }] }),
      ['configs[0].nodes[0].address: Must be a private address of a Linode in the region of the NodeBalancer'],
    ],
    [
      'with a node without a port',
      withConfig({ nodes: [{ label: 'one', address: '192.168.200.1' }] }),
      ['configs[0].nodes[0].address: Must be an IPv4 address and port'],
    ],
    [
      'with a weight over 255',
      withConfig({ nodes: [{ label: 'one', address: '8.8.8.8', weight: 256 }] }),
      [
        'configs[0].nodes[0].address: Must be an IPv4 address and port',
        'configs[0].nodes[0].weight: Must be between 1 and 255',
      ],
    ],
    [
      'with a node in a subnet it has no leg in',
      withConfig({ nodes: [{ label: 'one', address: '10.0.0.5:80', subnet_id: 99 }] }),
      ['configs[0].nodes[0].subnet_id: NodeBalancer has no VPC configuration for this subnet'],
    ],
  ];
  for (const [name, change, reasons] of cases) {
    test(name, async (t) => {
      const { refused } = await startRegion(t);
      assert.deepEqual(await refused('POST', '/nodebalancers', change), reasons);
    });
  }

  test('with a /30 outside of the subnet, or over a machine, or taken; and gets a free one when it asks for none', async (t) => {
    const region = await startRegion(t);
    const { subnetId } = await createNetwork(region);
    await createMachine(region, { interfaces: [{ purpose: 'vpc', subnet_id: subnetId, ipv4: { vpc: '10.20.0.11' } }] });
    const wish = (range?: string): Body => ({
      region: 'us-ord',
      vpcs: [{ subnet_id: subnetId, ...(range === undefined ? {} : { ipv4_range: range }) }],
    });
    await region.ok('POST', '/nodebalancers', wish('10.20.0.32/30'));
    assert.deepEqual(await region.refused('POST', '/nodebalancers', wish('10.9.0.0/30')), [
      'vpcs[0].ipv4_range: Must be inside the subnet',
    ]);
    assert.deepEqual(await region.refused('POST', '/nodebalancers', wish('10.20.0.8/30')), [
      'vpcs[0].ipv4_range: Range holds an address that a Linode uses',
    ]);
    assert.deepEqual(await region.refused('POST', '/nodebalancers', wish('10.20.0.32/30')), [
      'vpcs[0].ipv4_range: Range is already in use by a NodeBalancer',
    ]);
    assert.deepEqual(await region.refused('POST', '/nodebalancers', wish('10.20.0.64/29')), [
      'vpcs[0].ipv4_range: Must be an IPv4 network with a prefix length of 30',
    ]);
    const { id } = await region.ok<{ id: number }>('POST', '/nodebalancers', wish());
    const legs = await region.ok<{ data: { ipv4_range: string }[] }>('GET', `/nodebalancers/${id}/vpcs`);
    assert.equal(legs.data[0]?.ipv4_range, '10.20.0.248/30');
  });

  test("with a key that is not the certificate's", async (t) => {
    const { refused } = await startRegion(t);
    const [one, two] = [await certificate('one.example.com'), await certificate('two.example.com')];
    const config = { protocol: 'https', port: 443, ssl_cert: one.cert, ssl_key: two.key };
    assert.deepEqual(await refused('POST', '/nodebalancers', withConfig(config)), [
      'configs[0].ssl_key: Key does not match the certificate',
    ]);
  });
});
