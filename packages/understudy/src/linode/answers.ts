// What Linode's API answers, as far as the product reads it: zod schemas and the types they yield, in Linode's own
// field names. Unknown new fields are dropped and unknown enum values pass; a needed field that is missing or mistyped
// is refused. Shapes: Linode's OpenAPI 4.189.0, and linodego where the live API is newer than that file.
import { z } from 'zod';

type OpenEnum<Known extends string> = Known | (string & NonNullable<unknown>);

/** The values known today complete in an editor; one that Linode adds tomorrow is still a string, not an error. */
const open = <Known extends string>(): z.ZodType<OpenEnum<Known>> => z.string();

const id = z.number().int();
const tags = z.array(z.string());

/** https://techdocs.akamai.com/linode-api/reference/get-linode-instance */
export const instance = z.object({
  id,
  label: z.string(),
  status: open<
    | 'running'
    | 'offline'
    | 'booting'
    | 'busy'
    | 'rebooting'
    | 'shutting_down'
    | 'provisioning'
    | 'deleting'
    | 'migrating'
    | 'rebuilding'
    | 'cloning'
    | 'restoring'
    | 'stopped'
    | 'billing_suspension'
    | 'resizing'
  >(),
  region: z.string(),
  /** Null for an instance whose plan Linode has retired. */
  type: z.string().nullable(),
  image: z.string().nullable(),
  /** Public addresses, then private ones (192.168.128.0/17); never addresses in a VPC. */
  ipv4: z.array(z.string()),
  ipv6: z.string().nullish(),
  tags,
  specs: z.object({ vcpus: z.number(), memory: z.number(), disk: z.number() }),
  /** RFC 3339 without a zone, UTC. */
  created: z.string(),
  updated: z.string(),
  has_user_data: z.boolean().optional(),
  interface_generation: open<'legacy_config' | 'linode'>().optional(),
  placement_group: z.object({ id, label: z.string().optional() }).nullish(),
});
export type Instance = z.infer<typeof instance>;

const address = z.object({ address: z.string(), public: z.boolean(), type: z.string(), linode_id: id.nullish() });
export const instanceIps = z.object({
  ipv4: z.object({ public: z.array(address), private: z.array(address) }),
});
export type InstanceIps = z.infer<typeof instanceIps>;

const legacyInterface = z.object({
  id: id.optional(),
  purpose: open<'public' | 'vlan' | 'vpc'>(),
  primary: z.boolean().optional(),
  active: z.boolean().optional(),
  vpc_id: id.nullish(),
  subnet_id: id.nullish(),
  ipv4: z.object({ vpc: z.string().nullish(), nat_1_1: z.string().nullish() }).nullish(),
});
/** A boot configuration profile; legacy network interfaces hang on it. */
export const instanceConfig = z.object({
  id,
  label: z.string(),
  interfaces: z
    .array(legacyInterface)
    .nullish()
    .transform((list) => list ?? []),
});
export type InstanceConfig = z.infer<typeof instanceConfig>;

/** An interface of an instance of the generation `linode`; exactly one of the kinds is not null. */
export const linodeInterface = z.object({
  id,
  public: z.unknown().nullish(),
  vpc: z.object({ subnet_id: id }).nullish(),
});
export type LinodeInterface = z.infer<typeof linodeInterface>;

export const region = z.object({
  id: z.string(),
  label: z.string().optional(),
  country: z.string().optional(),
  /** "Linodes", "NodeBalancers", "Cloud Firewall", "VPCs", "Placement Group", "Metadata", and others. */
  capabilities: z.array(z.string()),
  status: open<'ok' | 'outage'>(),
  site_type: open<'core' | 'distributed'>().optional(),
  placement_group_limits: z
    .object({
      maximum_linodes_per_pg: z.number().int(),
      /** Newer than the OpenAPI file. */
      maximum_linodes_per_flexible_pg: z.number().int().nullish(),
      /** Null where there is no limit. */
      maximum_pgs_per_customer: z.number().int().nullish(),
    })
    .nullish(),
});
export type Region = z.infer<typeof region>;

/** US dollars; null where Linode does not sell by that unit. */
const price = z.object({ hourly: z.number().nullable(), monthly: z.number().nullable() });
const regionPrices = z
  .array(price.extend({ id: z.string() }))
  .nullish()
  .transform((list) => list ?? []);

