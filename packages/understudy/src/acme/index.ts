// Acme: certificates of public authorities for the balancer, by ACME (RFC 8555): with the challenge dns-01 through Linode's DNS manager, or
// http-01 through the service. It keeps nothing itself and decides nothing about renewal.
export { newAccountKey, orderCertificate, type Ordered, type OrderRequest } from './order.ts';
export { recordChallenges, type ChallengeDns, type RecordJournal, type TxtRecord } from './challenge-records.ts';
export { fileChallenges, type ChallengeFiles, type ChallengeHost } from './challenge-files.ts';
export type { Challenge, ChallengeWay } from './challenge.ts';
