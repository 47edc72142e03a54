// Addresses: of one instance, and of the whole account.
import { found, refuse } from './answer.ts';
import { Input } from './input.ts';
import { slaacAddress } from './instance-view.ts';
import { machineOf } from './instances.ts';
import { listRoute, type Call, type Json, type Route } from './route.ts';
import { vpcAddressView } from './vpc-addresses.ts';
import { attachments } from './vpc-view.ts';
import { publicNetwork } from '../public-network.ts';
import { freePrivateAddress } from '../state/addresses.ts';
import { entity } from '../state/events.ts';
import type { Machine } from '../state/model.ts';
import type { LabStore } from '../state/store.ts';

const reverseName = (address: string): string => `${address.replaceAll('.', '-')}.ip.linodeusercontent.com`;

function addressView(store: LabStore, machine: Machine, address: string, isPublic: boolean): Json {
  const nat = attachments(store).find((a) => a.machine === machine && a.nat === address);
  return {
    address,
    gateway: isPublic ? publicNetwork.hostAddress : null,
    subnet_mask: isPublic ? '255.255.0.0' : '255.255.128.0',
    prefix: isPublic ? 16 : 17,
    type: 'ipv4',
    public: isPublic,
    rdns: isPublic ? (machine.rdns[address] ?? reverseName(address)) : null,
    linode_id: machine.id,
    interface_id: machine.interfaces.find((i) => i.kind === 'public')?.id ?? null,
    region: machine.region,
    vpc_nat_1_1:
      isPublic && nat !== undefined ? { vpc_id: nat.vpcId, subnet_id: nat.subnetId, address: nat.address } : null,
    reserved: false,
    assigned_entity: { ...entity('linode', machine.id, machine.label) },
  };
}

function addressesOf(store: LabStore, machine: Machine): Json[] {
  const { publicAddress, privateAddress } = machine;
  return [
    ...(publicAddress === null ? [] : [addressView(store, machine, publicAddress, true)]),
    ...(privateAddress === null ? [] : [addressView(store, machine, privateAddress, false)]),
  ];
}

function slaacView(machine: Machine, address: string, isPublic: boolean): Json {
  return {
    address,
    gateway: 'fe80::1',
    subnet_mask: 'ffff:ffff:ffff:ffff::',
    prefix: 64,
    type: 'ipv6',
    rdns: null,
    linode_id: machine.id,
    region: machine.region,
    public: isPublic,
  };
}

function instanceAddresses(call: Call): Json {
  const machine = machineOf(call);
  const { store } = call;
  const of = (isPublic: boolean): Json[] => addressesOf(store, machine).filter((a) => a['public'] === isPublic);
  const global = machine.publicAddress;
  const noIpv6 = global === null;
  return {
    ipv4: {
      public: of(true),
      private: of(false),
      shared: [],
      reserved: [],
      vpc: attachments(store)
        .filter((a) => a.machine === machine)
        .map((a) => vpcAddressView(store, a)),
    },
    ipv6: {
      slaac: noIpv6 ? null : slaacView(machine, slaacAddress(global), true),
      link_local: noIpv6 ? null : slaacView(machine, `fe80::${slaacAddress(global).split('::')[1] ?? '1'}`, false),
      global: [],
      vpc: [],
    },
  };
}

function allocate(call: Call): Json {
  const machine = machineOf(call);
  const input = new Input(call.body);
  input.require('type', 'public');
  input.oneOf('type', ['ipv4']);
  if (input.flag('public') === true) input.refuse('The lab gives one public address to a Linode', 'public');
  if (machine.privateAddress !== null) input.refuse('Linode already has a private address', 'public');
  if (machine.generation === 'linode')
    input.refuse('Private addresses are not available with Linode interfaces', 'public');
  input.done();
  const address = freePrivateAddress(call.store);
  if (address === undefined) throw refuse('No private address is left in the lab');
  machine.privateAddress = address;
  call.events.note('linode_addip', entity('linode', machine.id, machine.label));
  return addressView(call.store, machine, address, false);
}

function everyAddress(store: LabStore): Json[] {
  return [...store.machines.values()].flatMap((machine) => addressesOf(store, machine));
}

function addressOf(call: Call): { machine: Machine; view: Json; address: string } {
  const address = call.params['address'] ?? '';
  const machines = call.params['linodeId'] === undefined ? [...call.store.machines.values()] : [machineOf(call)];
  const machine = found(machines.find((m) => m.publicAddress === address || m.privateAddress === address));
  return { machine, address, view: addressView(call.store, machine, address, machine.publicAddress === address) };
}

function updateAddress(call: Call): Json {
  const { machine, address } = addressOf(call);
  const input = new Input(call.body);
  const name = input.text('rdns', { most: 254, pattern: /^[a-zA-Z0-9.-]*$/, reason: 'Domain is not valid.' });
  input.done();
  if (name === undefined)
    machine.rdns = Object.fromEntries(Object.entries(machine.rdns).filter(([key]) => key !== address));
  else machine.rdns[address] = name;
  call.events.note('ipaddress_update', entity('linode', machine.id, machine.label));
  return addressOf(call).view;
}

const fields = ['address', 'prefix', 'rdns', 'region', 'type', 'linode_id', 'public', 'reserved'];

export const addressRoutes: readonly Route[] = [
  { method: 'GET', path: '/linode/instances/:linodeId/ips', scope: 'linodes:read_only', handle: instanceAddresses },
  { method: 'POST', path: '/linode/instances/:linodeId/ips', scope: 'linodes:read_write', handle: allocate },
  {
    method: 'GET',
    path: '/linode/instances/:linodeId/ips/:address',
    scope: 'linodes:read_only',
    handle: (call) => addressOf(call).view,
  },
  {
    method: 'PUT',
    path: '/linode/instances/:linodeId/ips/:address',
    scope: 'linodes:read_write',
    handle: updateAddress,
  },
  listRoute('/networking/ips', 'ips:read_only', (call) => everyAddress(call.store), fields),
  { method: 'GET', path: '/networking/ips/:address', scope: 'ips:read_only', handle: (call) => addressOf(call).view },
  { method: 'PUT', path: '/networking/ips/:address', scope: 'ips:read_write', handle: updateAddress },
];
