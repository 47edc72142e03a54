// TODO door
export { unsupportedVersion } from './versions.ts';
export { type Dialect, dialectOf } from './dialect.ts';
export { upgradeProblem, type UpgradeProblem } from './upgrade-path.ts';
export {
  type EngineLayout,
  engineLayouts,
  httpPort,
  type PackageRepository,
  transportPort,
  vendorRepository,
} from './layout.ts';
export { failoverProfiles } from './failover-profiles.ts';
