// Calls every operation that the lab answers, with successes and refusals.
import { certificate } from './certificate.ts';
import { createMachine, createNetwork, openFirewall, smallest, type TestRegion } from './region.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVsZXBoYW50 someone';

export async function walk(region: TestRegion): Promise<void> {
  await catalogue(region);
  await account(region);
  const network = await createNetwork(region);
  await networks(region, network.vpcId, network.subnetId);
  const machines = await instances(region, network.subnetId);
  await firewalls(region, machines.legacy);
  await groups(region, machines.legacy);
  await balancers(region, network.subnetId, machines.privateAddress);
  await domains(region);
  await refusals(region);
  for (const id of [machines.legacy, machines.modern]) await region.ok('DELETE', `/linode/instances/${id}`);
  await region.api.settled();
  await region.ok('GET', '/account/events');
  await region.ok('DELETE', `/vpcs/${network.vpcId}`);
}

async function catalogue({ ok }: TestRegion): Promise<void> {
  const lists = [
    '/regions',
    '/regions/availability',
    '/regions/us-ord',
    '/linode/types',
    '/linode/types/g6-standard-2',
  ];
  const more = [
    '/linode/kernels',
    '/linode/kernels/linode/latest-64bit',
    '/nodebalancers/types',
    '/images',
    '/images/linode/debian13',
  ];
  for (const path of [...lists, ...more]) await ok('GET', path);
}

async function account(region: TestRegion): Promise<void> {
  const { ok } = region;
  for (const path of ['', '/settings', '/logins', '/maintenance', '/notifications', '/transfer', '/events'])
    await ok('GET', `/account${path}`);
  await ok('PUT', '/account/settings', { network_helper: true });
  await ok('GET', '/profile');
  await region.ask('GET', '/profile/grants');
  const { id } = await ok<{ id: number }>('POST', '/profile/sshkeys', { label: 'mine', ssh_key: key });
  await ok('GET', '/profile/sshkeys');
  await ok('GET', `/profile/sshkeys/${id}`);
  await ok('PUT', `/profile/sshkeys/${id}`, { label: 'ours' });
  const events = await ok<{ data: { id: number }[] }>('GET', '/account/events');
  const event = `/account/events/${events.data[0]!.id}`;
  await ok('GET', event);
  await ok('POST', `${event}/seen`);
  await ok('POST', `${event}/read`);
  await ok('DELETE', `/profile/sshkeys/${id}`);
}

async function networks({ ok }: TestRegion, vpcId: number, subnetId: number): Promise<void> {
  await ok('GET', '/vpcs');
  await ok('GET', `/vpcs/${vpcId}`);
  await ok('PUT', `/vpcs/${vpcId}`, { description: 'for the demo' });
  await ok('GET', `/vpcs/${vpcId}/ips`);
  await ok('GET', `/vpcs/${vpcId}/subnets`);
  await ok('GET', `/vpcs/${vpcId}/subnets/${subnetId}`);
  await ok('PUT', `/vpcs/${vpcId}/subnets/${subnetId}`, { label: 'renamed' });
  const extra = await ok<{ id: number }>('POST', `/vpcs/${vpcId}/subnets`, { label: 'second', ipv4: '10.30.0.0/24' });
  await ok('DELETE', `/vpcs/${vpcId}/subnets/${extra.id}`);
}

async function instances(
  region: TestRegion,
  subnetId: number,
): Promise<{ legacy: number; modern: number; privateAddress: string }> {
  const { ok, api } = region;
  const userData = Buffer.from('#cloud-config\n{}\n').toString('base64');
  const legacy = await createMachine(region, {
    label: 'legacy-1',
    tags: ['demo'],
    private_ip: true,
    metadata: { user_data: userData },
    authorized_keys: [key],
    interfaces: [
      { purpose: 'public' },
      { purpose: 'vpc', subnet_id: subnetId, ipv4: { vpc: '10.20.0.11', nat_1_1: 'any' } },
    ],
  });
  const modern = await createMachine(region, {
    label: 'modern-1',
    interface_generation: 'linode',
    booted: false,
    interfaces: [
      { public: {} },
      { vpc: { subnet_id: subnetId, ipv4: { addresses: [{ address: 'auto', primary: true }] } } },
    ],
  });
  await ok('GET', `/linode/instances/${legacy}/disks`);
  await api.settled();
  await ok('GET', '/linode/instances');
  const base = `/linode/instances/${legacy}`;
  const machine = await ok<{ ipv4: string[] }>('GET', base);
  await ok('PUT', base, { tags: ['demo', 'search'], watchdog_enabled: false });
  for (const path of ['/ips', '/configs', '/firewalls', '/nodebalancers', '/disks', '/transfer'])
    await ok('GET', `${base}${path}`);
  await addresses(region, base, machine.ipv4[0]!, modern);
  await profiles(region, base, subnetId);
  await modernInterfaces(region, modern, subnetId);
  await actions(region, base);
  return { legacy, modern, privateAddress: machine.ipv4[1]! };
}