export const instanceType = z.object({
  id: z.string(),
  label: z.string(),
  class: open<'nanode' | 'standard' | 'dedicated' | 'premium' | 'gpu' | 'highmem'>(),
  vcpus: z.number().int(),
  /** Mebibytes. */
  memory: z.number().int(),
  /** Mebibytes. */
  disk: z.number().int(),
  price,
  region_prices: regionPrices,
});
export type InstanceType = z.infer<typeof instanceType>;

export const nodeBalancerType = z.object({ id: z.string(), label: z.string(), price, region_prices: regionPrices });
export type NodeBalancerType = z.infer<typeof nodeBalancerType>;

export const image = z.object({
  id: z.string(),
  label: z.string(),
  /** "cloud-init" says that the image reads Linode's metadata service. */
  capabilities: z.array(z.string()),
  deprecated: z.boolean(),
  is_public: z.boolean(),
  status: open<'creating' | 'pending_upload' | 'available'>(),
  vendor: z.string().nullish(),
  eol: z.string().nullish(),
});
export type Image = z.infer<typeof image>;

export const subnet = z.object({
  id,
  label: z.string(),
  ipv4: z.string(),
  linodes: z
    .array(z.object({ id, interfaces: z.array(z.object({ id, active: z.boolean().optional() })).optional() }))
    .nullish()
    .transform((list) => list ?? []),
});
export type Subnet = z.infer<typeof subnet>;

export const vpc = z.object({
  id,
  label: z.string(),
  description: z.string().nullish(),
  region: z.string(),
  subnets: z.array(subnet),
});
export type Vpc = z.infer<typeof vpc>;

/** One address inside a VPC and the Linode that holds it. */
export const vpcIp = z.object({
  address: z.string().nullable(),
  address_range: z.string().nullish(),
  linode_id: id.nullish(),
  nodebalancer_id: id.nullish(),
  subnet_id: id,
  vpc_id: id,
  nat_1_1: z.string().nullish(),
  active: z.boolean().optional(),
});
export type VpcIp = z.infer<typeof vpcIp>;

const firewallRule = z.object({
  action: open<'ACCEPT' | 'DROP'>(),
  protocol: open<'TCP' | 'UDP' | 'ICMP' | 'IPENCAP'>(),
  ports: z.string().nullish(),
  addresses: z
    .object({ ipv4: z.array(z.string()).nullish(), ipv6: z.array(z.string()).nullish() })
    .nullish()
    .transform((value) => value ?? {}),
  label: z.string().nullish(),
  description: z.string().nullish(),
});
export type FirewallRule = z.infer<typeof firewallRule>;

export const firewallRules = z.object({
  inbound: z.array(firewallRule),
  inbound_policy: open<'ACCEPT' | 'DROP'>(),
  outbound: z.array(firewallRule),
  outbound_policy: open<'ACCEPT' | 'DROP'>(),
});
export type FirewallRules = z.infer<typeof firewallRules>;

export const firewall = z.object({
  id,
  label: z.string(),
  status: open<'enabled' | 'disabled' | 'deleted'>(),
  tags,
  rules: firewallRules,
});
export type Firewall = z.infer<typeof firewall>;

/** The firewalls that Linode puts in front of what is made without one; null for none. */
export const firewallSettings = z.object({
  default_firewall_ids: z.object({ nodebalancer: id.nullish() }),
});
export type FirewallSettings = z.infer<typeof firewallSettings>;

export const firewallDevice = z.object({
  id,
  entity: z.object({
    id,
    label: z.string().nullish(),
    type: open<'linode' | 'nodebalancer' | 'linode_interface'>(),
    url: z.string().nullish(),
  }),
});
export type FirewallDevice = z.infer<typeof firewallDevice>;

export const placementGroup = z.object({
  id,
  label: z.string(),
  region: z.string(),
  placement_group_type: open<'anti_affinity:local'>(),
  placement_group_policy: open<'strict' | 'flexible'>(),
  is_compliant: z.boolean(),
  members: z.array(z.object({ linode_id: id, is_compliant: z.boolean() })),
});
export type PlacementGroup = z.infer<typeof placementGroup>;

