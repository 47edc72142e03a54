// Topologies whose every field is well formed and which are still refused: unsafe, or beyond what Linode allows. Each refusal
// says why and what to do instead.
import type { Refusal } from './refusal.ts';
import { allowRefusals, checkRefusals, listenerRefusals } from './refusals-balancer.ts';
import { clusterRefusals, heapRefusals, placementRefusals } from './refusals-cluster.ts';
import { indexRefusals } from './refusals-index.ts';
import { accessRefusals, networkRefusals } from './refusals-network.ts';
import { environmentRefusals, serviceRefusals } from './refusals-service.ts';
import { workloadRefusals } from './refusals-workload.ts';
import type { TopologyFile } from './schema.ts';

export function refusals(file: TopologyFile): Refusal[] {
  return [
    ...clusterRefusals(file),
    ...indexRefusals(file),
    ...heapRefusals(file),
    ...serviceRefusals(file),
    ...environmentRefusals(file),
    ...listenerRefusals(file),
    ...allowRefusals(file),
    ...checkRefusals(file),
    ...placementRefusals(file),
    ...networkRefusals(file),
    ...accessRefusals(file),
    ...workloadRefusals(file),
  ];
}
