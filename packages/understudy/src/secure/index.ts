// Secure: the authority of a system, certificates of its machines, accounts of its engine, what a second operator needs of them; and
// self-signed certificates, and how directories of secrets are written. It reaches no machine itself.
export { type CertificateSubject } from './certificate-request.ts';
export { certificateScript, requestScript } from './certificate-scripts.ts';
export {
  isRenewalDue,
  bundleEnd,
  certificateEnd,
  certificateState,
  type CertificateState,
} from './machine-certificate.ts';
export { keepDirectory, keepFile, replaceDirectory } from './kept-directory.ts';
export { selfSigned } from './self-signed.ts';
export {
  acmeFileName,
  type AccessIdentity,
  identitiesIn,
  newIdentity,
  openAccess,
  sealAccess,
  type SystemAccess,
} from './access-file.ts';
export {
  currentSecurity,
  keepSecurityTexts,
  openSecurity,
  replaceSecurityTexts,
  securityTexts,
  succession,
  type SystemSecurity,
} from './store.ts';
export { advance, beginAccounts, beginAuthority, type Exchanged } from './exchange.ts';
export { exchangePhases, type ExchangePhase, phaseAfter } from './kept.ts';
export type { ProbeIdentity } from './probe-identity.ts';
