import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MachineSpec } from '../../src/region/hardware.ts';
import { firstBootFiles, bootFiles, hostName, networkFile } from '../../src/machine/disk-files.ts';
import { diskPaths, formatDisk, mountDisk, mountRoot } from '../../src/machine/disk.ts';
import { launcherScript } from '../../src/machine/launcher.ts';

const spec: MachineSpec = {
  id: 12,
  label: 'shop_search.1',
  image: 'linode/debian13',
  memoryMb: 4096,
  vcpus: 2,
  interfaces: [],
  authorizedKeys: ['ssh-ed25519 AAAA one', 'ssh-ed25519 BBBB two\n'],
};

const content = (files: readonly { path: string; content: string }[], path: string): string | undefined =>
  files.find((file) => file.path === path)?.content;

describe('the files on the disk of a machine', () => {
  it('set a static address, with the default route on the first interface', () => {
    assert.equal(
      networkFile(0, { kind: 'public', address: '198.18.1.1', range: '198.18.0.0/16' }).content,
      `# Written by the platform at every boot, as Network Helper does.
[Match]
Name=eth0

[Network]
DHCP=no
IPv6PrivacyExtensions=false
LinkLocalAddressing=no
Gateway=198.18.0.1
Address=198.18.1.1/16
`,
    );
    assert.doesNotMatch(
      networkFile(1, { kind: 'vpc', address: '10.20.0.11', range: '10.20.0.0/24' }).content,
      /Gateway/,
    );
    assert.match(
      networkFile(0, { kind: 'vpc', address: '10.20.0.11', range: '10.20.0.0/24' }).content,
      /^Gateway=10\.20\.0\.1$/m,
    );
  });

  it('set its label as host name, at every boot', () => {
    assert.equal(hostName(spec.label), 'shop-search-1');
    assert.equal(content(bootFiles(spec, []), '/etc/hostname'), 'shop-search-1\n');
  });

  it('are a cloud-init seed that root alone may read, and its keys', () => {
    const files = firstBootFiles(
      { ...spec, userData: '#cloud-config\nruncmd: [true]\n' },
      { instanceId: 'i-1', machineId: 'a'.repeat(32) },
    );
    assert.equal(
      content(files, '/var/lib/cloud/seed/nocloud/meta-data'),
      'instance-id: i-1\nlocal-hostname: shop-search-1\n',
    );
    const userData = files.find(({ path }) => path.endsWith('/user-data'));
    assert.deepEqual([userData?.content, userData?.mode], ['#cloud-config\nruncmd: [true]\n', 0o600]);
    assert.equal(content(files, '/root/.ssh/authorized_keys'), 'ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n');
    assert.equal(content(files, '/etc/machine-id'), `${'a'.repeat(32)}\n`);
  });
});

describe('a machine on this host', () => {
  it('has a sparse disk with the image as lower layer', () => {
    const paths = diskPaths('/lab/machines/12');
    assert.equal(
      formatDisk(paths).join(' '),
      'mkfs.ext4 -q -F -m 0 -i 65536 -J size=16 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard /lab/machines/12/disk.ext4',
    );
    assert.equal(
      mountDisk(paths).join(' '),
      'mount -o loop,noinit_itable,noatime /lab/machines/12/disk.ext4 /lab/machines/12/disk',
    );
    assert.equal(
      mountRoot(paths, '/images/13').join(' '),
      'mount -t overlay understudy -o lowerdir=/images/13,upperdir=/lab/machines/12/disk/upper,workdir=/lab/machines/12/disk/work /lab/machines/12/root',
    );
  });

  it('is kept running by a script that removes its network links at the end', () => {
    assert.equal(
      launcherScript({
        machineId: 12,
        hostName: 'shop-search-1',
        root: "/lab/it's/root",
        cgroupEntries: ['/sys/fs/cgroup/memory/understudy/m12/cgroup.procs'],
        cables: ['m12e0'],
      }),
      `#!/bin/sh
echo $$ >/sys/fs/cgroup/memory/understudy/m12/cgroup.procs
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network SYSTEMD_NSPAWN_LOCK=0
while :; do
  systemd-nspawn --settings=no '--directory=/lab/it'\\''s/root' --machine=understudy-m12 --hostname=shop-search-1 --boot --register=no --keep-unit --link-journal=no --network-namespace-path=/run/netns/understudy-m12 --capability=CAP_NET_ADMIN,CAP_SYSLOG --resolv-conf=off --timezone=off --console=read-only
  [ $? -eq 133 ] || break
done
ip -n understudy link delete m12e0
`,
    );
  });
});
