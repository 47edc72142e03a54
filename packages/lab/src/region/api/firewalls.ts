// Cloud firewalls: rules with their limits, versions and history.
import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { found } from './answer.ts';
import { attachDevice, deviceEntity, firewallById, readDevices } from './firewall-devices.ts';
import { entityLabel, entityLabelReason, Input } from './input.ts';
import { idOf, listRoute, type Call, type Json, type Route } from './route.ts';
import { entity } from '../state/events.ts';
import type { Firewall, FirewallRule, FirewallRules } from '../state/model.ts';
import type { LabStore } from '../state/store.ts';

const maximumRules = 25;
const maximumAddresses = 255;
const maximumPortPieces = 15;

export function firewallView(store: LabStore, firewall: Firewall): Json {
  return {
    id: firewall.id,
    label: firewall.label,
    created: firewall.created,
    updated: firewall.updated,
    status: firewall.status,
    rules: firewall.rules,
    tags: firewall.tags,
    entities: firewall.devices.map((device) => deviceEntity(store, device)),
  };
}

type Unversioned = Omit<FirewallRules, 'version' | 'fingerprint'>;

/** Reads a whole rule set; `inbound`, `outbound` and both policies are required, as on Linode. */
function readRules(input: Input): Unversioned {
  input.require('inbound_policy', 'outbound_policy');
  const inbound = readDirection(input, 'inbound');
  const outbound = readDirection(input, 'outbound');
  if (inbound.length + outbound.length > maximumRules) {
    input.refuse(`Must have at most ${maximumRules} rules`, inbound.length >= outbound.length ? 'inbound' : 'outbound');
  }
  const policies = ['ACCEPT', 'DROP'] as const;
  return {
    inbound,
    inbound_policy: input.oneOf('inbound_policy', policies) ?? 'DROP',
    outbound,
    outbound_policy: input.oneOf('outbound_policy', policies) ?? 'DROP',
  };
}

function readDirection(input: Input, direction: 'inbound' | 'outbound'): FirewallRule[] {
  return (input.objects(direction) ?? []).map(readRule);
}

function readRule(rule: Input): FirewallRule {
  rule.require('action', 'protocol');
  const protocol = rule.oneOf('protocol', ['TCP', 'UDP', 'ICMP', 'IPENCAP'] as const) ?? 'TCP';
  const label = rule.text('label', { least: 3, most: 32 });
  const description = rule.text('description', { least: 1, most: 100 });
  const ports = rule.text('ports');
  const portless = protocol === 'ICMP' || protocol === 'IPENCAP';
  if (ports !== undefined && ports !== '' && portless)
    rule.refuse(`Ports are not allowed for ${protocol} protocols`, 'ports');
  else if (ports !== undefined && ports !== '' && !validPorts(ports))
    rule.refuse('Must be a valid port, list of ports, or range', 'ports');
  return {
    action: rule.oneOf('action', ['ACCEPT', 'DROP'] as const) ?? 'DROP',
    protocol,
    addresses: readAddresses(rule),
    ...(label === undefined ? {} : { label }),
    ...(description === undefined ? {} : { description }),
    ...(ports === undefined || portless ? {} : { ports }),
  };
}

function readAddresses(rule: Input): { ipv4?: string[]; ipv6?: string[] } {
  const addresses = rule.object('addresses');
  if (addresses === undefined) {
    rule.refuse('Must have at least one IPv4 or IPv6 address', 'addresses');
    return {};
  }
  const ipv4 = addresses.texts('ipv4');
  const ipv6 = addresses.texts('ipv6');
  for (const address of ipv4 ?? []) {
    if (!isNetwork(address, ipaddr.IPv4)) addresses.refuse('Must be a valid IPv4 address or network', 'ipv4');
  }
  for (const address of ipv6 ?? []) {
    if (!isNetwork(address, ipaddr.IPv6)) addresses.refuse('Must be a valid IPv6 address or network', 'ipv6');
  }
  const count = (ipv4?.length ?? 0) + (ipv6?.length ?? 0);
  if (count === 0) rule.refuse('Must have at least one IPv4 or IPv6 address', 'addresses');
  if (count > maximumAddresses) rule.refuse(`Must have at most ${maximumAddresses} addresses`, 'addresses');
  return { ...(ipv4 === undefined ? {} : { ipv4 }), ...(ipv6 === undefined ? {} : { ipv6 }) };
}

