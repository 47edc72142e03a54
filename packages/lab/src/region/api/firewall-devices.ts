// What a firewall is attached to: Linodes, Linode interfaces, NodeBalancers.
import { found, refuse } from './answer.ts';
import { Input } from './input.ts';
import { idOf, listRoute, type Call, type Json, type Route } from './route.ts';
import { entity } from '../state/events.ts';
import type { Firewall, FirewallDevice } from '../state/model.ts';
import { machineOfDevice } from '../state/specs.ts';
import type { LabStore } from '../state/store.ts';

/** The entity of a device, as devices and firewalls show it. */
export function deviceEntity(store: LabStore, device: FirewallDevice): Json {
  if (device.type === 'nodebalancer') {
    const label = store.balancers.get(device.entityId)?.label ?? '';
    return { ...entity('nodebalancer', device.entityId, label), parent_entity: null };
  }
  const machine = machineOfDevice(store, device);
  const parent = machine === undefined ? null : entity('linode', machine.id, machine.label);
  if (device.type === 'linode')
    return { ...entity('linode', device.entityId, machine?.label ?? ''), parent_entity: null };
  const url = `/v4/linode/instances/${machine?.id ?? 0}/interfaces/${device.entityId}`;
  return { id: device.entityId, label: null, type: 'linode_interface', url, parent_entity: parent };
}

function deviceView(store: LabStore, device: FirewallDevice): Json {
  return { id: device.id, created: device.created, updated: device.updated, entity: deviceEntity(store, device) };
}

/** The firewall that already guards this entity. */
function firewallOf(store: LabStore, type: FirewallDevice['type'], entityId: number): Firewall | undefined {
  return [...store.firewalls.values()].find((f) => f.devices.some((d) => d.type === type && d.entityId === entityId));
}

/** Attaches without asking; the caller has checked. */
export function attachDevice(
  call: Call,
  firewallId: number,
  type: FirewallDevice['type'],
  entityId: number,
): FirewallDevice | undefined {
  const firewall = call.store.firewalls.get(firewallId);
  if (firewall === undefined) return undefined;
  const device = { id: call.store.newId(), type, entityId, created: call.time, updated: call.time };
  firewall.devices.push(device);
  call.sync.apply('firewall', firewall.id);
  return device;
}

/** Removes every device of an entity that is being deleted. */
export function detachEverywhere(call: Call, type: FirewallDevice['type'], entityId: number): void {
  for (const firewall of call.store.firewalls.values()) {
    const left = firewall.devices.filter((d) => d.type !== type || d.entityId !== entityId);
    if (left.length === firewall.devices.length) continue;
    firewall.devices = left;
    call.sync.apply('firewall', firewall.id);
  }
}

export function firewallById(call: Call): Firewall {
  return found(call.store.firewalls.get(idOf(call, 'firewallId')));
}

/** Refuses an entity that does not exist or has a firewall already. */
function checkDevice(call: Call, input: Input, field: string, type: FirewallDevice['type'], id: number): void {
  const { store } = call;
  const machine = machineOfDevice(store, { type, entityId: id });
  const exists = type === 'nodebalancer' ? store.balancers.has(id) : machine !== undefined;
  if (!exists) input.refuse(`Invalid ${type === 'nodebalancer' ? 'NodeBalancer' : 'Linode'} ID ${id}`, field);
  else if (type === 'linode' && machine?.generation === 'linode') {
    input.refuse('Linodes with Linode interfaces take firewalls on their interfaces', field);
  } else if (firewallOf(store, type, id) !== undefined) input.refuse('Entity already has a firewall assigned', field);
}

function addDevice(call: Call): Json {
  const firewall = firewallById(call);
  const input = new Input(call.body);
  input.require('id', 'type');
  const id = input.id('id') ?? 0;
  const asked = input.oneOf('type', ['linode', 'nodebalancer', 'interface', 'linode_interface'] as const);
  const type = asked === 'interface' ? 'linode_interface' : asked;
  if (type !== undefined && input.has('id')) checkDevice(call, input, 'id', type, id);
  input.done();
  const device = found(attachDevice(call, firewall.id, type ?? 'linode', id));
  call.events.note('firewall_device_add', entity('firewall', firewall.id, firewall.label), eventEntity(call, device));
  return deviceView(call.store, device);
}

function eventEntity(call: Call, device: FirewallDevice): ReturnType<typeof entity> {
  const { id, label, type, url } = deviceEntity(call.store, device) as {
    id: number;
    label: string | null;
    type: string;
    url: string;
  };
  return { id, label: label ?? '', type, url };
}

function removeDevice(call: Call): Json {
  const firewall = firewallById(call);
  const device = found(firewall.devices.find((d) => d.id === idOf(call, 'deviceId')));
  firewall.devices = firewall.devices.filter((d) => d !== device);
  call.sync.apply('firewall', firewall.id);
  call.events.note(
    'firewall_device_remove',
    entity('firewall', firewall.id, firewall.label),
    eventEntity(call, device),
  );
  return {};
}

/** Used by firewall creation: `{linodes: [...], nodebalancers: [...], linode_interfaces: [...]}`. */
export function readDevices(call: Call, input: Input): [FirewallDevice['type'], number][] {
  const devices = input.object('devices');
  if (devices === undefined) return [];
  const kinds = [
    ['linodes', 'linode'],
    ['nodebalancers', 'nodebalancer'],
    ['linode_interfaces', 'linode_interface'],
  ] as const;
  const wanted = kinds.flatMap(([field, type]) => (devices.ids(field) ?? []).map((id) => ({ field, type, id })));
  for (const { field, type, id } of wanted) checkDevice(call, devices, field, type, id);
  return wanted.map(({ type, id }) => [type, id]);
}

const deviceFields = ['created', 'id', 'updated'];

export const firewallDeviceRoutes: readonly Route[] = [
  listRoute(
    '/networking/firewalls/:firewallId/devices',
    'firewall:read_only',
    (call) => firewallById(call).devices.map((d) => deviceView(call.store, d)),
    deviceFields,
  ),
  {
    method: 'POST',
    path: '/networking/firewalls/:firewallId/devices',
    scope: 'firewall:read_write',
    handle: addDevice,
  },
  {
    method: 'GET',
    path: '/networking/firewalls/:firewallId/devices/:deviceId',
    scope: 'firewall:read_only',
    handle: (call) =>
      deviceView(call.store, found(firewallById(call).devices.find((d) => d.id === idOf(call, 'deviceId')))),
  },
  {
    method: 'DELETE',
    path: '/networking/firewalls/:firewallId/devices/:deviceId',
    scope: 'firewall:read_write',
    handle: removeDevice,
  },
];

/** Lists the firewalls of one entity, for /linode/instances/{id}/firewalls and /nodebalancers/{id}/firewalls. */
export function firewallsOf(store: LabStore, matches: (device: FirewallDevice) => boolean): Firewall[] {
  return [...store.firewalls.values()].filter((firewall) => firewall.devices.some(matches));
}

/** Replaces the firewalls of one entity, as PUT .../firewalls `{firewall_ids: [...]}` does. */
export function setFirewalls(call: Call, type: FirewallDevice['type'], entityId: number): void {
  const input = new Input(call.body);
  input.require('firewall_ids');
  const ids = input.ids('firewall_ids') ?? [];
  if (ids.length > 1) input.refuse('Must have at most one firewall', 'firewall_ids');
  for (const id of ids) if (!call.store.firewalls.has(id)) throw refuse('firewall_ids is not valid', 'firewall_ids');
  input.done();
  detachEverywhere(call, type, entityId);
  for (const id of ids) attachDevice(call, id, type, entityId);
}
