// Acme: certificates of public authorities for the balancer, by ACME (RFC 8555) with the challenge dns-01 through Linode's DNS manager.
// It keeps nothing itself and decides nothing about renewal.
export { newAccountKey, orderCertificate, type Ordered, type OrderRequest } from './order.ts';
export type { ChallengeDns, RecordJournal, TxtRecord } from './challenge-records.ts';
