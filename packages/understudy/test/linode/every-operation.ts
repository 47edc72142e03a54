// Every request that the client can send, with bodies as full as the product makes them, and an answer for each.
import type { LinodeClient } from '../../src/linode/index.ts';
import { answers } from './recorded.ts';
import { page } from './wire.ts';

export interface Operation {
  /** As counters and errors call it. */
  readonly name: string;
  readonly send: (client: LinodeClient) => Promise<unknown>;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With the query, below the base URL. */
  readonly url: string;
  readonly answer: unknown;
}

const get = (name: string, url: string, answer: unknown, send: Operation['send']): Operation => ({
  name,
  method: 'GET',
  url,
  answer,
  send,
});
const list = (name: string, url: string, item: unknown, send: Operation['send']): Operation =>
  get(name, url, page([item]).body, send);
const post = (name: string, url: string, answer: unknown, send: Operation['send']): Operation => ({
  name,
  method: 'POST',
  url,
  answer,
  send,
});
const put = (name: string, url: string, answer: unknown, send: Operation['send']): Operation => ({
  name,
  method: 'PUT',
  url,
  answer,
  send,
});
const remove = (name: string, url: string, send: Operation['send']): Operation => ({
  name,
  method: 'DELETE',
  url,
  answer: {},
  send,
});

const whole = 'page_size=500';
const rules = {
  inbound: [
    {
      action: 'ACCEPT',
      protocol: 'TCP',
      ports: '22',
      addresses: { ipv4: ['203.0.113.7/32'] },
      label: 'ssh',
      description: 'administrators',
    },
  ],
  inbound_policy: 'DROP',
  outbound: [],
  outbound_policy: 'ACCEPT',
} as const;
const check = {
  check: 'http',
  check_interval: 5,
  check_timeout: 3,
  check_attempts: 2,
  check_path: '/healthz',
  check_passive: true,
} as const;
const listener = { port: 80, protocol: 'http', algorithm: 'roundrobin', stickiness: 'none', ...check } as const;
const node = {
  label: 'demo-service-1',
  address: '10.20.0.31:5000',
  weight: 100,
  mode: 'accept',
  subnet_id: 31,
} as const;

