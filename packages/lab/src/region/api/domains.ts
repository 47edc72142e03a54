// Domains of Linode's DNS manager and their records: create, read, change, delete. The name server answers from them.
import { found } from './answer.ts';
import { Input } from './input.ts';
import { idOf, listRoute, type Call, type Json, type Route } from './route.ts';
import { entity } from '../state/events.ts';
import type { Domain, DomainRecord } from '../state/domain-model.ts';

const domainName = {
  least: 1,
  most: 253,
  pattern: /^(\*\.)?([a-zA-Z0-9-_]{1,63}\.)+([a-zA-Z]{2,3}\.)?([a-zA-Z]{2,16}|xn--[a-zA-Z0-9]+)$/,
  reason: 'Domain is not valid.',
};
const recordTypes = ['A', 'AAAA', 'NS', 'MX', 'CNAME', 'TXT', 'SRV', 'PTR', 'CAA'] as const;
const mostSeconds = 2_419_200;

const domainOf = (call: Call): Domain => found(call.store.domains.get(idOf(call, 'domainId')));
const about = ({ id, domain }: Domain): ReturnType<typeof entity> => entity('domain', id, domain);

function recordOf(call: Call): DomainRecord {
  const record = found(call.store.domainRecords.get(idOf(call, 'recordId')));
  return found(record.domainId === domainOf(call).id ? record : undefined);
}

function domainView(domain: Domain): Json {
  return {
    id: domain.id,
    domain: domain.domain,
    type: domain.type,
    status: domain.status,
    soa_email: domain.soaEmail,
    description: domain.description,
    group: '',
    tags: domain.tags,
    master_ips: domain.masterIps,
    axfr_ips: domain.axfrIps,
    ttl_sec: domain.ttlS,
    retry_sec: domain.retryS,
    refresh_sec: domain.refreshS,
    expire_sec: domain.expireS,
  };
}

function recordView(record: DomainRecord): Json {
  const { id, type, name, target, priority, weight, port, service, protocol, tag, created, updated } = record;
  const rest = { priority, weight, port, service, protocol, tag, created, updated };
  return { id, type, name, target, ttl_sec: record.ttlS, ...rest };
}

