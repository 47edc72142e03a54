// Observe: reads everything once; each part is seen, absent, or unknown with the reason. It assesses nothing.
export {
  type Observation,
  type ObservedBalancer,
  type ObservedCluster,
  type ObservedObjects,
  offCode,
  type OwnIndex,
  type ShownCertificate,
} from './observation.ts';
export { isFilter, isStale } from './stale-filter.ts';
export { backendsNamed, heldAddress, instanceNamed, membershipOf } from './lookup.ts';
export { hidesCopies, observeCluster } from './observe-cluster.ts';
export { engineOverSsh, type EngineLogin } from './engine-over-ssh.ts';
export { engineHosts, observe, targetOf } from './observe.ts';
export { observeInstances, observeObjects } from './observe-objects.ts';
export { shownCertificate } from './shown-certificate.ts';
export type { EngineHost, World } from './world.ts';