async function addresses({ ok }: TestRegion, base: string, address: string, modern: number): Promise<void> {
  await ok('GET', `/linode/instances/${modern}/ips`);
  await ok('GET', `${base}/ips/${address}`);
  await ok('PUT', `${base}/ips/${address}`, { rdns: 'search.example.com' });
  await ok('GET', '/networking/ips');
  await ok('GET', `/networking/ips/${address}`);
  await ok('PUT', `/networking/ips/${address}`, { rdns: null });
  for (const path of ['/vpcs/ips', '/vpcs']) await ok('GET', path);
}

async function profiles(region: TestRegion, base: string, subnetId: number): Promise<void> {
  const { ok } = region;
  const bare = await createMachine(region, { label: 'bare-1' });
  await region.api.settled();
  await ok('POST', `/linode/instances/${bare}/ips`, { type: 'ipv4', public: false });
  const configs = await ok<{ data: { id: number }[] }>('GET', `${base}/configs`);
  const config = `${base}/configs/${configs.data[0]!.id}`;
  await ok('GET', config);
  await ok('GET', `${config}/interfaces`);
  const extra = await ok<{ id: number }>('POST', `${base}/configs`, { label: 'spare', devices: {} });
  const spare = `${base}/configs/${extra.id}`;
  await ok('PUT', spare, { label: 'spare-2' });
  const item = await ok<{ id: number }>('POST', `${spare}/interfaces`, { purpose: 'vpc', subnet_id: subnetId });
  await ok('GET', `${spare}/interfaces/${item.id}`);
  await ok('PUT', `${spare}/interfaces/${item.id}`, { primary: true });
  await ok('DELETE', `${spare}/interfaces/${item.id}`);
  await ok('DELETE', spare);
  const disks = await ok<{ data: { id: number }[] }>('GET', `${base}/disks`);
  await ok('GET', `${base}/disks/${disks.data[0]!.id}`);
  await ok('DELETE', `/linode/instances/${bare}`);
}

async function modernInterfaces({ ok }: TestRegion, id: number, subnetId: number): Promise<void> {
  const base = `/linode/instances/${id}/interfaces`;
  await ok('GET', base);
  const added = await ok<{ id: number }>('POST', base, { vpc: { subnet_id: subnetId } });
  await ok('GET', `${base}/${added.id}`);
  await ok('DELETE', `${base}/${added.id}`);
}

async function actions({ ok, api }: TestRegion, base: string): Promise<void> {
  for (const action of ['shutdown', 'boot', 'reboot']) {
    await ok('POST', `${base}/${action}`, {});
    await api.settled();
  }
  await ok('POST', `${base}/rebuild`, { image: smallest.image, root_pass: smallest.root_pass });
  await api.settled();
}

async function firewalls(region: TestRegion, machine: number): Promise<void> {
  const { ok } = region;
  const all = '/networking/firewalls';
  const { id } = await ok<{ id: number }>('POST', all, { label: 'demo-firewall', rules: openFirewall, tags: ['demo'] });
  await ok('GET', all);
  await ok('GET', `${all}/${id}`);
  await ok('PUT', `${all}/${id}`, { label: 'demo-wall', status: 'enabled' });
  await ok('PUT', `${all}/${id}/rules`, { ...openFirewall, inbound: [] });
  await ok('GET', `${all}/${id}/rules`);
  await ok('GET', `${all}/${id}/history`);
  await ok('GET', `${all}/${id}/history/rules/1`);
  const device = await ok<{ id: number }>('POST', `${all}/${id}/devices`, { id: machine, type: 'linode' });
  await ok('GET', `${all}/${id}/devices`);
  await ok('GET', `${all}/${id}/devices/${device.id}`);
  await ok('GET', `/linode/instances/${machine}/firewalls`);
  await ok('DELETE', `${all}/${id}/devices/${device.id}`);
  await ok('PUT', `/linode/instances/${machine}/firewalls`, { firewall_ids: [id] });
  await ok('PUT', `${all}/settings`, { default_firewall_ids: { nodebalancer: id } });
  await ok('GET', `${all}/settings`);
  const other = await ok<{ id: number }>('POST', all, { label: 'other-wall', rules: openFirewall });
  await ok('DELETE', `${all}/${other.id}`);
}

