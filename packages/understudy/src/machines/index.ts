// Machines: what a machine is told, as cloud-init user data at birth and over SSH later; and what it says of itself.
export type { RemoteOptions, RemoteResult, RemoteRunner, RemoteTarget } from './remote.ts';
export { createSshRunner, type PinningRunner, type SshRunnerOptions } from './ssh-runner.ts';
export { hostKeysFile, type HostKeys } from './host-keys.ts';
export { ensureKeyPair, readPublicKeys, type KeyPair } from './key-pair.ts';
export { shellLine, shellWord } from './shell.ts';
export { contentHash, whenChanged, writeFilesScript, type ManagedFile } from './managed-file.ts';
export {
  engineLayouts,
  httpPort,
  transportPort,
  vendorRepository,
  type EngineLayout,
  type PackageRepository,
} from './engine-layout.ts';
export { engineInstaller, installEnginePath } from './engine-package.ts';
export { birthUserData, sshdFile, userDataLimitBytes, type Birth } from './birth.ts';
export { failoverProfiles, type FailoverSettings } from './failover-profiles.ts';
export { applySysctlPath, kernelSettings, sysctlPath, sysctlUnit } from './kernel-files.ts';
export {
  engineSettings,
  engineStartedPath,
  engineStartPaths,
  searchFiles,
  type EngineForm,
  type SearchFilesInput,
} from './search-files.ts';
export {
  serviceEnvironment,
  serviceEnvironmentPath,
  serviceFiles,
  serviceStartedPath,
  serviceUnit,
  serviceUnitPath,
  serviceUser,
  type ServiceFilesInput,
} from './service-files.ts';
export {
  currentRelease,
  packCommand,
  releaseOf,
  releasesDirectory,
  switchScript,
  unpackScript,
  type Release,
} from './release.ts';
export { machineSpec } from './machine-spec.ts';
export {
  observeCommand,
  observeMachine,
  observeScript,
  parseObservation,
  type MachineSpec,
  type ObservedFile,
  type ObservedMachine,
  type ObservedSysctl,
  type ObservedUnit,
} from './observe-machine.ts';
