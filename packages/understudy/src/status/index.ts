// Status: one look at everything, and a verdict with reasons. Also what every operation shares: the world and the lock.
export { engineOverSsh } from './engine-over-ssh.ts';
export { isFilter, isStale } from './stale-filter.ts';
export { judge } from './judge.ts';
export { backendsNamed, heldAddress, instanceNamed, membershipOf } from './lookup.ts';
export {
  offCode,
  type Observation,
  type ObservedBalancer,
  type ObservedCluster,
  type ObservedObjects,
  type ShownCertificate,
} from './observation.ts';
export { engineHosts, observe, targetOf } from './observe.ts';
export { observeCluster } from './observe-cluster.ts';
export { observeObjects } from './observe-objects.ts';
export {
  lockOperation,
  operationLock,
  type LockHolder,
  type LockRequest,
  type OperationLock,
} from './operation-lock.ts';
export { shownCertificate } from './shown-certificate.ts';
export { statusJsonSchema, statusSchema, type Status, type Verdict } from './status.ts';
export type { EngineHost, World } from './world.ts';
