// The region in memory or over real hardware: Linode's API and the state behind it. Needs neither root nor machines.
export { createRegionApi, type RegionApi, type RegionOptions } from './api/index.ts';
export { routes } from './api/routes.ts';
export { faultKinds, seededRandom, type FaultKind, type FaultRule } from './api/faults.ts';
export type { Limits } from './api/rate-limit.ts';
export type { ApiToken } from './api/server.ts';
export { SimulatedHardware } from './simulated-hardware.ts';
export type { StateStore } from './state/store.ts';
export { startNameServer, type NameServer, type NameServerOptions } from './name-server.ts';
