// Instances: list, read, change, and the actions boot, shutdown, reboot, rebuild and delete.
import { busy, found, refuse } from './answer.ts';
import { typeOf } from './catalogue.ts';
import { detachEverywhere, firewallsOf, setFirewalls } from './firewall-devices.ts';
import { firewallView } from './firewalls.ts';
import { entityLabel, entityLabelReason, Input } from './input.ts';
import { createInstance, labelTaken, newConfig, newDisks, readDiskRequest } from './instance-create.ts';
import { instanceView } from './instance-view.ts';
import { balancerView } from './balancer-view.ts';
import { idOf, listRoute, paged, type Call, type Json, type Route } from './route.ts';
import { entity } from '../state/events.ts';
import type { JobKind, Machine } from '../state/model.ts';
import { machineInterfaces } from '../state/specs.ts';

export function machineOf(call: Call): Machine {
  return found(call.store.machines.get(idOf(call, 'linodeId')));
}

function updateInstance(call: Call): Json {
  const machine = machineOf(call);
  const input = new Input(call.body);
  const label = input.text('label', { least: 3, most: 64, pattern: entityLabel, reason: entityLabelReason });
  if (label !== undefined && labelTaken(call, label, machine)) input.refuse('Label must be unique', 'label');
  const tags = input.tags();
  const group = input.text('group');
  const watchdog = input.flag('watchdog_enabled');
  const alerts = input.object('alerts');
  const changed: Record<string, number> = {};
  for (const field of ['cpu', 'io', 'network_in', 'network_out', 'transfer_quota']) {
    const value = alerts?.integer(field, 0, 1_000_000);
    if (value !== undefined) changed[field] = value;
  }
  input.done();
  machine.label = label ?? machine.label;
  machine.tags = tags ?? machine.tags;
  machine.group = group ?? machine.group;
  machine.watchdogEnabled = watchdog ?? machine.watchdogEnabled;
  machine.alerts = { ...machine.alerts, ...changed };
  machine.updated = call.time;
  call.events.note('linode_update', entity('linode', machine.id, machine.label));
  return instanceView(call.store, machine);
}

/** An action on an idle instance that has something to run. */
function act(kind: Exclude<JobKind, 'create' | 'delete' | 'rebuild'>): (call: Call) => Json {
  return (call) => {
    const machine = machineOf(call);
    if (call.lifeCycle.busy(machine.id)) throw busy();
    const config = new Input(call.body).id('config_id');
    if (config !== undefined && !machine.configs.some((c) => c.id === config))
      throw refuse('config_id is not valid', 'config_id');
    if (kind !== 'shutdown' && (machine.image === null || machine.configs.length === 0)) {
      throw refuse('Linode has no configuration profile to boot');
    }
    if (kind === 'shutdown' && machine.status !== 'running') throw refuse('Linode is not running');
    if (kind === 'boot' && machine.status === 'running') throw refuse('Linode is already running');
    call.lifeCycle.enqueue(machine, kind);
    return {};
  };
}

function rebuild(call: Call): Json {
  const machine = machineOf(call);
  if (call.lifeCycle.busy(machine.id)) throw busy();
  const input = new Input(call.body);
  input.require('image');
  const typeId = input.text('type');
  const type = typeOf(typeId ?? machine.type);
  if (type === undefined) input.refuse('A valid plan type by that ID was not found', 'type');
  const requested = readDiskRequest(call, input, type);
  const booted = input.flag('booted') ?? true;
  input.done();
  if (type === undefined || requested.image === undefined) throw refuse('image is required', 'image');
  machine.image = requested.image.id;
  machine.type = type.id;
  machine.authorizedKeys = requested.authorizedKeys;
  machine.rootPassword = requested.rootPassword;
  // Linode drops user data that is not sent again.
  machine.userData = requested.userData;
  machine.disks = newDisks(call, type, requested.image, requested.swapMb);
  const interfaces = machine.configs[0]?.interfaces ?? [];
  machine.configs = [newConfig(call, `My ${requested.image.label} Disk Profile`, machine.disks, interfaces)];
  call.lifeCycle.enqueue(machine, 'rebuild');
  if (booted) call.lifeCycle.enqueue(machine, 'boot');
  return instanceView(call.store, machine);
}