function isNetwork(text: string, family: { isValid(t: string): boolean; isValidCIDR(t: string): boolean }): boolean {
  return text.includes('/') ? family.isValidCIDR(text) : family.isValid(text);
}

function validPorts(text: string): boolean {
  const pieces = text.split(',').map((piece) => piece.trim());
  const isPort = (port: string | undefined): boolean =>
    /^\d{1,5}$/.test(port ?? '') && Number(port) >= 1 && Number(port) <= 65_535;
  const valid = pieces.every((piece) => {
    const [from, to, ...more] = piece.split('-');
    return more.length === 0 && isPort(from) && (to === undefined || (isPort(to) && Number(from) < Number(to)));
  });
  // A range counts as two.
  return valid && pieces.reduce((sum, piece) => sum + (piece.includes('-') ? 2 : 1), 0) <= maximumPortPieces;
}

function versioned(rules: Unversioned, version: number): FirewallRules {
  const fingerprint = createHash('sha1').update(JSON.stringify(rules)).digest('hex').slice(0, 8);
  return { ...rules, version, fingerprint };
}

const about = (firewall: Firewall): ReturnType<typeof entity> => entity('firewall', firewall.id, firewall.label);

function taken(call: Call, label: string | undefined, but?: Firewall): boolean {
  return [...call.store.firewalls.values()].some((firewall) => firewall !== but && firewall.label === label);
}

const label = { least: 3, most: 32, pattern: entityLabel, reason: entityLabelReason };

function createFirewall(call: Call): Json {
  const input = new Input(call.body);
  input.require('label', 'rules');
  const name = input.text('label', label);
  if (taken(call, name)) input.refuse('Label must be unique among your Cloud Firewalls', 'label');
  const part = input.object('rules');
  const rules = part === undefined ? undefined : readRules(part);
  const tags = input.tags() ?? [];
  const devices = readDevices(call, input);
  input.done();
  const firewall: Firewall = {
    id: call.store.newId(),
    label: name ?? '',
    status: 'enabled',
    tags,
    rules: versioned(rules ?? { inbound: [], inbound_policy: 'DROP', outbound: [], outbound_policy: 'DROP' }, 1),
    history: [],
    devices: [],
    created: call.time,
    updated: call.time,
  };
  call.store.firewalls.set(firewall.id, firewall);
  call.events.note('firewall_create', about(firewall));
  for (const [type, id] of devices) attachDevice(call, firewall.id, type, id);
  call.sync.apply('firewall', firewall.id);
  return firewallView(call.store, firewall);
}

function updateFirewall(call: Call): Json {
  const firewall = firewallById(call);
  const input = new Input(call.body);
  const name = input.text('label', label);
  if (taken(call, name, firewall)) input.refuse('Label must be unique among your Cloud Firewalls', 'label');
  const status = input.oneOf('status', ['enabled', 'disabled'] as const);
  const tags = input.tags();
  input.done();
  const switched = status !== undefined && status !== firewall.status;
  firewall.label = name ?? firewall.label;
  firewall.status = status ?? firewall.status;
  firewall.tags = tags ?? firewall.tags;
  firewall.updated = call.time;
  call.events.note(
    switched ? `firewall_${status === 'enabled' ? 'enable' : 'disable'}` : 'firewall_update',
    about(firewall),
  );
  call.sync.apply('firewall', firewall.id);
  return firewallView(call.store, firewall);
}

