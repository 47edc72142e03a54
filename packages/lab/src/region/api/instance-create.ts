// Creating and rebuilding an instance: every rule that Linode checks before it accepts one.
import { refuse } from './answer.ts';
import { offers, regionOf, typeOf, type ImageEntry, type TypeEntry } from './catalogue.ts';
import { attachDevice } from './firewall-devices.ts';
import { entityLabel, entityLabelReason, Input } from './input.ts';
import { readConfigInterfaces, readLinodeInterfaces, type ReadInterface } from './instance-interfaces.ts';
import { instanceView } from './instance-view.ts';
import { groupIsFull } from './placement.ts';
import type { Call, Json } from './route.ts';
import { freeMachineAddress, freePrivateAddress } from '../state/addresses.ts';
import type { ConfigInterface, Disk, Machine, MachineConfig } from '../state/model.ts';

const defaultSwapMb = 512;
/** Linode's documentation: decoded user data must be below this. */
const maximumUserDataBytes = 16_384;

/** The fields that create and rebuild share. */
export interface DiskRequest {
  readonly image: ImageEntry | undefined;
  readonly rootPassword: string | null;
  readonly authorizedKeys: string[];
  readonly userData: string | null;
  readonly swapMb: number;
}

export function readDiskRequest(call: Call, input: Input, type: TypeEntry | undefined): DiskRequest {
  const imageId = input.text('image');
  const image = imageId === undefined ? undefined : call.images.find((entry) => entry.id === imageId);
  if (imageId !== undefined && image === undefined) input.refuse('image is not valid', 'image');
  // Recorded: "Length must be 11-128 characters", although the OpenAPI file says 7.
  const rootPassword = input.text('root_pass', { least: 11, most: 128 }) ?? null;
  const keys = input.texts('authorized_keys') ?? [];
  const badKey = keys.findIndex(
    (key) => !/^(ssh-(rsa|ed25519|dss)|ecdsa-sha2-\S+|sk-\S+) [A-Za-z0-9+/=]+/.test(key.trim()),
  );
  if (badKey >= 0) input.refuse(`SSH Key ${badKey + 1} must be a valid SSH public key`, 'authorized_keys');
  const users = input.texts('authorized_users') ?? [];
  if (users.some((user) => user !== 'lab')) input.refuse('authorized_users is not valid', 'authorized_users');
  const userKeys = users.length > 0 ? [...call.store.sshKeys.values()].map((key) => key.key) : [];
  const authorizedKeys = [...keys, ...userKeys].map((key) => key.trim());
  if (image !== undefined && rootPassword === null && authorizedKeys.length === 0) {
    input.refuse('Must provide valid root_pass, authorized_keys, or authorized_users');
  }
  const swapMb = input.integer('swap_size', 0, 1_000_000) ?? defaultSwapMb;
  if (image !== undefined && type !== undefined && image.size + swapMb > type.disk) {
    input.refuse('Linode type does not have enough disk for the image', 'type');
  }
  return { image, rootPassword, authorizedKeys, userData: readUserData(input), swapMb };
}

function readUserData(input: Input): string | null {
  const metadata = input.object('metadata');
  const text = metadata?.text('user_data');
  if (metadata === undefined || text === undefined || text === '') return null;
  const decoded = Buffer.from(text, 'base64');
  // Buffer skips what is not base64; encoding again shows whether anything was skipped.
  if (decoded.toString('base64').replace(/=+$/, '') !== text.replaceAll(/\s/g, '').replace(/=+$/, '')) {
    metadata.refuse('Must be a base64-encoded string', 'user_data');
  } else if (decoded.length > maximumUserDataBytes) {
    metadata.refuse(`Must be at most ${maximumUserDataBytes} bytes when decoded`, 'user_data');
  }
  return text;
}

/** Root disk and swap, filling the type's disk. */
export function newDisks(call: Call, type: TypeEntry, image: ImageEntry, swapMb: number): Disk[] {
  const stamp = { created: call.time, updated: call.time };
  const root: Disk = {
    id: call.store.newId(),
    label: `${image.label} Disk`,
    sizeMb: type.disk - swapMb,
    filesystem: 'ext4',
    ...stamp,
  };
  if (swapMb === 0) return [root];
  return [
    root,
    { id: call.store.newId(), label: `${swapMb} MB Swap Image`, sizeMb: swapMb, filesystem: 'swap', ...stamp },
  ];
}

