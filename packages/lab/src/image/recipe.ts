// What is in the machines' disk image, as a value: the package list, the files, what is switched off. Any change makes a new
// hash, and with it a new image; nothing about the building host enters it.
import { createHash } from 'node:crypto';

export interface ImageFile {
  readonly path: string;
  readonly content: string;
}

export interface ImageRecipe {
  readonly codename: string;
  /** Unpacked by debootstrap, beside its minimal set. */
  readonly bootstrapPackages: readonly string[];
  /** Installed afterwards, in a container of the image, since their scripts need /proc. */
  readonly packages: readonly string[];
  readonly files: readonly ImageFile[];
  readonly maskedUnits: readonly string[];
  readonly enabledUnits: readonly string[];
  /** Shell patterns of what a machine makes itself or never needs. */
  readonly removed: readonly string[];
}

const cloudConfiguration = `# The seed lies in /var/lib/cloud/seed/nocloud. Addresses are given by systemd-networkd's own files.
datasource_list: [NoCloud, None]
network: {config: disabled}
users: []
disable_root: false
ssh_pwauth: false
ssh_deletekeys: true
ssh_genkeytypes: [ed25519]
preserve_hostname: false
cloud_init_modules:
  - bootcmd
  - write_files
  - set_hostname
  - update_hostname
  - update_etc_hosts
  - ca_certs
  - users_groups
  - ssh
cloud_config_modules:
  - set_passwords
  - apt_configure
  - timezone
  - runcmd
cloud_final_modules:
  - package_update_upgrade_install
  - write_files_deferred
  - scripts_vendor
  - scripts_per_once
  - scripts_per_boot
  - scripts_per_instance
  - scripts_user
  - final_message
  - power_state_change
`;

const dpkgConfiguration = `# The lab's machines have no reader of manuals, and their disks live in the host's page cache.
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/i18n/*
path-exclude=/usr/share/lintian/*
`;

export const debian13: ImageRecipe = {
  codename: 'trixie',
  bootstrapPackages: ['ca-certificates', 'dbus', 'systemd', 'systemd-sysv'],
  packages: [
    // What a Linode image of Debian has and the tool uses.
    'cloud-init',
    'curl',
    'iproute2',
    'iputils-ping',
    'less',
    'libpam-systemd',
    'nftables',
    'openssh-server',
    'procps',
    // What the engines' packages and the services depend on: machines cannot reach Debian's mirrors.
    'adduser',
    'gunicorn',
    'libzstd1',
    'openjdk-21-jre-headless',
    'python3',
    'python3-flask',
    'python3-venv',
  ],
  files: [
    { path: '/etc/cloud/cloud.cfg.d/90-lab.cfg', content: cloudConfiguration },
    { path: '/etc/dpkg/dpkg.cfg.d/90-lab', content: dpkgConfiguration },
    {
      path: '/etc/apt/apt.conf.d/90-lab',
      content: 'APT::Periodic::Enable "0";\nAcquire::Languages "none";\n',
    },
    {
      path: '/etc/apt/sources.list',
      content: '# Nothing here: machines of the lab reach only the repository they are told of.\n',
    },
    {
      path: '/etc/ssh/sshd_config.d/10-lab.conf',
      content: 'PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n',
    },
    {
      // Stock it waits two minutes for addresses; a machine whose link is down would wait for it before its sshd starts.
      path: '/etc/systemd/system/systemd-networkd-wait-online.service.d/90-lab.conf',
      content: '[Service]\nExecStart=\nExecStart=/usr/lib/systemd/systemd-networkd-wait-online --timeout=5\n',
    },
    { path: '/etc/default/locale', content: 'LANG=C.UTF-8\n' },
    { path: '/etc/hostname', content: 'localhost\n' },
    { path: '/etc/hosts', content: '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' },
    { path: '/etc/resolv.conf', content: '# The lab has no name server.\n' },
    // Empty, not absent: systemd then makes an id without taking the boot for a first boot that asks questions.
    { path: '/etc/machine-id', content: '' },
  ],
  maskedUnits: [
    'apt-daily.timer',
    'apt-daily-upgrade.timer',
    'cloud-init-hotplugd.socket',
    'dpkg-db-backup.timer',
    'e2scrub_all.timer',
    'e2scrub_reap.service',
    'fstrim.timer',
    'man-db.timer',
    'systemd-pstore.service',
  ],
  enabledUnits: ['ssh.service', 'systemd-networkd.service'],
  removed: [
    '/etc/apt/sources.list.d/*',
    '/etc/ssh/ssh_host_*',
    '/usr/share/doc/*',
    '/usr/share/i18n/*',
    '/usr/share/info/*',
    '/usr/share/locale/*',
    '/usr/share/man/*',
    '/var/cache/apt/*.bin',
    '/var/cache/apt/archives/*.deb',
    '/var/lib/apt/lists/*',
    '/var/log/*.log',
    '/var/log/apt/*',
  ],
};

/** The first twelve hexadecimal digits of the recipe's SHA-256. */
export function recipeHash(recipe: ImageRecipe): string {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
}
