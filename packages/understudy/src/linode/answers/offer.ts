// Linode's answers about what a region offers: types, prices, images, in Linode's own field names: schemas, and the types they yield.
import { z } from 'zod';
import { open } from './parts.ts';

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