export function newConfig(
  call: Call,
  label: string,
  disks: readonly Disk[],
  interfaces: ConfigInterface[],
): MachineConfig {
  const slots = ['sda', 'sdb', 'sdc', 'sdd', 'sde', 'sdf', 'sdg', 'sdh'];
  return {
    id: call.store.newId(),
    label,
    comments: '',
    kernel: 'linode/grub2',
    rootDevice: '/dev/sda',
    runLevel: 'default',
    virtMode: 'paravirt',
    memoryLimit: 0,
    helpers: { updatedb_disabled: true, distro: true, modules_dep: true, network: true, devtmpfs_automount: true },
    devices: Object.fromEntries(
      slots.map((slot, i) => [slot, disks[i] === undefined ? null : { disk_id: disks[i].id, volume_id: null }]),
    ),
    interfaces,
    created: call.time,
    updated: call.time,
  };
}

interface Place {
  readonly region: string;
  readonly type: TypeEntry | undefined;
}

function readPlace(input: Input): Place {
  input.require('region', 'type');
  const region = input.text('region') ?? '';
  if (input.has('region') && regionOf(region) === undefined) input.refuse('region is not valid', 'region');
  const typeId = input.text('type');
  const type = typeId === undefined ? undefined : typeOf(typeId);
  if (typeId !== undefined && type === undefined) input.refuse('A valid plan type by that ID was not found', 'type');
  return { region, type };
}

function checkCapabilities(input: Input, region: string, requested: DiskRequest): void {
  if (regionOf(region) === undefined) return;
  if (requested.userData !== null && !offers(region, 'Metadata'))
    input.refuse('Metadata is not available in this region', 'region');
  if (requested.userData !== null && requested.image?.capabilities.includes('cloud-init') === false) {
    input.refuse('Image does not support cloud-init, which metadata needs', 'image');
  }
}

function readGroup(call: Call, input: Input, region: string): number | null {
  const part = input.object('placement_group');
  const id = part?.id('id');
  if (part === undefined || id === undefined) return null;
  const group = call.store.placementGroups.get(id);
  if (group === undefined) part.refuse('placement_group is not valid', 'id');
  else if (group.region !== region) part.refuse('Placement group must be in the same region as the Linode', 'id');
  else if (groupIsFull(call.store, id, 1)) part.refuse('Placement group is at its maximum number of Linodes', 'id');
  return id;
}

export function labelTaken(call: Call, label: string, but?: Machine): boolean {
  return [...call.store.machines.values()].some((machine) => machine !== but && machine.label === label);
}

export function createInstance(call: Call): Json {
  const input = new Input(call.body);
  const id = call.store.newId();
  const { region, type } = readPlace(input);
  const label =
    input.text('label', { least: 3, most: 64, pattern: entityLabel, reason: entityLabelReason }) ?? `linode${id}`;
  if (labelTaken(call, label)) input.refuse('Label must be unique', 'label');
  const requested = readDiskRequest(call, input, type);
  checkCapabilities(input, region, requested);
  const placementGroupId = readGroup(call, input, region);
  const generation = readGeneration(call, input);
  const publicAddress = freeMachineAddress(call.store) ?? null;
  if (publicAddress === null) throw refuse('No public address is left in the lab');
  const owner = { machineId: id, region, publicAddress };
  const modern = generation === 'linode' ? readLinodeInterfaces(call, input, owner) : [];
  const legacy = generation === 'linode' ? [] : readConfigInterfaces(call, input, owner);
  const firewallId = readFirewall(call, input, generation);
  const wantsPrivate = input.flag('private_ip') === true;
  if (wantsPrivate && generation === 'linode')
    input.refuse('private_ip is not allowed with Linode interfaces', 'private_ip');
  const tags = input.tags() ?? [];
  const booted = input.flag('booted') ?? requested.image !== undefined;
  if (needsVpc(legacy, modern) && !offers(region, 'VPCs')) input.refuse('region does not support VPCs', 'region');
  input.done();
  if (type === undefined) throw refuse('type is required', 'type');

  const disks = requested.image === undefined ? [] : newDisks(call, type, requested.image, requested.swapMb);
  const config =
    requested.image === undefined ? [] : [newConfig(call, `My ${requested.image.label} Disk Profile`, disks, legacy)];
  const publicly =
    generation === 'legacy_config' || modern.some(({ item }) => item.kind === 'public' || item.nat !== null);
  const machine: Machine = {
    ...blankMachine(call, id),
    label,
    region,
    type: type.id,
    image: requested.image?.id ?? null,
    tags,
    group: input.text('group') ?? '',
    generation,
    publicAddress: publicly ? publicAddress : null,
    privateAddress: wantsPrivate ? (freePrivateAddress(call.store) ?? null) : null,
    authorizedKeys: requested.authorizedKeys,
    rootPassword: requested.rootPassword,
    userData: requested.userData,
    configs: config,
    interfaces: modern.map(({ item }) => item),
    disks,
    placementGroupId,
  };
  call.store.machines.set(id, machine);
  attachFirewalls(call, machine, firewallId, modern);
  call.lifeCycle.enqueue(machine, 'create');
  if (booted && requested.image !== undefined) call.lifeCycle.enqueue(machine, 'boot');
  return instanceView(call.store, machine);
}

