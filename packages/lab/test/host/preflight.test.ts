import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostRanges, assessHost, preflight, type HostFacts } from '../../src/preflight.ts';
import type { HostShell } from '../../src/host/shell.ts';

const needs = { stateDirectory: '/var/lib/understudy-lab', memoryMb: 6000, diskMb: 10_000 };

const good: HostFacts = {
  userId: 0,
  missingPrograms: [],
  missingAbilities: [],
  memoryAvailableMb: 8000,
  diskAvailableMb: 20_000,
  ranges: [{ range: '192.168.1.7/24', link: 'eth0' }],
  labOwner: undefined,
};

const assessed = (change: Partial<HostFacts>) =>
  assessHost({ ...good, ...change }, needs).map(({ check, severity, remedy }) => [check, severity, remedy]);

describe('preflight', () => {
  it('finds nothing on a good host, nor on one where this very lab is up', () => {
    assert.deepEqual(assessed({}), []);
    assert.deepEqual(assessed({ labOwner: needs.stateDirectory }), []);
  });

  it('names the command that repairs each obstacle', () => {
    assert.deepEqual(assessed({ userId: 1000 }), [['root', 'blocker', 'run the same command with sudo']]);
    assert.deepEqual(assessed({ missingPrograms: ['systemd-nspawn', 'haproxy'] }), [
      ['program-systemd-nspawn', 'blocker', 'apt-get install systemd-container'],
      ['program-haproxy', 'blocker', 'apt-get install haproxy'],
    ]);
    assert.deepEqual(assessed({ missingAbilities: ['loop', 'overlay'] }), [
      ['kernel-loop', 'warning', 'modprobe loop'],
      ['kernel-overlay', 'blocker', 'modprobe overlay'],
    ]);
    assert.deepEqual(assessed({ labOwner: '/elsewhere' }), [
      ['other-lab', 'blocker', 'take the other one down: UNDERSTUDY_LAB_STATE=/elsewhere understudy lab down'],
    ]);
  });

  it('checks every program that the first start needs, and names the package of each', async () => {
    // A host on which no program is found. Its memory and disk are those of this host.
    const bare: HostShell = {
      run: () => Promise.reject(new Error('nothing is run')),
      attempt: () => Promise.resolve({ code: 127, stdout: '', stderr: '' }),
    };
    const remedies = (await preflight(needs, bare)).filter(({ check }) => check.startsWith('program-'));
    assert.deepEqual(remedies.map(({ remedy }) => remedy.replace('apt-get install ', '')).sort(), [
      ...['debootstrap', 'dpkg', 'e2fsprogs', 'gnupg', 'haproxy', 'iproute2', 'maven', 'nftables'],
      ...['openssh-client', 'procps', 'systemd-container', 'util-linux'],
    ]);
  });

  it('says what was seen against what is needed', () => {
    const [memory, disk] = assessHost({ ...good, memoryAvailableMb: 5000, diskAvailableMb: 9 }, needs);
    assert.equal(memory?.seen, '5000 MB of memory are free, the lab needs 6000 MB');
    assert.equal(disk?.seen, '9 MB of disk are free at /var/lib/understudy-lab, the lab needs 10000 MB');
  });

  it('detects a range that overlaps the lab, wider or narrower, but not the lab itself', () => {
    for (const range of ['198.18.5.1/32', '198.16.0.0/13']) {
      assert.deepEqual(assessed({ ranges: [{ range, link: 'tun0' }] }), [
        ['range-used', 'blocker', 'remove that address or route (ip address show dev tun0; ip route show dev tun0)'],
      ]);
    }
    const addresses = JSON.stringify([
      {
        ifname: 'eth0',
        addr_info: [
          { family: 'inet', local: '10.0.0.2', prefixlen: 24 },
          { family: 'inet6', local: '::1', prefixlen: 128 },
        ],
      },
      { ifname: 'us-host', addr_info: [{ family: 'inet', local: '198.18.0.1', prefixlen: 32 }] },
      { ifname: 'down0' },
    ]);
    const routes = JSON.stringify([
      { dst: 'default', dev: 'eth0' },
      { dst: '10.9.8.7', dev: 'tun0' },
      { dst: '198.18.0.0/16', dev: 'us-host' },
    ]);
    assert.deepEqual(hostRanges(addresses, routes), [
      { range: '10.0.0.2/24', link: 'eth0' },
      { range: '10.9.8.7/32', link: 'tun0' },
    ]);
  });
});
