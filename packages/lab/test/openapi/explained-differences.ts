// Where the lab's requests and answers differ from Linode's OpenAPI file 4.189.0, and why each difference is right.
// Reviewed by hand. "Recorded" means: seen so in recordings of the live API (the fixtures of linodego, to August 2026).

export interface Explanation {
  /** Found in the difference's line. */
  readonly difference: RegExp;
  readonly reason: string;
}

/** These fields, in operations whose path begins so. */
const newer = (paths: string, ...fields: string[]): RegExp =>
  new RegExp(`^[A-Z]+ /(${paths}).*/(${fields.join('|')}) is not in the file$`);

export const explained: readonly Explanation[] = [
  // Operations that the file does not have yet.
  {
    difference: /\/linode\/instances\/N\/interfaces(\/N)?: not in the file/,
    reason: 'Linode interfaces are newer; shape as in linode_api4 5.48.',
  },
  {
    difference: /GET \/nodebalancers\/N\/vpcs(\/N)?: not in the file/,
    reason: 'Backends in a VPC are newer; recorded.',
  },
  {
    difference: /PUT \/(nodebalancers|linode\/instances)\/N\/firewalls: not in the file/,
    reason: 'Newer; in linode-cli 5.69.',
  },
  {
    difference: /firewalls\/\{firewallId\} 200: \/default_firewall_ids/,
    reason: '/networking/firewalls/settings is newer; recorded.',
  },
  {
    difference: /PUT \/networking\/firewalls\/\{firewallId\} request: \/default_firewall_ids/,
    reason: 'The same, as a request.',
  },

  // Fields that the file does not have yet, all recorded.
  {
    difference: newer(
      'linode',
      'interface_generation',
      'disk_encryption',
      'migrating_to',
      'locks',
      'maintenance_policy',
      'site_type',
      'accelerated_devices',
      'system_alerts',
      'user_alerts',
    ),
    reason: 'Instances and types; recorded.',
  },
  {
    difference: newer('linode/instances/.*configs|vpcs', 'created', 'updated', 'initrd', 'ipv6'),
    reason: 'Configuration profiles and their interfaces, VPCs and subnets; recorded.',
  },
  {
    difference: newer(
      'linode/instances|networking/ips|vpcs',
      'reserved',
      'interface_id',
      'assigned_entity',
      'vpc_nat_1_1',
      'nodebalancer_id',
      'database_id',
      'vpc',
      'config_id',
    ),
    reason: 'Addresses, and the new interfaces in requests; recorded.',
  },
  {
    difference: newer('vpcs', 'databases', 'nodebalancers', 'vpc_type', 'ipv4'),
    reason: 'VPCs and subnets; recorded.',
  },
  {
    difference: newer(
      'networking/firewalls|linode/instances/.*firewalls|nodebalancers/.*firewalls',
      'entities',
      'parent_entity',
    ),
    reason: 'Firewalls and their devices; recorded.',
  },
  {
    difference: newer(
      'nodebalancers',
      'locks',
      'type',
      'lke_cluster',
      'frontend_address_type',
      'frontend_vpc_subnet_id',
      'client_udp_sess_throttle',
      'udp_check_port',
      'udp_session_timeout',
      'vpc_config_id',
      'vpcs',
      'subnet_id',
    ),
    reason: 'NodeBalancers, their configurations and nodes; recorded.',
  },
  {
    difference: /POST \/networking\/firewalls request: \/rules\/(in|out)bound_policy/,
    reason: 'The file has them in PUT .../rules alone; a create needs them too; recorded.',
  },
  {
    difference: newer(
      'placement|regions|images|account/settings',
      'migrations',
      'monitors',
      'site_type',
      'maximum_linodes_per_flexible_pg',
      'is_shared',
      'image_sharing',
      'interfaces_for_new_linodes',
      'maintenance_policy',
    ),
    reason: 'Placement groups, regions, images, settings; recorded.',
  },
  {
    difference:
      /\/domains(\/\{domainId\})? 200: (\/data\/N)?\/(group|description) must NOT have fewer than 1 characters/,
    reason: 'Domains: both are empty when they were not set; recorded.',
  },
  {
    difference: /request: \/interfaces\/N\/(public|vpc|firewall_id|default_route) is not in the file/,
    reason: 'Interfaces of the new generation in a create; recorded.',
  },
  {
    difference: /\/interfaces\/N must have required property 'purpose'/,
    reason: 'The same: the new generation has no purpose.',
  },

  {
    difference: /\/devices 200: \/data\/N\/entity\/(type is a value that is not in the file|label must be string)$/,
    reason: 'A firewall of the new generation guards interfaces, which have no label; recorded.',
  },

  // Null, where the file forgets to allow it; all recorded as null.
  {
    difference:
      /\/(backups\/last_successful|migrating_to|migrations|longview_subscription|last_four|expiry) must be (string|object)$/,
    reason: 'Null until there is one; recorded.',
  },
  {
    difference: /\/vpcs\/\{vpcId\}\/ips 200: \/data\/N\/(linode_id|interface_id) must be integer$/,
    reason: 'A range of a balancer belongs to no Linode; not recorded, but nodebalancer_id beside it is.',
  },
  {
    difference: /\/(secondary_entity|rate|percent_complete|duration) must be (object|string|integer|number)$/,
    reason: 'Events: null where it does not apply; recorded.',
  },
  {
    difference: /\/devices\/sd[a-h](\/volume_id)? must be (object|integer)$/,
    reason: 'Empty slots are null; recorded.',
  },
  { difference: /\/ipv4 must be object$/, reason: 'A public interface has no addresses of its own; recorded.' },
  {
    difference: /\/(vpc_nat_1_1|nat_1_1|rdns|config_id|gateway) must be (object|string|integer)$/,
    reason: "Addresses without it have null; recorded (gateway of a private address: Linode's documentation).",
  },
  {
    difference: /interfaces.* must NOT have fewer than 1 items$/,
    reason: 'A profile without interfaces has an empty list; recorded.',
  },

  // Values.
  {
    difference: /\/nodes(\/\{nodeId\})? 200: .*\/status is a value/,
    reason: 'Linode says "Unknown", the file "unknown"; recorded.',
  },
  {
    difference: /\/root_device must match pattern/,
    reason: 'The pattern in the file is a sentence, not an expression.',
  },
  {
    difference: /\/images.*\/description must NOT have fewer than 1/,
    reason: 'Images have an empty description; recorded.',
  },
  { difference: /events.*\/time_remaining must be string/, reason: '0 when finished; recorded.' },
  { difference: /events.*\/secondary_entity\/id must be string/, reason: 'A number when it is one; recorded.' },
  {
    difference: /events.*\/entity\/(type|id) (is a value|must be integer)/,
    reason: 'VPCs, subnets, groups and tags have events too; tags have no numeric id.',
  },
  { difference: /events.*\/action is a value/, reason: 'Actions of Linode interfaces are newer than the list.' },
  {
    difference: /\/tags\/\{tagLabel\} 200: \/data\/N\/data must match exactly one/,
    reason: 'The alternatives are the closed shapes of objects without the newer fields above.',
  },

  // The file gives one firewall where clients of Linode read a page.
  {
    difference: /firewalls\/\{firewallId\}\/history 200: \/(data|page|pages|results) is not in the file/,
    reason: 'A page: linode_api4 and linode-cli list versions.',
  },
];

export function unexplained(differences: readonly string[]): string[] {
  return differences.filter((line) => !explained.some((entry) => entry.difference.test(line)));
}
