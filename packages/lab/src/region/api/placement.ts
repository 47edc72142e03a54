// Placement groups: anti-affinity by name only, since the lab has one host.
import { found } from './answer.ts';
import { offers, regionOf } from './catalogue.ts';
import { Input } from './input.ts';
import { idOf, listRoute, type Call, type Json, type Route } from './route.ts';
import { entity } from '../state/events.ts';
import type { Machine, PlacementGroup } from '../state/model.ts';
import type { LabStore } from '../state/store.ts';

const maximumMembers = 5;

const members = (store: LabStore, id: number): Machine[] =>
  [...store.machines.values()].filter((m) => m.placementGroupId === id && m.status !== 'deleting');

export function groupIsFull(store: LabStore, id: number, more: number): boolean {
  return members(store, id).length + more > maximumMembers;
}

function groupView(store: LabStore, group: PlacementGroup): Json {
  return {
    id: group.id,
    label: group.label,
    region: group.region,
    placement_group_type: 'anti_affinity:local',
    placement_group_policy: group.policy,
    is_compliant: true,
    members: members(store, group.id).map((machine) => ({ linode_id: machine.id, is_compliant: true })),
    migrations: null,
  };
}

const label = {
  least: 1,
  most: 64,
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
  reason: 'Must only use ASCII letters, numbers, underscores, periods, and dashes',
};

const groupOf = (call: Call): PlacementGroup => found(call.store.placementGroups.get(idOf(call, 'groupId')));
const about = (group: PlacementGroup): ReturnType<typeof entity> => entity('placement_group', group.id, group.label);
const taken = (call: Call, name: string | undefined, but?: PlacementGroup): boolean =>
  [...call.store.placementGroups.values()].some((group) => group !== but && group.label === name);

function createGroup(call: Call): Json {
  const input = new Input(call.body);
  input.require('label', 'region', 'placement_group_type', 'placement_group_policy');
  const name = input.text('label', label);
  if (taken(call, name)) input.refuse('Label must be unique', 'label');
  const region = input.text('region') ?? '';
  if (input.has('region') && regionOf(region) === undefined) input.refuse('region is not valid', 'region');
  else if (input.has('region') && !offers(region, 'Placement Group'))
    input.refuse('region does not support placement groups', 'region');
  input.oneOf('placement_group_type', ['anti_affinity:local']);
  const policy = input.oneOf('placement_group_policy', ['strict', 'flexible'] as const) ?? 'strict';
  input.done();
  const group: PlacementGroup = { id: call.store.newId(), label: name ?? '', region, policy };
  call.store.placementGroups.set(group.id, group);
  call.events.note('placement_group_create', about(group));
  return groupView(call.store, group);
}

function updateGroup(call: Call): Json {
  const group = groupOf(call);
  const input = new Input(call.body);
  const name = input.text('label', label);
  if (taken(call, name, group)) input.refuse('Label must be unique', 'label');
  input.done();
  group.label = name ?? group.label;
  call.events.note('placement_group_update', about(group));
  return groupView(call.store, group);
}

function deleteGroup(call: Call): Json {
  const group = groupOf(call);
  const input = new Input(call.body);
  if (members(call.store, group.id).length > 0) input.refuse('Placement group must be empty to be deleted');
  input.done();
  call.store.placementGroups.delete(group.id);
  call.events.note('placement_group_delete', about(group));
  return {};
}

function assign(call: Call): Json {
  const group = groupOf(call);
  const { input, machines } = readLinodes(call);
  for (const machine of machines) {
    if (machine.region !== group.region)
      input.refuse('Linodes must be in the region of the placement group', 'linodes');
    if (machine.placementGroupId !== null)
      input.refuse(`Linode ${machine.id} is already in a placement group`, 'linodes');
  }
  if (groupIsFull(call.store, group.id, machines.length))
    input.refuse('Placement group is at its maximum number of Linodes', 'linodes');
  input.done();
  for (const machine of machines) {
    machine.placementGroupId = group.id;
    call.events.note('placement_group_assign', about(group), entity('linode', machine.id, machine.label));
  }
  return groupView(call.store, group);
}

function unassign(call: Call): Json {
  const group = groupOf(call);
  const { input, machines } = readLinodes(call);
  for (const machine of machines) {
    if (machine.placementGroupId !== group.id)
      input.refuse(`Linode ${machine.id} is not in the placement group`, 'linodes');
  }
  input.done();
  for (const machine of machines) {
    machine.placementGroupId = null;
    call.events.note('placement_group_unassign', about(group), entity('linode', machine.id, machine.label));
  }
  return groupView(call.store, group);
}

function readLinodes(call: Call): { input: Input; machines: Machine[] } {
  const input = new Input(call.body);
  input.require('linodes');
  const machines = (input.ids('linodes') ?? []).flatMap((id) => {
    const machine = call.store.machines.get(id);
    if (machine === undefined) input.refuse(`Invalid Linode ID ${id}`, 'linodes');
    return machine ?? [];
  });
  return { input, machines };
}

const fields = ['label', 'placement_group_type', 'region', 'id'];
const base = '/placement/groups';
const read = 'linodes:read_only';
const write = 'linodes:read_write';

export const placementRoutes: readonly Route[] = [
  listRoute(
    base,
    read,
    (call) => [...call.store.placementGroups.values()].map((g) => groupView(call.store, g)),
    fields,
  ),
  { method: 'POST', path: base, scope: write, handle: createGroup },
  { method: 'GET', path: `${base}/:groupId`, scope: read, handle: (call) => groupView(call.store, groupOf(call)) },
  { method: 'PUT', path: `${base}/:groupId`, scope: write, handle: updateGroup },
  { method: 'DELETE', path: `${base}/:groupId`, scope: write, handle: deleteGroup },
  { method: 'POST', path: `${base}/:groupId/assign`, scope: write, handle: assign },
  { method: 'POST', path: `${base}/:groupId/unassign`, scope: write, handle: unassign },
];
