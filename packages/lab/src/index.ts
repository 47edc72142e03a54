// The door of the lab: a Linode region on this machine, or in memory.
export { labDown, labUp, type LabUpOptions } from './supervise.ts';
export {
  labDiskRefusal,
  labFreezeDisk,
  labLogs,
  labPowerCut,
  labPowerOn,
  labReset,
  labShellCommand,
  labStatus,
  type LabMachine,
  type LabStatus,
} from './control-client.ts';
export { labPrepareEngine, labSupplies } from './engine-client.ts';
export type { EngineRefusal } from './engine/index.ts';
export { labEndpoint, type LabEndpoint } from './endpoint.ts';
export { createRegionApi, type RegionApi, type RegionOptions } from './region/api/index.ts';
export { faultKinds, seededRandom, type FaultKind, type FaultRule } from './region/api/faults.ts';
export { type Limits } from './region/api/rate-limit.ts';
export type { ApiToken } from './region/api/server.ts';
export { SimulatedHardware } from './region/simulated-hardware.ts';
export { type StateStore } from './region/state/store.ts';
