// Instances, their profiles, interfaces and disks as the API shows them. Shapes: live recordings to 2026.
import { typeOf } from './catalogue.ts';
import type { Json } from './route.ts';
import type { ConfigInterface, Disk, LinodeInterface, Machine, MachineConfig } from '../state/model.ts';
import type { LabStore } from '../state/store.ts';

function groupBadge(store: LabStore, id: number | null): Json | null {
  const group = id === null ? undefined : store.placementGroups.get(id);
  if (group === undefined) return null;
  return {
    id: group.id,
    label: group.label,
    placement_group_type: 'anti_affinity:local',
    placement_group_policy: group.policy,
    migrating_to: null,
  };
}

/** The last 32 bits of the lab's one IPv6 address per machine are its IPv4 address; nothing answers there. */
export function slaacAddress(publicAddress: string): string {
  const bytes = publicAddress.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return `2001:db8::${bytes.slice(0, 2).join('')}:${bytes.slice(2).join('')}`;
}

export function instanceView(store: LabStore, machine: Machine): Json {
  const type = typeOf(machine.type);
  const addresses = [machine.publicAddress, machine.privateAddress].filter((address) => address !== null);
  return {
    id: machine.id,
    label: machine.label,
    group: machine.group,
    status: machine.status,
    created: machine.created,
    updated: machine.updated,
    type: machine.type,
    ipv4: addresses,
    ipv6: machine.publicAddress === null ? null : `${slaacAddress(machine.publicAddress)}/128`,
    image: machine.image,
    region: machine.region,
    site_type: 'core',
    specs: {
      disk: type?.disk ?? 0,
      memory: type?.memory ?? 0,
      vcpus: type?.vcpus ?? 0,
      gpus: 0,
      transfer: type?.transfer ?? 0,
      accelerated_devices: 0,
    },
    alerts: { ...machine.alerts, system_alerts: [], user_alerts: [] },
    backups: { enabled: false, available: false, schedule: { day: null, window: null }, last_successful: null },
    hypervisor: 'kvm',
    watchdog_enabled: machine.watchdogEnabled,
    tags: machine.tags,
    host_uuid: machine.hostUuid,
    has_user_data: machine.userData !== null,
    placement_group: groupBadge(store, machine.placementGroupId),
    disk_encryption: 'enabled',
    lke_cluster_id: null,
    capabilities: ['Block Storage Encryption', 'SMTP Enabled', 'Maintenance Policy'],
    interface_generation: machine.generation,
    maintenance_policy: 'linode/migrate',
    locks: [],
  };
}

export function configInterfaceView(machine: Machine, item: ConfigInterface): Json {
  const inVpc = item.purpose === 'vpc';
  return {
    id: item.id,
    purpose: item.purpose,
    primary: item.primary,
    active: machine.status === 'running',
    ipam_address: item.ipamAddress,
    label: item.label,
    vpc_id: item.vpcId,
    subnet_id: item.subnetId,
    ipv4: inVpc ? { vpc: item.vpcAddress, nat_1_1: item.nat } : null,
    ip_ranges: inVpc ? item.ranges : null,
    ipv6: null,
  };
}

export function configView(machine: Machine, config: MachineConfig): Json {
  return {
    id: config.id,
    label: config.label,
    helpers: config.helpers,
    kernel: config.kernel,
    comments: config.comments,
    memory_limit: config.memoryLimit,
    created: config.created,
    updated: config.updated,
    root_device: config.rootDevice,
    devices: config.devices,
    initrd: null,
    run_level: config.runLevel,
    virt_mode: config.virtMode,
    interfaces: config.interfaces.map((item) => configInterfaceView(machine, item)),
  };
}

/** A Linode interface; no recording exists, the shape is that of Linode's Python client. */
export function linodeInterfaceView(item: LinodeInterface): Json {
  const { address, nat, defaultRoute } = item;
  const addresses = address === null ? [] : [{ address, primary: true }];
  return {
    id: item.id,
    mac_address: item.macAddress,
    version: item.version,
    created: item.created,
    updated: item.updated,
    default_route: defaultRoute ? { ipv4: true, ...(item.kind === 'public' ? { ipv6: true } : {}) } : {},
    public:
      item.kind === 'public' ? { ipv4: { addresses, shared: [] }, ipv6: { slaac: [], shared: [], ranges: [] } } : null,
    vpc:
      item.kind === 'vpc'
        ? {
            vpc_id: item.vpcId,
            subnet_id: item.subnetId,
            ipv4: { addresses: addresses.map((a) => ({ ...a, nat_1_1_address: nat })), ranges: [] },
          }
        : null,
    vlan: item.kind === 'vlan' ? { vlan_label: item.vlanLabel, ipam_address: item.ipamAddress } : null,
  };
}

export function diskView(machine: Machine, disk: Disk): Json {
  return {
    id: disk.id,
    status: machine.status === 'provisioning' || machine.status === 'rebuilding' ? 'not ready' : 'ready',
    label: disk.label,
    created: disk.created,
    updated: disk.updated,
    filesystem: disk.filesystem,
    size: disk.sizeMb,
    disk_encryption: 'enabled',
  };
}