export const everyOperation: readonly Operation[] = [
  list('regions.list', '/regions', answers.region, (c) => c.regions.list()),
  get('regions.get', '/regions/us-ord', answers.region, (c) => c.regions.get('us-ord')),
  list('types.list', '/linode/types', answers.type, (c) => c.types.list()),
  get('types.get', '/linode/types/g6-standard-4', answers.type, (c) => c.types.get('g6-standard-4')),
  list('images.list', `/images?${whole}`, answers.image, (c) => c.images.list({ is_public: true })),
  get('images.get', '/images/linode%2Fdebian13', answers.image, (c) => c.images.get('linode/debian13')),
  list('nodeBalancerTypes.list', '/nodebalancers/types', answers.balancerType, (c) => c.nodeBalancerTypes.list()),

  list('instances.list', `/linode/instances?${whole}`, answers.instance, (c) =>
    c.instances.list({ tags: 'understudy:demo' }),
  ),
  get('instances.get', '/linode/instances/1', answers.instance, (c) => c.instances.get(1)),
  post('instances.create', '/linode/instances', answers.instance, (c) =>
    c.instances.create({
      region: 'us-ord',
      type: 'g6-standard-4',
      image: 'linode/debian13',
      label: 'demo-search-1',
      tags: ['understudy:demo'],
      authorized_keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== key'],
      metadata: { user_data: 'I2Nsb3VkLWNvbmZpZwo=' },
      firewall_id: 5,
      placement_group: { id: 7 },
      booted: true,
      backups_enabled: false,
      interface_generation: 'legacy_config',
      interfaces: [{ purpose: 'vpc', subnet_id: 31, primary: true, ipv4: { vpc: '10.20.0.11', nat_1_1: 'any' } }],
    }),
  ),
  put('instances.update', '/linode/instances/1', answers.instance, (c) =>
    c.instances.update(1, { tags: ['understudy:demo'] }),
  ),
  remove('instances.delete', '/linode/instances/1', (c) => c.instances.delete(1)),
  post('instances.boot', '/linode/instances/1/boot', {}, (c) => c.instances.boot(1)),
  post('instances.shutdown', '/linode/instances/1/shutdown', {}, (c) => c.instances.shutdown(1)),
  post('instances.reboot', '/linode/instances/1/reboot', {}, (c) => c.instances.reboot(1)),
  post('instances.rebuild', '/linode/instances/1/rebuild', answers.instance, (c) =>
    c.instances.rebuild(1, {
      image: 'linode/debian13',
      root_pass: 'planted-password-1',
      authorized_keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== key'],
      metadata: { user_data: 'I2Nsb3VkLWNvbmZpZwo=' },
    }),
  ),
  get('instances.ips', '/linode/instances/1/ips', answers.ips, (c) => c.instances.ips(1)),
  list('instances.configs', `/linode/instances/1/configs?${whole}`, answers.config, (c) => c.instances.configs(1)),
  list('instances.firewalls', `/linode/instances/1/firewalls?${whole}`, answers.firewall, (c) =>
    c.instances.firewalls(1),
  ),
  get('instances.interfaces', '/linode/instances/1/interfaces', answers.interfaces, (c) => c.instances.interfaces(1)),

  list('vpcs.list', `/vpcs?${whole}`, answers.vpc, (c) => c.vpcs.list({ label: 'demo-vpc' })),
  get('vpcs.get', '/vpcs/3', answers.vpc, (c) => c.vpcs.get(3)),
  post('vpcs.create', '/vpcs', answers.vpc, (c) =>
    c.vpcs.create({ label: 'demo-vpc', region: 'us-ord', subnets: [{ label: 'demo-subnet', ipv4: '10.20.0.0/24' }] }),
  ),
  put('vpcs.update', '/vpcs/3', answers.vpc, (c) => c.vpcs.update(3, { description: 'private network of demo' })),
  remove('vpcs.delete', '/vpcs/3', (c) => c.vpcs.delete(3)),
  list('vpcs.ips', `/vpcs/3/ips?${whole}`, answers.vpcIp, (c) => c.vpcs.ips(3)),
  list('vpcs.subnets.list', `/vpcs/3/subnets?${whole}`, answers.subnet, (c) => c.vpcs.subnets.list(3)),
  post('vpcs.subnets.create', '/vpcs/3/subnets', answers.subnet, (c) =>
    c.vpcs.subnets.create(3, { label: 'demo-subnet', ipv4: '10.20.0.0/24' }),
  ),
  put('vpcs.subnets.update', '/vpcs/3/subnets/31', answers.subnet, (c) =>
    c.vpcs.subnets.update(3, 31, { label: 'demo-subnet' }),
  ),
  remove('vpcs.subnets.delete', '/vpcs/3/subnets/31', (c) => c.vpcs.subnets.delete(3, 31)),

  list('firewalls.list', `/networking/firewalls?${whole}`, answers.firewall, (c) =>
    c.firewalls.list({ tags: 'understudy:demo' }),
  ),
  get('firewalls.get', '/networking/firewalls/5', answers.firewall, (c) => c.firewalls.get(5)),
  post('firewalls.create', '/networking/firewalls', answers.firewall, (c) =>
    c.firewalls.create({ label: 'demo-search', tags: ['understudy:demo'], rules }),
  ),
  put('firewalls.update', '/networking/firewalls/5', answers.firewall, (c) =>
    c.firewalls.update(5, { status: 'enabled' }),
  ),
  remove('firewalls.delete', '/networking/firewalls/5', (c) => c.firewalls.delete(5)),
  get('firewalls.rules.get', '/networking/firewalls/5/rules', answers.rules, (c) => c.firewalls.rules.get(5)),
  put('firewalls.rules.update', '/networking/firewalls/5/rules', answers.rules, (c) =>
    c.firewalls.rules.update(5, rules),
  ),
  list('firewalls.devices.list', `/networking/firewalls/5/devices?${whole}`, answers.device, (c) =>
    c.firewalls.devices.list(5),
  ),
  post('firewalls.devices.create', '/networking/firewalls/5/devices', answers.device, (c) =>
    c.firewalls.devices.create(5, { id: 11, type: 'nodebalancer' }),
  ),
  remove('firewalls.devices.delete', '/networking/firewalls/5/devices/8', (c) => c.firewalls.devices.delete(5, 8)),

  list('placementGroups.list', `/placement/groups?${whole}`, answers.group, (c) =>
    c.placementGroups.list({ label: 'demo-search' }),
  ),
  get('placementGroups.get', '/placement/groups/7', answers.group, (c) => c.placementGroups.get(7)),
  post('placementGroups.create', '/placement/groups', answers.group, (c) =>
    c.placementGroups.create({
      label: 'demo-search',
      region: 'us-ord',
      placement_group_type: 'anti_affinity:local',
      placement_group_policy: 'strict',
    }),
  ),
  put('placementGroups.update', '/placement/groups/7', answers.group, (c) =>
    c.placementGroups.update(7, { label: 'demo-search' }),
  ),
  remove('placementGroups.delete', '/placement/groups/7', (c) => c.placementGroups.delete(7)),
  post('placementGroups.assign', '/placement/groups/7/assign', answers.group, (c) => c.placementGroups.assign(7, [1])),
  post('placementGroups.unassign', '/placement/groups/7/unassign', answers.group, (c) =>
    c.placementGroups.unassign(7, [1]),
  ),

  list('nodeBalancers.list', `/nodebalancers?${whole}`, answers.balancer, (c) =>
    c.nodeBalancers.list({ tags: 'understudy:demo' }),
  ),
  get('nodeBalancers.get', '/nodebalancers/11', answers.balancer, (c) => c.nodeBalancers.get(11)),
  post('nodeBalancers.create', '/nodebalancers', answers.balancer, (c) =>
    c.nodeBalancers.create({
      region: 'us-ord',
      label: 'demo-balancer',
      client_conn_throttle: 0,
      tags: ['understudy:demo'],
      firewall_id: 5,
      vpcs: [{ subnet_id: 31, ipv4_range: '10.20.0.248/30' }],
      configs: [{ ...listener, nodes: [node] }],
    }),
  ),
  put('nodeBalancers.update', '/nodebalancers/11', answers.balancer, (c) =>
    c.nodeBalancers.update(11, { client_conn_throttle: 0 }),
  ),
  remove('nodeBalancers.delete', '/nodebalancers/11', (c) => c.nodeBalancers.delete(11)),
  list('nodeBalancers.firewalls', '/nodebalancers/11/firewalls', answers.firewall, (c) =>
    c.nodeBalancers.firewalls(11),
  ),
  list('nodeBalancers.vpcs', '/nodebalancers/11/vpcs', answers.leg, (c) => c.nodeBalancers.vpcs(11)),
  list('nodeBalancers.configs.list', `/nodebalancers/11/configs?${whole}`, answers.balancerConfig, (c) =>
    c.nodeBalancers.configs.list(11),
  ),
  post('nodeBalancers.configs.create', '/nodebalancers/11/configs', answers.balancerConfig, (c) =>
    c.nodeBalancers.configs.create(11, listener),
  ),
  put('nodeBalancers.configs.update', '/nodebalancers/11/configs/12', answers.balancerConfig, (c) =>
    c.nodeBalancers.configs.update(11, 12, check),
  ),
  remove('nodeBalancers.configs.delete', '/nodebalancers/11/configs/12', (c) => c.nodeBalancers.configs.delete(11, 12)),
  list('nodeBalancers.nodes.list', `/nodebalancers/11/configs/12/nodes?${whole}`, answers.node, (c) =>
    c.nodeBalancers.nodes.list(11, 12),
  ),
  post('nodeBalancers.nodes.create', '/nodebalancers/11/configs/12/nodes', answers.node, (c) =>
    c.nodeBalancers.nodes.create(11, 12, node),
  ),
  put('nodeBalancers.nodes.update', '/nodebalancers/11/configs/12/nodes/13', answers.node, (c) =>
    c.nodeBalancers.nodes.update(11, 12, 13, { mode: 'drain' }),
  ),
  remove('nodeBalancers.nodes.delete', '/nodebalancers/11/configs/12/nodes/13', (c) =>
    c.nodeBalancers.nodes.delete(11, 12, 13),
  ),

  list('domains.list', `/domains?${whole}`, answers.domain, (c) => c.domains.list()),
  list('domains.records.list', `/domains/14/records?${whole}`, answers.domainRecord, (c) => c.domains.records.list(14)),
  post('domains.records.create', '/domains/14/records', answers.domainRecord, (c) =>
    c.domains.records.create(14, { type: 'TXT', name: '_acme-challenge.search', target: 'digest', ttl_sec: 300 }),
  ),
  remove('domains.records.delete', '/domains/14/records/15', (c) => c.domains.records.delete(14, 15)),

  list('account.events', '/account/events?page_size=100', answers.event, (c) =>
    c.account.events({ 'entity.id': 1, 'entity.type': 'linode' }),
  ),
  get('account.settings', '/account/settings', answers.settings, (c) => c.account.settings()),
  get('profile.get', '/profile', answers.profile, (c) => c.profile.get()),
  get('profile.grants', '/profile/grants', answers.grants, (c) => c.profile.grants()),
  get('profile.scopes', '/profile', answers.profile, (c) => c.profile.scopes()),
];
