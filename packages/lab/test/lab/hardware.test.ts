// The real hardware, tried: machines, network, firewalls, balancers, power cuts, and that nothing of it stays behind.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostShell } from '../../src/host/shell.ts';
import { inventory, sweep, type RealHardware } from '../../src/real-hardware.ts';
import { isNothing } from '../../src/host/inventory.ts';
import {
  balancer,
  balancerConfig,
  bringUp,
  hostPicture,
  inside,
  knock,
  knockFrom,
  machineSpec,
  open,
  openRoom,
  overSsh,
  reachable,
  refuseObstacles,
  startWeb,
  subnet,
  twinSubnet,
  until,
  type Room,
} from './real-hardware-fixture.ts';

let pictureBefore: Record<string, string>;
let lab: Room;
let opened = false;
let room: RealHardware;

const one = () => machineSpec(lab, 11, 'test-one', { address: '10.20.0.11', subnetId: subnet.id }, { userData });
const two = () => machineSpec(lab, 12, 'test-two', { address: '10.20.0.12', subnetId: subnet.id });
/** In another VPC, at the same address as `two`. */
const other = () => machineSpec(lab, 13, 'test-other', { address: '10.20.0.12', subnetId: twinSubnet.id });
const userData = '#cloud-config\nwrite_files:\n  - {path: /etc/born, content: "by cloud-init"}\n';

before(async () => {
  pictureBefore = await hostPicture();
  await refuseObstacles();
  lab = await openRoom();
  opened = true;
  room = lab.room;
  await room.ensureSubnet(subnet);
  await room.ensureSubnet(twinSubnet);
});

after(async () => {
  if (opened) await lab.close();
});

describe('machines', () => {
  it('boot at the same time, up to a shell by key', async (t) => {
    const startedMs = performance.now();
    await bringUp(lab, room, [one(), two(), other()]);
    const tookMs = performance.now() - startedMs;
    t.diagnostic(`three machines to sshd: ${Math.round(tookMs)} ms`);
    // The bound leaves room for a busy host; the figure above is what to watch.
    assert.ok(tookMs < 60_000);
  });

  it('have their names, identities, seeds and settings of their own', async () => {
    assert.equal(await overSsh(lab, '198.18.1.11', 'hostname'), 'test-one');
    await until('cloud-init', 'by cloud-init', async () => (await inside(room, 11, 'cat', '/etc/born')).stdout);
    const identities = await Promise.all(
      [11, 12].map(async (id) => (await inside(room, id, 'cat', '/etc/machine-id')).stdout),
    );
    assert.notEqual(identities[0], identities[1]);
    assert.equal((await inside(room, 11, 'sysctl', '-w', 'net.ipv4.tcp_retries2=3')).code, 0);
    assert.equal((await inside(room, 12, 'sysctl', '-n', 'net.ipv4.tcp_retries2')).stdout, '15');
    assert.ok(Number((await inside(room, 11, 'sysctl', '-n', 'vm.max_map_count')).stdout) >= 262_144);
  });

  it('reach each other in their VPC, and no machine in another one', async () => {
    await startWeb(room, 12);
    await startWeb(room, 13);
    await until('two', 'connected', () => knockFrom(room, 11, '10.20.0.12', 8000));
    const answer = await inside(room, 11, 'curl', '-s', 'http://10.20.0.12:8000/');
    assert.match(answer.stdout, /"host": "test-two"/);
    assert.equal((await inside(room, 11, 'ping', '-c1', '-W2', '10.20.0.12')).code, 0);
    assert.equal(await knockFrom(room, 13, '10.20.0.11', 22), 'no answer');
  });

  it('cannot send packets with the address of another machine', async () => {
    await inside(room, 11, 'ip', 'address', 'add', '10.20.0.99/32', 'dev', 'eth1');
    assert.equal((await inside(room, 11, 'ping', '-c1', '-W1', '-I', '10.20.0.99', '10.20.0.12')).code, 1);
    await inside(room, 11, 'ip', 'address', 'delete', '10.20.0.99/32', 'dev', 'eth1');
  });

  it('have no route to the Internet, and get an ICMP error at once', async () => {
    assert.equal(await knockFrom(room, 11, '192.0.2.1', 80), 'unreachable');
  });

  it('are identified by their own address when they ask for metadata', async () => {
    lab.metadataCallers.length = 0;
    assert.equal(
      (await inside(room, 12, 'curl', '-s', '-m', '3', '-X', 'PUT', 'http://169.254.169.254/v1/token')).stdout,
      'token',
    );
    assert.deepEqual(lab.metadataCallers, ['198.18.1.12']);
  });

  it('have a disk of their own size, which can become full', async () => {
    const filled = await inside(room, 12, 'sh', '-c', 'dd if=/dev/zero of=/var/big bs=1M count=2000 2>&1; rm /var/big');
    assert.match(filled.stdout, /No space left on device/);
  });

  it('have a limit of memory of their own', async () => {
    const grabbed = await inside(room, 12, 'python3', '-c', 'x=bytearray(1500*1024*1024); print(len(x))');
    assert.notEqual(grabbed.code, 0);
    assert.equal((await inside(room, 12, 'true')).code, 0);
  });
});