function deleteInstance(call: Call): Json {
  const machine = machineOf(call);
  if (machine.status === 'deleting') throw busy();
  detachEverywhere(call, 'linode', machine.id);
  for (const item of machine.interfaces) detachEverywhere(call, 'linode_interface', item.id);
  call.lifeCycle.enqueue(machine, 'delete');
  return {};
}

function listFirewalls(call: Call): Json {
  const machine = machineOf(call);
  const ids = new Set(machine.interfaces.map((i) => i.id));
  const firewalls = firewallsOf(call.store, (d) =>
    d.type === 'linode' ? d.entityId === machine.id : d.type === 'linode_interface' && ids.has(d.entityId),
  );
  return paged(
    call,
    firewalls.map((f) => firewallView(call.store, f)),
    ['id', 'label', 'tags'],
  );
}

function replaceFirewalls(call: Call): Json {
  const machine = machineOf(call);
  if (machine.generation === 'linode')
    throw refuse('Linodes with Linode interfaces take firewalls on their interfaces');
  setFirewalls(call, 'linode', machine.id);
  return listFirewalls(call);
}

function listBalancers(call: Call): Json {
  const machine = machineOf(call);
  const addresses = new Set([...machineInterfaces(machine).map((i) => i.address), machine.privateAddress ?? '']);
  const ids = new Set(
    [...call.store.balancerNodes.values()]
      .filter((node) => addresses.has(node.address.split(':')[0] ?? ''))
      .map((node) => node.balancerId),
  );
  const balancers = [...call.store.balancers.values()].filter((b) => ids.has(b.id));
  return paged(
    call,
    balancers.map((b) => balancerView(b)),
    ['label', 'region', 'ipv4', 'tags'],
  );
}

/** The whole month's quota, also for a machine made in the middle of it; the lab counts no traffic. */
function transfer(call: Call): Json {
  return { billable: 0, quota: typeOf(machineOf(call).type)?.transfer ?? 0, used: 0 };
}

const instanceFields = [
  'group',
  'id',
  'ipv4',
  'label',
  'placement_group.id',
  'placement_group.label',
  'placement_group.placement_group_type',
  'region',
  'tags',
  'status',
  'type',
  'image',
];
const base = '/linode/instances';
const read = 'linodes:read_only';
const write = 'linodes:read_write';

export const instanceRoutes: readonly Route[] = [
  listRoute(
    base,
    read,
    (call) => [...call.store.machines.values()].map((m) => instanceView(call.store, m)),
    instanceFields,
  ),
  { method: 'POST', path: base, scope: write, rate: 'instance-create', handle: createInstance },
  {
    method: 'GET',
    path: `${base}/:linodeId`,
    scope: read,
    handle: (call) => instanceView(call.store, machineOf(call)),
  },
  { method: 'PUT', path: `${base}/:linodeId`, scope: write, handle: updateInstance },
  { method: 'DELETE', path: `${base}/:linodeId`, scope: write, handle: deleteInstance },
  { method: 'POST', path: `${base}/:linodeId/boot`, scope: write, handle: act('boot') },
  { method: 'POST', path: `${base}/:linodeId/shutdown`, scope: write, handle: act('shutdown') },
  { method: 'POST', path: `${base}/:linodeId/reboot`, scope: write, handle: act('reboot') },
  { method: 'POST', path: `${base}/:linodeId/rebuild`, scope: write, handle: rebuild },
  { method: 'GET', path: `${base}/:linodeId/firewalls`, scope: read, handle: listFirewalls },
  { method: 'PUT', path: `${base}/:linodeId/firewalls`, scope: write, handle: replaceFirewalls },
  { method: 'GET', path: `${base}/:linodeId/nodebalancers`, scope: read, handle: listBalancers },
  { method: 'GET', path: `${base}/:linodeId/transfer`, scope: read, handle: transfer },
];
