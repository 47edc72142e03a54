// The lab: a Linode region on this machine, of systemd machines, networks and balancers. The region alone is in region/.
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
export type { LabPlaces } from './places.ts';
export { startDaemon, stopDaemon } from './supervise.ts';
