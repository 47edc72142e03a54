// Filters that say on which nodes copies may be: of the whole cluster or of one index, by name, address or attribute.
// https://www.elastic.co/docs/reference/elasticsearch/index-settings/shard-allocation
import { partsOf } from './cluster-settings.ts';
import type { EngineNode } from './nodes.ts';

export interface AllocationFilter {
  readonly kind: 'include' | 'exclude' | 'require';
  /** `_name`, `_ip`, ..., or an attribute of nodes. */
  readonly attribute: string;
  readonly patterns: readonly string[];
}

/** `prefix`: `cluster.routing.allocation` or `index.routing.allocation`. A filter without a value is none. */
export function filtersIn(settings: Readonly<Record<string, string>>, prefix: string): AllocationFilter[] {
  return (['include', 'exclude', 'require'] as const).flatMap((kind) =>
    Object.entries(settings).flatMap(([key, value]) => {
      if (!key.startsWith(`${prefix}.${kind}.`)) return [];
      const patterns = partsOf(value);
      return patterns.length === 0 ? [] : { kind, attribute: key.slice(prefix.length + kind.length + 2), patterns };
    }),
  );
}

/** Undefined: the engine has a rule of its own for it, such as `_tier_preference`, and is left to it. */
function valueOf(node: EngineNode, attribute: string): string | undefined {
  switch (attribute) {
    case '_name':
      return node.name;
    case '_id':
      return node.id;
    case '_ip':
    case '_host_ip':
    case '_publish_ip':
      return node.ip;
    case '_host':
      return node.host;
    default:
      return attribute.startsWith('_') ? undefined : (node.attributes[attribute] ?? '');
  }
}

function matches(node: EngineNode, { attribute, patterns }: AllocationFilter): boolean | undefined {
  const value = valueOf(node, attribute);
  if (value === undefined) return undefined;
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(value);
  });
}

/** Whether these filters let a copy be on the node; a filter that is not understood excludes no node. */
export function mayHold(node: EngineNode, filters: readonly AllocationFilter[]): boolean {
  const of = (kind: AllocationFilter['kind']): (boolean | undefined)[] =>
    filters.filter((filter) => filter.kind === kind).map((filter) => matches(node, filter));
  const included = of('include').filter((match) => match !== undefined);
  return (
    !of('exclude').includes(true) &&
    !of('require').includes(false) &&
    (included.length === 0 || included.includes(true))
  );
}
