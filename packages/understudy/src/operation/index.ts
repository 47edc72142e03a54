// TODO door
export {
  type LockHolder,
  lockOperation,
  type LockRequest,
  operationLock,
  type OperationLock,
} from './operation-lock.ts';
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
  ensureServiceUser,
  filesOf,
  indexSettingsOf,
  indexTemplateOf,
  type Intent,
  machineNamed,
  machinesFor,
  machinesInGroup,
  userDataOf,
} from './intent.ts';
export { readSecretValue } from './secret-file.ts';
export { checkAccess, type Price } from './region-check.ts';
export { locksDirectory, openSession, resolveIntent, runsDirectory, type Session } from './session.ts';
export { preview } from './advice.ts';
export { targetName } from './target.ts';
export { cacheDirectory } from './places.ts';
