// Engines: one folder for each, with its versions, package, settings and API differences. Knows nothing of what is built with them.
export { dialectOf, engineLayouts, engineNamed, engineNames, type Engine, type EngineVersion } from './engines.ts';
export type { Dialect } from './dialect.ts';
export type { EngineDefinition } from './engine.ts';
export {
  failoverProfileNames,
  failoverProfiles,
  type FailoverProfile,
  type FailoverSettings,
} from './failover-profiles.ts';
export { httpPort, transportPort, type EngineLayout, type PackageRepository } from './layout.ts';
export {
  accountNames,
  type AccountObject,
  type AccountsApi,
  engineUrl,
  tlsPaths,
  userOf,
  type AccountName,
  type EngineSecurity,
  type EngineUser,
  type SecuredIndex,
  type TlsPaths,
} from './security.ts';
export { vendorRepository } from './repository.ts';
export { upgradeProblem, type UpgradeProblem } from './upgrade-path.ts';
export type { StartCheck, StartRefusal } from './start-check.ts';
export { unsupportedVersion, untriedVersion } from './versions.ts';
