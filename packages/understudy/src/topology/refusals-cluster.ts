// Refusals about the cluster: majorities, copies, versions, memory, and hosts of their own for its machines.
import { unsupportedVersion } from '../engines/index.ts';
import { minHeapMb, machineSize, maxHeapMb } from './machine-types.ts';
import { maxMachinesPerGroup } from './plan.ts';
import type { Refusal } from './refusal.ts';
import { heapMbOf } from './resolve.ts';
import type { TopologyFile } from './schema.ts';

export function clusterRefusals({ search }: TopologyFile): Refusal[] {
  const { nodes } = search;
  const found: Refusal[] = [];
  const unsupported = unsupportedVersion(search);
  if (unsupported !== undefined) found.push({ path: ['search', 'version'], ...unsupported });
  if (nodes % 2 === 0)
    found.push({
      path: ['search', 'nodes'],
      allowed: 'an odd whole number, 3 at least',
      message:
        `of ${nodes} master-eligible machines ${nodes / 2 + 1} must agree, so ${nodes} tolerate no more failures than ${nodes - 1}, and an ` +
        'even split has no majority without a tiebreaker',
      remedy: `set ${nodes - 1} or ${nodes + 1}`,
    });
  return found;
}

export function heapRefusals({ search }: TopologyFile): Refusal[] {
  const path = ['search', 'heap'];
  const heapMb = heapMbOf(search);
  const size = machineSize(search.machineType);
  const allowed = `${minHeapMb}m to ${size ? `${Math.min(maxHeapMb, Math.floor(size.memoryMb / 2))}m` : '31g'}`;
  if (heapMb === undefined) {
    const message = `the memory of ${search.machineType} is not known to this version`;
    return [{ path, allowed, message, remedy: "set heap to half of the machine's memory, such as 4g" }];
  }
  if (heapMb < minHeapMb)
    return [
      { path, allowed, message: 'the engine does not start with so little', remedy: `set ${minHeapMb}m or more` },
    ];
  if (heapMb > maxHeapMb)
    return [{ path, allowed, message: 'above 31g the JVM loses compressed pointers', remedy: 'set 31g or less' }];
  if (size !== undefined && heapMb > size.memoryMb / 2)
    return [
      {
        path,
        allowed,
        message: `it is more than half of the ${size.memoryMb} MB of ${search.machineType}, and the file cache needs the other half`,
        remedy: `set ${Math.floor(size.memoryMb / 2)}m or less, or choose a bigger machineType`,
      },
    ];
  return [];
}

export function placementRefusals({ placement, search, service }: TopologyFile): Refusal[] {
  if (placement.policy === 'flexible') return [];
  const roles = [
    ['search', 'nodes', search.nodes],
    ['service', 'instances', service.instances],
  ] as const;
  return roles
    .filter(([, , count]) => count > maxMachinesPerGroup)
    .map(([role, fieldName]) => ({
      path: [role, fieldName],
      allowed: `${maxMachinesPerGroup} at most with placement.policy: strict`,
      message: `a placement group of Linode holds ${maxMachinesPerGroup} machines, so more of them cannot all be guaranteed different hosts`,
      remedy: `set ${maxMachinesPerGroup} or fewer, or placement: {policy: flexible} for several groups, best effort`,
    }));
}
