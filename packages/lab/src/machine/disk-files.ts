// The files on a machine's disk before its first boot, as pure values: what Linode's platform would have written there
// (Network Helper's files, keys, host name) and the cloud-init seed. Refuses to decide anything about addresses.
import type { MachineSpec } from '../region/hardware.ts';
import { publicNetwork } from '../region/public-network.ts';

export interface DiskFile {
  /** Absolute path inside the machine. */
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

export interface DiskIdentity {
  /** New for every fresh disk: cloud-init runs its once-per-instance work again when it changes. */
  readonly instanceId: string;
  /** 32 lower-case hexadecimal digits, unique per disk: DHCP, journal and D-Bus take it for the machine's identity. */
  readonly machineId: string;
}

/** Interface with the range its address lies in. */
export interface PlacedInterface {
  readonly kind: 'public' | 'vpc';
  readonly address: string;
  readonly range: string;
}

/**
 * Units that only cost time here: hardware, consoles and maintenance that a short-lived machine does not need. None of
 * them serves the network, the shell or cloud-init.
 */
export const maskedUnits: readonly string[] = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'man-db.timer',
  'getty.target',
  'console-getty.service',
  'systemd-firstboot.service',
  'systemd-hwdb-update.service',
  'ldconfig.service',
  'systemd-journal-catalog-update.service',
  'systemd-update-done.service',
  'systemd-timesyncd.service',
  // Pulled in by cloud-init's network stage; addresses are static, so it would only wait for what is there already.
  'systemd-networkd-wait-online.service',
];

/** Link under /etc/systemd/system -> unit file: what the platform relies on, whatever the image had enabled. */
export const enabledUnits: ReadonlyMap<string, string> = new Map([
  ['multi-user.target.wants/systemd-networkd.service', '/usr/lib/systemd/system/systemd-networkd.service'],
]);

/** cloud-init as on Linode: root logs in, Network Helper owns the network; only the data source is the lab's. */
const cloudConfig = [
  'datasource_list: [NoCloud]',
  'disable_root: false',
  'users: []',
  'network: {config: disabled}',
  // The platform made the host keys below, before anybody could have asked for them.
  'ssh_deletekeys: false',
  'ssh_genkeytypes: [ed25519]',
  '',
].join('\n');

const prefixOf = (range: string): string => range.split('/')[1] ?? '32';

/** First address of a range, where a subnet's gateway is: `10.20.0.0/24` -> `10.20.0.1`. */
const gatewayOf = (range: string): string => {
  const octets = (range.split('/')[0] ?? '').split('.').map(Number);
  return [...octets.slice(0, 3), (octets[3] ?? 0) + 1].join('.');
};

/** What Network Helper writes for systemd-networkd: static address, default route on the first interface. */
export const networkFile = (index: number, placed: PlacedInterface): DiskFile => {
  const gateway = placed.kind === 'public' ? publicNetwork.hostAddress : gatewayOf(placed.range);
  return {
    path: `/etc/systemd/network/05-eth${index}.network`,
    content: [
      '# Written by the platform at every boot, as Network Helper does.',
      '[Match]',
      `Name=eth${index}`,
      '',
      '[Network]',
      'DHCP=no',
      'IPv6PrivacyExtensions=false',
      'LinkLocalAddressing=no',
      ...(index === 0 ? [`Gateway=${gateway}`] : []),
      `Address=${placed.address}/${prefixOf(placed.range)}`,
      '',
    ].join('\n'),
    mode: 0o644,
  };
};

/** A Linode label may hold dots and underscores; a host name in the lab holds neither. */
export const hostName = (label: string): string => label.replace(/[^A-Za-z0-9-]+/g, '-').replace(/^-+|-+$/g, '');

const hostsFile = (name: string): string =>
  ['127.0.0.1\tlocalhost', `127.0.1.1\t${name}`, '::1\tlocalhost ip6-localhost ip6-loopback', ''].join('\n');

/** Written before every boot, from the machine's present settings. */
export const bootFiles = (spec: MachineSpec, interfaces: readonly PlacedInterface[]): readonly DiskFile[] => {
  const name = hostName(spec.label);
  return [
    { path: '/etc/hostname', content: `${name}\n`, mode: 0o644 },
    { path: '/etc/hosts', content: hostsFile(name), mode: 0o644 },
    ...interfaces.map((placed, index) => networkFile(index, placed)),
  ];
};

/** Written once, when the disk is created. */
export const firstBootFiles = (spec: MachineSpec, identity: DiskIdentity): readonly DiskFile[] => {
  const seed = '/var/lib/cloud/seed/nocloud';
  const keys = spec.authorizedKeys.map((key) => `${key.trim()}\n`).join('');
  return [
    { path: '/etc/machine-id', content: `${identity.machineId}\n`, mode: 0o444 },
    { path: '/root/.ssh/authorized_keys', content: keys, mode: 0o600 },
    { path: '/etc/cloud/cloud.cfg.d/95-platform.cfg', content: cloudConfig, mode: 0o644 },
    {
      path: `${seed}/meta-data`,
      content: `instance-id: ${identity.instanceId}\nlocal-hostname: ${hostName(spec.label)}\n`,
      mode: 0o644,
    },
    // Only root may read user data: people put secrets there.
    { path: `${seed}/user-data`, content: spec.userData ?? '#cloud-config\n{}\n', mode: 0o600 },
  ];
};