describe('a power cut', () => {
  it('sends nothing: no RST, no ICMP error, no FIN to open connections', async () => {
    await room.applyBalancer(
      balancer({
        vpc: { subnetId: subnet.id, address: '10.20.0.250' },
        configs: [
          balancerConfig({ nodes: [{ id: 12, address: '10.20.0.12', port: 8000, weight: 100, mode: 'accept' }] }),
        ],
      }),
    );
    await until('node 12', 'UP', async () => (await room.balancerStatus(1)).get(12));
    const peer = await open('198.18.1.12', 8000);
    const received: string[] = [];
    for (const event of ['data', 'end', 'close', 'error']) peer.on(event, () => received.push(event));
    await inside(
      room,
      11,
      'systemd-run',
      '--unit=peer',
      'python3',
      '-c',
      'import socket,time; s=socket.create_connection(("10.20.0.12",8000)); s.recv(1)',
    );
    const peers = async (): Promise<string> =>
      (await inside(room, 11, 'ss', '-Htn', 'state', 'established', 'dst', '10.20.0.12:8000')).stdout;
    await until('peer in the VPC', true, async () => (await peers()) !== '');
    const startedMs = performance.now();
    await room.powerCutMachine(12);
    assert.ok(performance.now() - startedMs < 2_000);
    assert.equal(await room.machinePower(12), 'offline');
    peer.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.deepEqual(
      await Promise.all([
        knock('198.18.1.12', 8000),
        knockFrom(room, 11, '10.20.0.12', 8000),
        knockFrom(room, 11, '198.18.1.12', 22),
      ]),
      ['no answer', 'no answer', 'no answer'],
    );
    await sleep(1_000);
    assert.deepEqual(received, []);
    assert.notEqual(await peers(), '');
    await until('node 12', 'DOWN', async () => (await room.balancerStatus(1)).get(12));
    peer.destroy();
  });

  it('leaves the disk as it was, and the machine boots again', async () => {
    await inside(room, 11, 'sh', '-c', 'echo kept >/root/note; sync');
    await room.powerCutMachine(11);
    await Promise.all([room.bootMachine(one()), room.bootMachine(two())]);
    await Promise.all([reachable(lab, '198.18.1.11'), reachable(lab, '198.18.1.12')]);
    assert.equal(await overSsh(lab, '198.18.1.11', 'cat /root/note'), 'kept');
  });

  it('also stops a machine that waits for a frozen disk', async () => {
    await room.freezeDisk(12, true);
    const init = await room.execInMachine(12, ['sh', '-c', 'echo late >/var/late']);
    const writer = hostShell.attempt(init);
    await sleep(300);
    await room.powerCutMachine(12);
    await writer;
    assert.equal(await room.machinePower(12), 'offline');
    await room.bootMachine(two());
    await reachable(lab, '198.18.1.12');
  });
});

