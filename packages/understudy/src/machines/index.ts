// Machines: how a machine is configured, by cloud-init user data at first boot and over SSH later; and how it is observed.
export type { RemoteOptions, RemoteResult, RemoteRunner, RemoteTarget, StreamOptions, TunnelEnd } from './remote.ts';
export { createSshRunner, hostKeyAlgorithms, type PinningRunner } from './ssh-runner.ts';
export { hostKeysFile, pinKeys, pinnedKeys } from './host-keys.ts';
export { ensureKeyPair, type KeyPair, privateKeyPath, readPublicKeys } from './key-pair.ts';
export { authorizedKeysFile, authorizedKeysPath, type KeyDifferences, keyDifferences } from './authorized-keys.ts';
export { shellLine } from './shell.ts';
export { contentHash, isRecorded, type ManagedFile, whenChanged, writeFilesScript } from './managed-file.ts';
export { engineInstaller, engineKeyPath, installCommand, installExits, type InstallMode } from './engine-package.ts';
export { bootUserData, sshdFile, userDataLimitBytes } from './user-data.ts';
export { applySysctlPath, kernelSettings, sysctlPath, sysctlUnit } from './kernel-files.ts';
export {
  askChallengeScript,
  challengeDirectory,
  putChallengesScript,
  removeChallengesScript,
} from './challenge-files.ts';
export { journalPath, upgradesTimer, upkeepFiles } from './upkeep-files.ts';
export { type EngineForm, engineSettings, engineStartedPath, engineStartPaths, searchFiles } from './search-files.ts';
export {
  ensureServiceUser,
  serviceEnvironmentPath,
  serviceFiles,
  serviceStartedPath,
  serviceUnit,
  serviceKeysPath,
  serviceUnitPath,
  type ServiceAccess,
  type ServiceLogin,
} from './service-files.ts';
export {
  gatewayFiles,
  gatewayPaths,
  gatewayProbe,
  gatewaySocket,
  gatewayStartedPath,
  gatewayStartPaths,
  gatewayStopS,
  gatewayUnit,
  gatewayUrls,
} from './gateway-files.ts';
export {
  askAsCallersScript,
  machineTimeScript,
  type PutKeys,
  putKeysExits,
  putKeysScript,
  readKeysScript,
  serviceKeysFile,
  servicePeersFile,
} from './service-keys.ts';
export { peerHeader } from './peer-signature.ts';
export { changeGatewayScript, removeGatewayScript, restoreGatewayScript } from './gateway-run.ts';
export {
  currentRelease,
  gatewayPlace,
  isUnpackedScript,
  packCommand,
  rejectedPath,
  type Release,
  releaseIdOf,
  releaseOf,
  type ReleasePlace,
  releasesDirectory,
  servicePlace,
  switchScript,
  unpackScript,
} from './release.ts';
export { parseReleases, type ReleasesOnMachine, releasesScript } from './releases-on-machine.ts';
export { bootstrapGuard, clusterDataFound, setDataAsideScript, type StrayState } from './data-directory.ts';
export { securityPaths, type EngineAccess } from './security-files.ts';
export { healthProbe } from './health-probe.ts';
export {
  anySettings,
  clearRejectedScript,
  readRejected,
  type RejectedRelease,
  rejectScript,
} from './rejected-releases.ts';
export {
  answerExits,
  answerWithinS,
  awaitAnswersScript,
  changeServiceScript,
  connectionsScript,
  journalCommand,
  lastWordsScript,
  readLastWords,
  readSample,
  restoreServiceScript,
  sampleScript,
  type ServiceSample,
  serviceSettingsPaths,
  startServiceScript,
  type StopOptions,
  stopServiceScript,
} from './service-run.ts';
export { machineSpec, nothingAsked } from './machine-spec.ts';
export { observeCommand, type ObservedMachine, observeMachine, parseObservation, partOf } from './observe-machine.ts';
export { observeScript } from './observe-script.ts';
export type {
  CloudInit,
  DataDirectory,
  DiskUse,
  DpkgState,
  ObservedHealth,
  ObservedPackage,
  ObservedUnit,
  ObservedFile,
} from './observed-values.ts';