function needsVpc(legacy: readonly ConfigInterface[], modern: readonly ReadInterface[]): boolean {
  return legacy.some((i) => i.purpose === 'vpc') || modern.some(({ item }) => item.kind === 'vpc');
}

function readGeneration(call: Call, input: Input): Machine['generation'] {
  const asked = input.oneOf('interface_generation', ['legacy_config', 'linode'] as const);
  const rule = call.store.settings.interfaces_for_new_linodes;
  if (asked === 'linode' && rule === 'legacy_config_only')
    input.refuse('Linode interfaces are disabled for this account', 'interface_generation');
  if (asked === 'legacy_config' && rule === 'linode_only')
    input.refuse('Legacy interfaces are disabled for this account', 'interface_generation');
  return asked ?? (rule.startsWith('linode') ? 'linode' : 'legacy_config');
}

function readFirewall(call: Call, input: Input, generation: Machine['generation']): number | undefined {
  const id = input.id('firewall_id');
  if (id === undefined || id === -1) return id;
  if (generation === 'linode')
    input.refuse('firewall_id is not allowed with Linode interfaces; set it on each interface', 'firewall_id');
  else if (!call.store.firewalls.has(id)) input.refuse('firewall_id is not valid', 'firewall_id');
  return id;
}

function blankMachine(call: Call, id: number): Machine {
  const hex = (): string => Math.floor(call.random() * 16).toString(16);
  return {
    id,
    label: '',
    region: '',
    type: '',
    image: null,
    status: 'provisioning',
    tags: [],
    group: '',
    hostUuid: Array.from({ length: 40 }, hex).join(''),
    watchdogEnabled: true,
    alerts: { cpu: 90, network_in: 10, network_out: 10, transfer_quota: 80, io: 10000 },
    generation: 'legacy_config',
    publicAddress: null,
    privateAddress: null,
    rdns: {},
    authorizedKeys: [],
    rootPassword: null,
    userData: null,
    configs: [],
    interfaces: [],
    disks: [],
    placementGroupId: null,
    created: call.time,
    updated: call.time,
  };
}

/** The firewall named in the request, or the account's default for this kind of interface. */
function attachFirewalls(
  call: Call,
  machine: Machine,
  asked: number | undefined,
  modern: readonly ReadInterface[],
): void {
  const { firewallSettings } = call.store;
  if (machine.generation === 'legacy_config') {
    const id = asked ?? firewallSettings.linode ?? -1;
    if (id !== -1) attachDevice(call, id, 'linode', machine.id);
    return;
  }
  for (const { item, firewallId } of modern) {
    const fallback = item.kind === 'public' ? firewallSettings.public_interface : firewallSettings.vpc_interface;
    const id = firewallId ?? (item.kind === 'vlan' ? -1 : (fallback ?? -1));
    if (id !== -1) attachDevice(call, id, 'linode_interface', item.id);
  }
}