function readSeconds(input: Input): Partial<Domain> {
  const seconds = (field: string): number | undefined => input.integer(field, 0, mostSeconds);
  const given = {
    ttlS: seconds('ttl_sec'),
    retryS: seconds('retry_sec'),
    refreshS: seconds('refresh_sec'),
    expireS: seconds('expire_sec'),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** What a request changes of a domain; refuses a name that another one has. */
function readDomain(call: Call, input: Input, but?: Domain): Partial<Domain> {
  const domain = input.text('domain', domainName)?.toLowerCase();
  if ([...call.store.domains.values()].some((other) => other !== but && other.domain === domain))
    input.refuse('DNS zone already exists.', 'domain');
  const given = {
    domain,
    type: input.oneOf('type', ['master', 'slave']),
    status: input.oneOf('status', ['active', 'disabled']),
    soaEmail: input.text('soa_email', { pattern: /^\S+@\S+$/, reason: 'soa_email is not valid' }),
    description: input.text('description', { least: 1, most: 253 }),
    tags: input.tags(),
    masterIps: input.texts('master_ips'),
    axfrIps: input.texts('axfr_ips'),
  };
  const sent = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...sent, ...readSeconds(input) };
}

const emptyDomain = {
  type: 'master',
  status: 'active',
  soaEmail: '',
  description: '',
  ttlS: 0,
  retryS: 0,
  refreshS: 0,
  expireS: 0,
} as const;

function createDomain(call: Call): Json {
  const input = new Input(call.body);
  input.require('domain', 'type');
  const asked = readDomain(call, input);
  if (asked.type === 'master' && asked.soaEmail === undefined)
    input.refuse('soa_email required when type=master', 'soa_email');
  if (asked.type === 'slave' && (asked.masterIps ?? []).length === 0)
    input.refuse('master_ips required when type=slave', 'master_ips');
  input.done();
  const lists = { tags: [], masterIps: [], axfrIps: [] };
  const domain: Domain = { id: call.store.newId(), domain: '', ...emptyDomain, ...lists, ...asked };
  call.store.domains.set(domain.id, domain);
  call.events.note('domain_create', about(domain));
  return domainView(domain);
}

function updateDomain(call: Call): Json {
  const domain = domainOf(call);
  const input = new Input(call.body);
  const asked = readDomain(call, input, domain);
  input.done();
  Object.assign(domain, asked);
  call.events.note('domain_update', about(domain));
  return domainView(domain);
}

function deleteDomain(call: Call): Json {
  const domain = domainOf(call);
  for (const { id } of recordsOf(call)) call.store.domainRecords.delete(id);
  call.store.domains.delete(domain.id);
  call.events.note('domain_delete', about(domain));
  return {};
}

function recordsOf(call: Call): DomainRecord[] {
  const { id } = domainOf(call);
  return [...call.store.domainRecords.values()].filter(({ domainId }) => domainId === id);
}

/** The name below the domain, whether it was sent so or in full. */
function relative(name: string, { domain }: Domain): string {
  const plain = name.toLowerCase().replace(/\.$/, '');
  if (plain === domain || plain === '@') return '';
  return plain.endsWith(`.${domain}`) ? plain.slice(0, -domain.length - 1) : plain;
}

function readRecord(input: Input, domain: Domain): Partial<DomainRecord> {
  const name = input.text('name', { most: 100 });
  const given = {
    name: name === undefined ? undefined : relative(name, domain),
    target: input.text('target', { most: 65_535 }),
    priority: input.integer('priority', 0, 255),
    weight: input.integer('weight', 0, 65_535),
    port: input.integer('port', 0, 65_535),
    service: input.text('service'),
    protocol: input.text('protocol'),
    tag: input.oneOf('tag', ['issue', 'issuewild', 'iodef']),
    ttlS: input.integer('ttl_sec', 0, mostSeconds),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function createRecord(call: Call): Json {
  const domain = domainOf(call);
  const input = new Input(call.body);
  input.require('type');
  const type = input.oneOf('type', recordTypes) ?? 'TXT';
  if (type !== 'SRV') input.require('target');
  const asked = readRecord(input, domain);
  if (domain.type === 'slave') input.refuse('You cannot add records to a slave domain.');
  input.done();
  const record: DomainRecord = {
    ...{ id: call.store.newId(), domainId: domain.id, type, name: '', target: '' },
    ...{ priority: 0, weight: 0, port: 0, service: null, protocol: null, tag: null, ttlS: 0 },
    ...{ created: call.time, updated: call.time, ...asked },
  };
  call.store.domainRecords.set(record.id, record);
  call.events.note('domain_record_create', about(domain));
  return recordView(record);
}

function updateRecord(call: Call): Json {
  const record = recordOf(call);
  const input = new Input(call.body);
  const asked = readRecord(input, domainOf(call));
  input.done();
  Object.assign(record, asked, { updated: call.time });
  call.events.note('domain_record_update', about(domainOf(call)));
  return recordView(record);
}

function deleteRecord(call: Call): Json {
  call.store.domainRecords.delete(recordOf(call).id);
  call.events.note('domain_record_delete', about(domainOf(call)));
  return {};
}

const base = '/domains';
const one = `${base}/:domainId`;
const record = `${one}/records/:recordId`;
const read = 'domains:read_only';
const write = 'domains:read_write';

export const domainRoutes: readonly Route[] = [
  listRoute(base, read, (call) => [...call.store.domains.values()].map(domainView), ['domain', 'group', 'tags', 'id']),
  { method: 'POST', path: base, scope: write, handle: createDomain },
  { method: 'GET', path: one, scope: read, handle: (call) => domainView(domainOf(call)) },
  { method: 'PUT', path: one, scope: write, handle: updateDomain },
  { method: 'DELETE', path: one, scope: write, handle: deleteDomain },
  listRoute(`${one}/records`, read, (call) => recordsOf(call).map(recordView), ['name', 'type', 'target', 'tag', 'id']),
  { method: 'POST', path: `${one}/records`, scope: write, handle: createRecord },
  { method: 'GET', path: record, scope: read, handle: (call) => recordView(recordOf(call)) },
  { method: 'PUT', path: record, scope: write, handle: updateRecord },
  { method: 'DELETE', path: record, scope: write, handle: deleteRecord },
];
