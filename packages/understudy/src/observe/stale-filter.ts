// Filters of allocation that an operation left behind: `apply` takes them away. Those that a person may have meant it leaves alone.
import type { Leftover, Membership } from '../cluster/index.ts';
import { machinePlans, type Topology } from '../topology/index.ts';

const filter = /^cluster\.routing\.allocation\.(?:include|exclude|require)\.(.+)$/;
const addressAttributes = ['_ip', '_host', '_host_ip', '_publish_ip'];

export function isFilter({ setting }: Leftover): boolean {
  return filter.test(setting);
}

/**
 * A filter that names nothing but machines of the topology, which may all hold copies, or nodes that are no members. One that names a
 * machine that is leaving belongs to its removal, which takes it away itself.
 */
export function isStale({ setting, value, origin }: Leftover, members: Membership, topology: Topology): boolean {
  const attribute = filter.exec(setting)?.[1] ?? '';
  const search = machinePlans(topology).filter(({ role }) => role === 'search');
  const byAddress = addressAttributes.includes(attribute);
  if (origin === 'file' || (attribute !== '_name' && !byAddress)) return false;
  const asked = search.map(({ label, vpcAddress }) => (byAddress ? vpcAddress : label));
  const present = members.nodes.map(({ name, transportAddress }) =>
    byAddress ? transportAddress.replace(/:\d+$/, '') : name,
  );
  const named = value.split(',').map((part) => part.trim());
  return named.every((part) => asked.includes(part) || (!part.includes('*') && !present.includes(part)));
}