async function groups({ ok }: TestRegion, machine: number): Promise<void> {
  const all = '/placement/groups';
  const wish = {
    label: 'demo-search',
    region: 'us-ord',
    placement_group_type: 'anti_affinity:local',
    placement_group_policy: 'flexible',
  };
  const { id } = await ok<{ id: number }>('POST', all, wish);
  await ok('GET', all);
  await ok('PUT', `${all}/${id}`, { label: 'demo-searchers' });
  await ok('POST', `${all}/${id}/assign`, { linodes: [machine] });
  await ok('GET', `${all}/${id}`);
  await ok('GET', `/linode/instances/${machine}`);
  await ok('POST', `${all}/${id}/unassign`, { linodes: [machine] });
  await ok('DELETE', `${all}/${id}`);
}

async function balancers(region: TestRegion, subnetId: number, privateAddress: string): Promise<void> {
  const { ok } = region;
  const all = '/nodebalancers';
  const { cert, key: privateKey } = await certificate('shop.example.com');
  const wish = {
    label: 'demo-balancer',
    region: 'us-ord',
    client_conn_throttle: 5,
    tags: ['demo'],
    vpcs: [{ subnet_id: subnetId }],
  };
  const { id } = await ok<{ id: number }>('POST', all, {
    ...wish,
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
  for (const path of ['', `/${id}`, `/${id}/vpcs`, `/${id}/firewalls`]) await ok('GET', `${all}${path}`);
  const legs = await ok<{ data: { id: number }[] }>('GET', `${all}/${id}/vpcs`);
  await ok('GET', `${all}/${id}/vpcs/${legs.data[0]!.id}`);
  await ok('PUT', `${all}/${id}`, { client_conn_throttle: 0 });
  await ok('PUT', `${all}/${id}/firewalls`, { firewall_ids: [] });
  await region.ask('GET', `${all}/${id}/stats`);
  const configs = `${all}/${id}/configs`;
  const tls = await ok<{ id: number }>('POST', configs, {
    port: 443,
    protocol: 'https',
    ssl_cert: cert,
    ssl_key: privateKey,
  });
  await ok('GET', configs);
  await ok('GET', `${configs}/${tls.id}`);
  await ok('PUT', `${configs}/${tls.id}`, { algorithm: 'leastconn' });
  await ok('POST', `${configs}/${tls.id}/rebuild`, {
    port: 443,
    protocol: 'https',
    nodes: [{ label: 'two', address: '10.20.0.12:8080', subnet_id: subnetId }],
  });
  const nodes = `${configs}/${tls.id}/nodes`;
  const node = await ok<{ id: number }>('POST', nodes, { label: 'three', address: `${privateAddress}:80` });
  await ok('GET', nodes);
  await ok('GET', `${nodes}/${node.id}`);
  await ok('PUT', `${nodes}/${node.id}`, { mode: 'drain', weight: 50 });
  await tags(region);
  await ok('DELETE', `${nodes}/${node.id}`);
  await ok('DELETE', `${configs}/${tls.id}`);
  await ok('DELETE', `${all}/${id}`);
}

async function tags({ ok }: TestRegion): Promise<void> {
  await ok('GET', '/tags');
  await ok('POST', '/tags', { label: 'spare' });
  await ok('GET', '/tags/demo');
  await ok('DELETE', '/tags/spare');
}

async function domains({ ok, ask }: TestRegion): Promise<void> {
  const wish = { domain: 'example.org', type: 'master', soa_email: 'ops@example.org', tags: ['demo'] };
  const { id } = await ok<{ id: number }>('POST', '/domains', wish);
  await ask('POST', '/domains', { domain: 'example.com', type: 'master' });
  await ok('GET', '/domains');
  await ok('GET', `/domains/${id}`);
  await ok('PUT', `/domains/${id}`, { description: 'for the demo', ttl_sec: 300 });
  const all = `/domains/${id}/records`;
  const record = await ok<{ id: number }>('POST', all, { type: 'TXT', name: '_acme-challenge', target: 'digest' });
  await ok('GET', all);
  await ok('GET', `${all}/${record.id}`);
  await ok('PUT', `${all}/${record.id}`, { target: 'other', ttl_sec: 300 });
  await ok('DELETE', `${all}/${record.id}`);
  await ok('DELETE', `/domains/${id}`);
}

async function refusals({ ask }: TestRegion): Promise<void> {
  await ask('GET', '/linode/instances/999999');
  await ask('GET', '/linode/instances/999999/transfer');
  await ask('POST', '/vpcs', { label: 'not allowed!', region: 'us-ord' });
  await ask('POST', '/linode/instances', {});
  await ask('GET', '/vpcs', undefined, { 'x-filter': '{"foo": 1}' });
}