function deleteFirewall(call: Call): Json {
  const firewall = firewallById(call);
  const { firewallSettings } = call.store;
  const isDefault = Object.values(firewallSettings).includes(firewall.id);
  const input = new Input(call.body);
  if (isDefault) input.refuse('Firewall is a default of the account and cannot be deleted');
  input.done();
  call.store.firewalls.delete(firewall.id);
  call.sync.remove({ kind: 'firewall', id: firewall.id, afterMachines: [] });
  call.events.note('firewall_delete', about(firewall));
  return {};
}

function replaceRules(call: Call): Json {
  const firewall = firewallById(call);
  const input = new Input(call.body);
  const rules = readRules(input);
  input.done();
  const next = versioned(rules, firewall.rules.version + 1);
  firewall.history.push({ rules: firewall.rules, updated: firewall.updated });
  firewall.rules = next;
  firewall.updated = call.time;
  call.events.note('firewall_update', about(firewall));
  call.sync.apply('firewall', firewall.id);
  return { ...firewall.rules };
}

/** The firewall as it was with each version of its rules, oldest first, the present one last. */
function versions(call: Call): Json[] {
  const firewall = firewallById(call);
  const { id, label, created, status, tags } = firewall;
  return [...firewall.history, firewall].map(({ rules, updated }) => ({
    id,
    label,
    created,
    updated,
    status,
    rules,
    tags,
  }));
}

function rulesOfVersion(call: Call): Json {
  const version = idOf(call, 'version');
  return found(versions(call).find((view) => (view['rules'] as FirewallRules).version === version));
}

function defaultsView(store: LabStore): Json {
  return { default_firewall_ids: store.firewallSettings };
}

function updateDefaults(call: Call): Json {
  const input = new Input(call.body);
  const part = input.object('default_firewall_ids');
  const changes: Record<string, number | null> = {};
  for (const field of ['linode', 'nodebalancer', 'public_interface', 'vpc_interface']) {
    const id = part?.id(field);
    if (part === undefined || id === undefined) continue;
    if (!call.store.firewalls.has(id)) part.refuse(`${field} is not valid`, field);
    changes[field] = id;
  }
  input.done();
  call.store.firewallSettings = { ...call.store.firewallSettings, ...changes };
  return defaultsView(call.store);
}

const firewallFields = ['created', 'id', 'label', 'tags', 'updated', 'status'];
const read = 'firewall:read_only';
const write = 'firewall:read_write';
const base = '/networking/firewalls';

export const firewallRoutes: readonly Route[] = [
  listRoute(
    base,
    read,
    (call) => [...call.store.firewalls.values()].map((f) => firewallView(call.store, f)),
    firewallFields,
  ),
  { method: 'POST', path: base, scope: write, handle: createFirewall },
  { method: 'GET', path: `${base}/settings`, scope: read, handle: (call) => defaultsView(call.store) },
  { method: 'PUT', path: `${base}/settings`, scope: write, handle: updateDefaults },
  {
    method: 'GET',
    path: `${base}/:firewallId`,
    scope: read,
    handle: (call) => firewallView(call.store, firewallById(call)),
  },
  { method: 'PUT', path: `${base}/:firewallId`, scope: write, handle: updateFirewall },
  { method: 'DELETE', path: `${base}/:firewallId`, scope: write, handle: deleteFirewall },
  {
    method: 'GET',
    path: `${base}/:firewallId/rules`,
    scope: read,
    handle: (call) => ({ ...firewallById(call).rules }),
  },
  { method: 'PUT', path: `${base}/:firewallId/rules`, scope: write, handle: replaceRules },
  listRoute(`${base}/:firewallId/history`, read, (call) => versions(call).reverse(), []),
  { method: 'GET', path: `${base}/:firewallId/history/rules/:version`, scope: read, handle: rulesOfVersion },
];
