// What `plan` and `apply` check before anything is created, in one place: the target supplies the engine, the region has what
// the topology needs, and the warnings for the operator.
import { topologyWarnings, type Warning } from '../topology/index.ts';
import { checkRegion, type Price, type RegionCheck } from './region-check.ts';
import type { Session } from './session.ts';
import { checkSupply, supplyNotices } from './supply-check.ts';

/** Price, notices and warnings that are shown with a plan. */
export interface PlanAdvice {
  readonly price: Price;
  readonly notices: readonly string[];
  readonly warnings: readonly Warning[];
}

export interface Preview extends Pick<RegionCheck, 'interfaceGeneration'> {
  readonly advice: PlanAdvice;
}

/** Errors: those of `checkSupply` and `checkRegion`. */
export async function preview(
  { target, topology, world }: Session,
  topologyPath: string,
  access: 'read' | 'write',
): Promise<Preview> {
  const supply = await checkSupply(target, topology, topologyPath);
  const { price, interfaceGeneration } = await checkRegion(world.linode, topology, topologyPath, access);
  const warnings = topologyWarnings(topology, target.fit);
  return {
    interfaceGeneration,
    advice: { price, notices: supplyNotices(supply, topology), warnings },
  };
}