describe('the life cycle of a machine', () => {
  it('shuts down gracefully when asked, and stops its services', async () => {
    await inside(
      room,
      12,
      'systemd-run',
      '--unit=last',
      '--property=ExecStop=/bin/sh -c "echo stopped >/root/last"',
      'sleep',
      'infinity',
    );
    await room.shutdownMachine(12);
    assert.equal(await room.machinePower(12), 'offline');
    await room.bootMachine(two());
    await reachable(lab, '198.18.1.12');
    assert.equal(await overSsh(lab, '198.18.1.12', 'cat /root/last'), 'stopped');
  });

  it('boots again after a reboot from inside, and does not answer after a power-off from inside', async () => {
    const bootId = await overSsh(lab, '198.18.1.12', 'cat /proc/1/stat | cut -d" " -f22');
    await overSsh(lab, '198.18.1.12', 'systemctl reboot');
    await until('another boot', true, async () => {
      const now = await overSsh(lab, '198.18.1.12', 'cat /proc/1/stat | cut -d" " -f22');
      return now !== undefined && now !== bootId;
    });
    await overSsh(lab, '198.18.1.12', 'systemctl poweroff');
    await until('power', 'offline', () => room.machinePower(12));
    assert.equal(await knock('198.18.1.12', 22), 'no answer');
    await room.bootMachine(two());
    await reachable(lab, '198.18.1.12');
  });

  it('does not depend on the process that started it: after its kill -9 the machine still runs', async () => {
    const spec = machineSpec(lab, 14, 'test-orphan', { address: '10.20.0.14', subnetId: subnet.id });
    const { stateDirectory, runDirectory } = lab.directories;
    const child = fork(
      join(import.meta.dirname, 'boot-one.ts'),
      [stateDirectory, runDirectory, lab.imageRoot, JSON.stringify(spec)],
      { execArgv: process.execArgv.filter((word) => !word.startsWith('--test')) },
    );
    await once(child, 'message', { signal: AbortSignal.timeout(20_000) });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await reachable(lab, '198.18.1.14');
    const restarted = lab.again();
    await restarted.open();
    assert.equal(await restarted.machinePower(14), 'running');
    await restarted.bootMachine(spec);
    assert.equal((await inside(restarted, 14, 'hostname')).stdout, 'test-orphan');
    await restarted.removeMachine(14);
    await restarted.removeMachine(14);
    assert.equal(existsSync(join(stateDirectory, 'machines/14')), false);
    room = restarted;
  });

  it('starts with a new disk and a new identity when rebuilt', async () => {
    const identity = async (): Promise<string> =>
      (await inside(room, 12, 'cat', '/etc/machine-id', '/var/lib/cloud/seed/nocloud/meta-data')).stdout;
    const old = await identity();
    await room.removeMachine(12);
    await room.createMachine(two());
    await room.createMachine(two());
    await room.bootMachine(two());
    await reachable(lab, '198.18.1.12');
    assert.notEqual(await identity(), old);
    assert.equal((await inside(room, 12, 'test', '-e', '/root/last')).code, 1);
  });
});

describe('the end of a lab', () => {
  it('by sweep after a crash leaves nothing running, even with a frozen disk', async () => {
    await room.freezeDisk(11, true);
    const removed = await sweep(lab.directories);
    assert.ok(removed.processes.length > 10);
    assert.deepEqual(removed.links, ['us-host']);
    const left = await inventory(lab.directories);
    assert.ok(isNothing(left), JSON.stringify(left));
  });

  it('lets the next one continue with the same disks', async () => {
    room = lab.again();
    await room.open();
    await room.bootMachine(one());
    await reachable(lab, '198.18.1.11');
    assert.equal(await overSsh(lab, '198.18.1.11', 'cat /root/note'), 'kept');
  });

  it('by removal leaves the host as it was before', async () => {
    await lab.close();
    assert.ok(isNothing(await inventory(lab.directories)));
    assert.equal(existsSync(lab.directories.stateDirectory), false);
    assert.deepEqual(await hostPicture(), pictureBefore);
  });
});
