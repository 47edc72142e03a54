// Operation: what every command needs: the session, the target as a port, the resolved intent, the lock, checks of price and access.
export {
  type LockHolder,
  lockOperation,
  type LockRequest,
  operationLock,
  type OperationLock,
} from './operation-lock.ts';
export {
  type AcmeCertificates,
  type ChallengeFiles,
  type ChallengeHost,
  acmeTexts,
  keepAcmeTexts,
  openAcmeCertificates,
  type OrderedCertificate,
} from './acme-certificates.ts';
export {
  type Certificate,
  certificateFromFiles,
  sameFingerprint,
  selfSignedCertificate,
  selfSignedName,
} from './certificate.ts';
export {
  askedMachine,
  clusterSubject,
  engineConfigHash,
  filesOf,
  gatewayFilesOf,
  machineNamed,
  machinesFor,
  machinesInGroup,
  userDataOf,
} from './intent.ts';
export type { Intent } from './intent-shape.ts';
export { aliasesOf, differingSettings, indexSettingsOf, indexTemplateOf, mappingOf } from './index-intent.ts';
export { operatorFiles, operatorFilesOf } from './operator-files.ts';
export { hasKeys, keyDelivery, keysWithinS, serviceKeyTextOf, serviceOrigin, servicePeersOf } from './service-login.ts';
export {
  advanceServiceKeys,
  beginServiceKeys,
  idOf,
  isAhead,
  isFreeName,
  isOwnList,
  isToolKey,
  keepServiceKeyTexts,
  type KeyList,
  keyListText,
  type KeyRecord,
  type KeyRequest,
  type KeyScope,
  keyScopes,
  listInPhase,
  makeKey,
  type NewKey,
  readKeyList,
  replaceServiceKeyTexts,
  type ServiceKeys,
  serviceKeySuccession,
  serviceKeyTexts,
  type ServiceKeyTexts,
  takeOverList,
  writeKeyList,
} from './service-keys/index.ts';
export { authorityPassphrase, certificateSubjectOf, wantedAccounts } from './security.ts';
export { keptConsolePassword } from './console-password.ts';
export { formerPublicKeys, keepFormerPublicKeys, keyDirectory, nextKeyDirectory } from './own-key.ts';
export { readSecretFile, readSecretValue, writeSecretOnce } from './secret-file.ts';
export { checkAccess, type Price } from './region-check.ts';
export { locksDirectory, openSession, resolveIntent, runsDirectory, type Session } from './session.ts';
export { serviceRelease } from './service-release.ts';
export { preview, type PlanAdvice } from './advice.ts';
export { resolveTarget, targetName } from './resolve-target.ts';
export type { DiskControl, PowerControl, Supply, Target } from './target.ts';
export {
  acmeDirectory,
  accessKeyPath,
  cacheDirectory,
  consolePasswordPath,
  hostKeysPathOf,
  ownKeyDirectory,
  securityDirectory,
  serviceKeysDirectory,
  systemIdOf,
} from './places.ts';
export { locked } from './locked.ts';
export { type Application, inspectApplication, serviceBlock } from './application/index.ts';
