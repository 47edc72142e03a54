// What `plan` and `apply` look at before anything is created, in one place: can the target supply the engine, does the region have
// what is asked for, and what should a person know of it?
import { totalmem } from 'node:os';
import { topologyWarnings } from '../topology/index.ts';
import { checkRegion, type RegionCheck } from './region-check.ts';
import type { PlanAdvice } from '../cli/index.ts';
import type { Session } from './session.ts';
import { checkSupply, supplyNotices } from './supply-check.ts';

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
  const { price, notices, interfaceGeneration } = await checkRegion(world.linode, topology, topologyPath, access);
  const { name } = target;
  const memoryMb = Math.floor(totalmem() / 2 ** 20);
  const warnings = topologyWarnings(topology, name === 'lab' ? { name, memoryMb } : { name });
  return {
    interfaceGeneration,
    advice: { price, notices: [...supplyNotices(supply, topology), ...notices], warnings },
  };
}