export const nodeBalancer = z.object({
  id,
  label: z.string(),
  region: z.string(),
  hostname: z.string().nullish(),
  ipv4: z.string(),
  ipv6: z.string().nullish(),
  client_conn_throttle: z.number().int(),
  tags,
});
export type NodeBalancer = z.infer<typeof nodeBalancer>;

export const nodeBalancerConfig = z.object({
  id,
  nodebalancer_id: id,
  port: z.number().int(),
  protocol: open<'http' | 'https' | 'tcp' | 'udp'>(),
  algorithm: open<'roundrobin' | 'leastconn' | 'source' | 'ring_hash'>(),
  stickiness: open<'none' | 'table' | 'http_cookie' | 'session' | 'source_ip'>(),
  check: open<'none' | 'connection' | 'http' | 'http_body'>(),
  check_interval: z.number().int(),
  check_timeout: z.number().int(),
  check_attempts: z.number().int(),
  check_path: z.string().nullish(),
  check_body: z.string().nullish(),
  check_passive: z.boolean(),
  proxy_protocol: open<'none' | 'v1' | 'v2'>().optional(),
  cipher_suite: open<'recommended' | 'legacy' | 'none'>().nullish(),
  /** `<REDACTED>` when a certificate is set: the API never gives it back. */
  ssl_cert: z.string().nullish(),
  ssl_key: z.string().nullish(),
  ssl_commonname: z.string().nullish(),
  /** SHA-1 fingerprint of the certificate in use; empty without one. */
  ssl_fingerprint: z.string().nullish(),
  nodes_status: z.object({ up: z.number().int(), down: z.number().int() }).optional(),
});
export type NodeBalancerConfig = z.infer<typeof nodeBalancerConfig>;

export const nodeBalancerNode = z.object({
  id,
  label: z.string(),
  /** `ip:port`. */
  address: z.string(),
  weight: z.number().int(),
  mode: open<'accept' | 'reject' | 'drain' | 'backup'>(),
  /** What the balancer's checks say; the case of the unknown value differs between Linode's spec and its answers. */
  status: open<'UP' | 'DOWN' | 'Unknown' | 'unknown'>(),
  config_id: id,
  nodebalancer_id: id,
  vpc_config_id: id.nullish(),
});
export type NodeBalancerNode = z.infer<typeof nodeBalancerNode>;

/** The balancer's leg in a VPC subnet. */
export const nodeBalancerVpc = z.object({
  id,
  nodebalancer_id: id.optional(),
  vpc_id: id.nullish(),
  subnet_id: id,
  ipv4_range: z.string(),
});
export type NodeBalancerVpc = z.infer<typeof nodeBalancerVpc>;

export const event = z.object({
  id,
  /** `linode_create`, `linode_boot`, `linode_delete`, ... */
  action: z.string(),
  status: open<'scheduled' | 'started' | 'finished' | 'failed' | 'notification'>(),
  percent_complete: z.number().nullish(),
  created: z.string(),
  entity: z
    .object({
      id: z.union([z.number(), z.string()]).nullish(),
      label: z.string().nullish(),
      type: z.string(),
    })
    .nullish(),
  message: z.string().nullish(),
});
export type LinodeEvent = z.infer<typeof event>;

export const accountSettings = z.object({
  managed: z.boolean().optional(),
  network_helper: z.boolean(),
  backups_enabled: z.boolean(),
  interfaces_for_new_linodes: open<
    | 'legacy_config_only'
    | 'legacy_config_default_but_linode_allowed'
    | 'linode_default_but_legacy_config_allowed'
    | 'linode_only'
  >().optional(),
});
export type AccountSettings = z.infer<typeof accountSettings>;

export const profile = z.object({ username: z.string(), restricted: z.boolean(), uid: z.number().optional() });
export type Profile = z.infer<typeof profile>;

const grant = z.object({ id, label: z.string().nullish(), permissions: open<'read_only' | 'read_write'>().nullable() });
export const grants = z.object({
  global: z.object({
    add_linodes: z.boolean(),
    add_nodebalancers: z.boolean(),
    add_firewalls: z.boolean(),
    add_vpcs: z.boolean().optional(),
    add_placement_groups: z.boolean().optional(),
    account_access: open<'read_only' | 'read_write'>().nullable(),
  }),
  linode: z.array(grant),
  nodebalancer: z.array(grant),
  firewall: z.array(grant),
});
export type Grants = z.infer<typeof grants>;
