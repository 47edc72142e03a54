// Linode's answers about instances, their addresses, interfaces and configurations, in Linode's own field names: schemas, and the types they yield.
import { z } from 'zod';
import { id, open, tags } from './parts.ts';

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
