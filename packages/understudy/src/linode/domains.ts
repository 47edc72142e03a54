// Domains of the account, and their records. Domains are of the whole account, of no system: no domain is created, changed or deleted.
import { domain, domainRecord } from './answers/domain.ts';
import { verbs, type CallOptions, type Transport } from './call.ts';
import type { DomainFilter, DomainRecordFilter } from './filter.ts';
import type { DomainRecordCreate } from './requests.ts';

/** https://techdocs.akamai.com/linode-api/reference/get-domains; records carry no tags. */
export function domainOperations(transport: Transport) {
  const linode = verbs(transport);
  const records = (domainId: number): string => `/domains/${domainId}/records`;
  return {
    list: (filter?: DomainFilter, options?: CallOptions) =>
      linode.list('domains.list', '/domains', domain, options, filter),
    records: {
      list: (domainId: number, filter?: DomainRecordFilter, options?: CallOptions) =>
        linode.list('domains.records.list', records(domainId), domainRecord, options, filter),
      create: (domainId: number, body: DomainRecordCreate, options?: CallOptions) =>
        linode.post('domains.records.create', records(domainId), body, domainRecord, options),
      delete: (domainId: number, id: number, options?: CallOptions) =>
        linode.delete('domains.records.delete', `${records(domainId)}/${id}`, options),
    },
  };
}
