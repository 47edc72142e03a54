// The X-Filter header, typed: a filter can only name fields that Linode can filter that list by.
// https://techdocs.akamai.com/linode-api/reference/filtering-and-sorting

type Comparison<Value> =
  | Value
  | { readonly '+gt': Value }
  | { readonly '+gte': Value }
  | { readonly '+lt': Value }
  | { readonly '+lte': Value }
  | { readonly '+neq': Value }
  | { readonly '+contains': string };

/** Equality by default; `+and`, `+or` nest; `+order_by` and `+order` sort. An unknown field is a 400 from Linode. */
export type Filter<Fields> = { readonly [Field in keyof Fields]?: Comparison<Fields[Field]> } & {
  readonly '+and'?: readonly Filter<Fields>[];
  readonly '+or'?: readonly Filter<Fields>[];
  readonly '+order_by'?: keyof Fields & string;
  readonly '+order'?: 'asc' | 'desc';
};

export type InstanceFilter = Filter<{ id: number; label: string; tags: string; region: string; image: string }>;
export type VpcFilter = Filter<{ id: number; label: string; region: string }>;
export type SubnetFilter = Filter<{ id: number; label: string }>;
export type FirewallFilter = Filter<{ id: number; label: string; tags: string; status: string }>;
export type PlacementGroupFilter = Filter<{ id: number; label: string; region: string }>;
export type NodeBalancerFilter = Filter<{ id: number; label: string; tags: string; region: string; ipv4: string }>;
export type DomainFilter = Filter<{ id: number; domain: string; tags: string }>;
export type DomainRecordFilter = Filter<{ id: number; name: string; type: string; target: string }>;
export type ImageFilter = Filter<{
  id: string;
  label: string;
  is_public: boolean;
  deprecated: boolean;
  vendor: string;
}>;
export type EventFilter = Filter<{
  id: number;
  action: string;
  created: string;
  status: string;
  'entity.id': number;
  'entity.type': string;
}>;
