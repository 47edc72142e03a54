// Configuration profiles, their interfaces, disks, and Linode interfaces of an instance.
import { busy, found, refuse } from './answer.ts';
import { attachDevice, detachEverywhere } from './firewall-devices.ts';
import { Input } from './input.ts';
import { newConfig } from './instance-create.ts';
import {
  readConfigInterface,
  readConfigInterfaces,
  readLinodeInterface,
  type InterfaceOwner,
} from './instance-interfaces.ts';
import { configInterfaceView, configView, diskView, linodeInterfaceView } from './instance-view.ts';
import { machineOf } from './instances.ts';
import { idOf, listRoute, type Call, type Json, type Route } from './route.ts';
import { entity } from '../state/events.ts';
import type { ConfigInterface, LinodeInterface, Machine, MachineConfig } from '../state/model.ts';

const ownerOf = (machine: Machine): InterfaceOwner => ({
  machineId: machine.id,
  region: machine.region,
  publicAddress: machine.publicAddress,
});

function configOf(call: Call): MachineConfig {
  return found(machineOf(call).configs.find((config) => config.id === idOf(call, 'configId')));
}

function refuseModern(machine: Machine): void {
  if (machine.generation === 'linode') throw refuse('Not available for Linodes with Linode interfaces');
}

function createConfig(call: Call): Json {
  const machine = machineOf(call);
  const input = new Input(call.body);
  input.require('label');
  const label = input.text('label', { least: 1, most: 48 });
  if (input.has('interfaces')) refuseModern(machine);
  const interfaces = readConfigInterfaces(call, input, ownerOf(machine));
  input.done();
  const config = newConfig(call, label ?? '', [], interfaces);
  machine.configs.push(config);
  call.events.note('linode_config_create', entity('linode', machine.id, machine.label), aboutConfig(machine, config));
  return configView(machine, config);
}

function aboutConfig(machine: Machine, config: MachineConfig): ReturnType<typeof entity> {
  return entity('linode_config', config.id, config.label, `/v4/linode/instances/${machine.id}/configs/${config.id}`);
}

function updateConfig(call: Call): Json {
  const machine = machineOf(call);
  const config = configOf(call);
  const input = new Input(call.body);
  const label = input.text('label', { least: 1, most: 48 });
  const comments = input.text('comments');
  const kernel = input.text('kernel');
  if (input.has('interfaces')) refuseModern(machine);
  const interfaces = input.has('interfaces') ? readConfigInterfaces(call, input, ownerOf(machine)) : config.interfaces;
  const helpers = input.object('helpers');
  const changed = Object.fromEntries(
    Object.keys(config.helpers).map((name) => [name, helpers?.flag(name) ?? config.helpers[name] ?? false]),
  );
  input.done();
  config.label = label ?? config.label;
  config.comments = comments ?? config.comments;
  config.kernel = kernel ?? config.kernel;
  config.helpers = changed;
  config.interfaces = interfaces;
  config.updated = call.time;
  call.events.note('linode_config_update', entity('linode', machine.id, machine.label), aboutConfig(machine, config));
  return configView(machine, config);
}

function deleteConfig(call: Call): Json {
  const machine = machineOf(call);
  const config = configOf(call);
  if (call.lifeCycle.busy(machine.id)) throw busy();
  machine.configs = machine.configs.filter((other) => other !== config);
  call.events.note('linode_config_delete', entity('linode', machine.id, machine.label), aboutConfig(machine, config));
  return {};
}

function interfaceOf(call: Call): ConfigInterface {
  return found(configOf(call).interfaces.find((item) => item.id === idOf(call, 'interfaceId')));
}

function addInterface(call: Call): Json {
  const machine = machineOf(call);
  const config = configOf(call);
  refuseModern(machine);
  const input = new Input(call.body);
  if (config.interfaces.length >= 3) input.refuse('Must have at most 3 interfaces', 'interfaces');
  const item = readConfigInterface(call, input, ownerOf(machine));
  input.done();
  if (item === undefined) throw refuse('purpose is required', 'purpose');
  config.interfaces.push(item);
  return configInterfaceView(machine, item);
}

function updateInterface(call: Call): Json {
  const machine = machineOf(call);
  const item = interfaceOf(call);
  const ipv4 = { vpc: item.vpcAddress, ...(call.body['ipv4'] as object | undefined) };
  const whole = {
    purpose: item.purpose,
    subnet_id: item.subnetId,
    ip_ranges: item.ranges,
    primary: item.primary,
    ...call.body,
    ipv4,
  };
  const input = new Input(item.purpose === 'vpc' ? whole : { ...whole, ipv4: null, subnet_id: null });
  const next = readConfigInterface(call, input, ownerOf(machine));
  input.done();
  Object.assign(item, next, { id: item.id });
  return configInterfaceView(machine, item);
}

