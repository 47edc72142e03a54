// Linode's answers about VPCs, firewalls and placement groups, in Linode's own field names: schemas, and the types they yield.
import { z } from 'zod';
import { id, open, tags } from './parts.ts';

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
