// Linode's answers about the account, its user, and events, in Linode's own field names: schemas, and the types they yield.
import { z } from 'zod';
import { id, open } from './parts.ts';

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