function deleteInterface(call: Call): Json {
  const config = configOf(call);
  const item = interfaceOf(call);
  config.interfaces = config.interfaces.filter((other) => other !== item);
  return {};
}

function linodeInterfaceOf(call: Call): LinodeInterface {
  return found(machineOf(call).interfaces.find((item) => item.id === idOf(call, 'interfaceId')));
}

function addLinodeInterface(call: Call): Json {
  const machine = machineOf(call);
  if (machine.generation !== 'linode') throw refuse('Linode uses legacy configuration interfaces');
  if (machine.status !== 'offline') throw refuse('Linode must be offline to add an interface');
  const input = new Input(call.body);
  const read = readLinodeInterface(call, input, ownerOf(machine));
  input.done();
  if (read === undefined) throw refuse('Must have exactly one of public, vpc, or vlan');
  machine.interfaces.push(read.item);
  if (read.firewallId !== undefined && read.firewallId !== -1)
    attachDevice(call, read.firewallId, 'linode_interface', read.item.id);
  call.events.note('interface_create', entity('linode', machine.id, machine.label));
  return linodeInterfaceView(read.item);
}

function deleteLinodeInterface(call: Call): Json {
  const machine = machineOf(call);
  const item = linodeInterfaceOf(call);
  if (machine.status !== 'offline') throw refuse('Linode must be offline to delete an interface');
  detachEverywhere(call, 'linode_interface', item.id);
  machine.interfaces = machine.interfaces.filter((other) => other !== item);
  call.events.note('interface_delete', entity('linode', machine.id, machine.label));
  return {};
}

const base = '/linode/instances/:linodeId';
const read = 'linodes:read_only';
const write = 'linodes:read_write';

const profileRoutes: readonly Route[] = [
  listRoute(`${base}/configs`, read, (call) => machineOf(call).configs.map((c) => configView(machineOf(call), c)), [
    'label',
    'id',
  ]),
  { method: 'POST', path: `${base}/configs`, scope: write, handle: createConfig },
  {
    method: 'GET',
    path: `${base}/configs/:configId`,
    scope: read,
    handle: (call) => configView(machineOf(call), configOf(call)),
  },
  { method: 'PUT', path: `${base}/configs/:configId`, scope: write, handle: updateConfig },
  { method: 'DELETE', path: `${base}/configs/:configId`, scope: write, handle: deleteConfig },
  {
    method: 'GET',
    path: `${base}/configs/:configId/interfaces`,
    scope: read,
    // As recorded: a bare list, not a page.
    handle: (call) => configOf(call).interfaces.map((item) => configInterfaceView(machineOf(call), item)),
  },
  { method: 'POST', path: `${base}/configs/:configId/interfaces`, scope: write, handle: addInterface },
  {
    method: 'GET',
    path: `${base}/configs/:configId/interfaces/:interfaceId`,
    scope: read,
    handle: (call) => configInterfaceView(machineOf(call), interfaceOf(call)),
  },
  { method: 'PUT', path: `${base}/configs/:configId/interfaces/:interfaceId`, scope: write, handle: updateInterface },
  {
    method: 'DELETE',
    path: `${base}/configs/:configId/interfaces/:interfaceId`,
    scope: write,
    handle: deleteInterface,
  },
];

const diskRoutes: readonly Route[] = [
  listRoute(`${base}/disks`, read, (call) => machineOf(call).disks.map((d) => diskView(machineOf(call), d)), [
    'label',
    'size',
    'id',
  ]),
  {
    method: 'GET',
    path: `${base}/disks/:diskId`,
    scope: read,
    handle: (call) =>
      diskView(machineOf(call), found(machineOf(call).disks.find((d) => d.id === idOf(call, 'diskId')))),
  },
];

const linodeInterfaceRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: `${base}/interfaces`,
    scope: read,
    handle: (call) => ({ interfaces: machineOf(call).interfaces.map(linodeInterfaceView) }),
  },
  { method: 'POST', path: `${base}/interfaces`, scope: write, handle: addLinodeInterface },
  {
    method: 'GET',
    path: `${base}/interfaces/:interfaceId`,
    scope: read,
    handle: (call) => linodeInterfaceView(linodeInterfaceOf(call)),
  },
  { method: 'DELETE', path: `${base}/interfaces/:interfaceId`, scope: write, handle: deleteLinodeInterface },
];

export const instanceConfigRoutes: readonly Route[] = [...profileRoutes, ...diskRoutes, ...linodeInterfaceRoutes];
