// Cloud firewalls and NodeBalancers, tried on real machines.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { request } from 'undici';
import type { BalancerNodeSpec } from '../../src/region/hardware.ts';
import type { RealHardware } from '../../src/real-hardware.ts';
import {
  balancer,
  balancerConfig,
  bringUp,
  firewall,
  inside,
  knock,
  knockFrom,
  machineSpec,
  open,
  openRoom,
  refuseObstacles,
  startWeb,
  subnet,
  until,
  type Room,
} from './real-hardware-fixture.ts';

let lab: Room | undefined;
let room: RealHardware;

before(async () => {
  await refuseObstacles();
  const opened = await openRoom();
  lab = opened;
  room = opened.room;
  await room.ensureSubnet(subnet);
  await bringUp(opened, room, [
    machineSpec(opened, 11, 'test-one', { address: '10.20.0.11', subnetId: subnet.id }),
    machineSpec(opened, 12, 'test-two', { address: '10.20.0.12', subnetId: subnet.id }),
  ]);
  await startWeb(room, 12);
  await until('the web server', 'connected', () => knock('198.18.1.12', 8000));
});

after(async () => {
  await lab?.close();
});

describe('a cloud firewall', () => {
  after(async () => {
    for (const id of [1, 2]) await room.removeFirewall(id);
  });

  it('drops packets that its rules do not accept, on the public side and in the VPC, without an answer', async () => {
    assert.equal(await knock('198.18.1.12', 8000), 'connected');
    await room.applyFirewall(
      firewall({
        machineIds: [12],
        inboundPolicy: 'DROP',
        inbound: [{ action: 'ACCEPT', protocol: 'TCP', ports: '22', addresses: ['198.18.0.1/32'] }],
      }),
    );
    assert.equal(await knock('198.18.1.12', 8000), 'no answer');
    assert.equal(await knock('198.18.1.12', 22), 'connected');
    assert.equal(await knockFrom(room, 11, '10.20.0.12', 8000), 'no answer');
    assert.equal(await knockFrom(room, 11, '198.18.1.12', 22), 'no answer');
    // Its own connections go out, and their answers come in.
    assert.equal(await knockFrom(room, 12, '10.20.0.11', 22), 'connected');
  });

  it('applies the first rule that matches, at once, and keeps established connections', async () => {
    const accept = { action: 'ACCEPT', protocol: 'TCP', ports: '8000', addresses: ['0.0.0.0/0'] } as const;
    await room.applyFirewall(firewall({ machineIds: [12], inboundPolicy: 'DROP', inbound: [accept] }));
    const socket = await open('198.18.1.12', 8000);
    await room.applyFirewall(
      firewall({
        machineIds: [12],
        inboundPolicy: 'DROP',
        inbound: [{ ...accept, action: 'DROP', addresses: ['198.18.0.1'] }, accept],
      }),
    );
    assert.equal(await knock('198.18.1.12', 8000), 'no answer');
    assert.equal(await knockFrom(room, 11, '10.20.0.12', 8000), 'connected');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(3_000) })) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 200/);
    socket.destroy();
  });

  it('filters outbound packets too, but not those to the metadata service', async () => {
    await room.removeFirewall(1);
    await room.applyFirewall(firewall({ id: 2, machineIds: [11], outboundPolicy: 'DROP' }));
    assert.equal(await knockFrom(room, 11, '10.20.0.12', 8000), 'no answer');
    assert.equal(
      (await inside(room, 11, 'curl', '-s', '-m', '3', 'http://169.254.169.254/v1/instance')).stdout,
      'token',
    );
    assert.equal(await knock('198.18.1.11', 22), 'connected');
    await room.applyFirewall(firewall({ id: 2, enabled: false, machineIds: [11], outboundPolicy: 'DROP' }));
    assert.equal(await knockFrom(room, 11, '10.20.0.12', 8000), 'connected');
  });
});

describe('a balancer', () => {
  const node = (id: number, change: Partial<BalancerNodeSpec> = {}): BalancerNodeSpec => ({
    id,
    address: `10.20.0.${id}`,
    port: 8000,
    weight: 100,
    mode: 'accept',
    ...change,
  });
  const vpc = { subnetId: subnet.id, address: '10.20.0.250' };
  const spec = (nodes: readonly BalancerNodeSpec[], change = {}) =>
    balancer({ vpc, configs: [balancerConfig({ nodes, ...change })] });
  const status = async (): Promise<Record<string, string>> => Object.fromEntries(await room.balancerStatus(1));
  const get = async (
    path = '/',
  ): Promise<{ status: number; host: string; headers: Record<string, string>; connection: unknown }> => {
    const response = await request(`http://198.18.2.1${path}`, { reset: true });
    const text = await response.body.text();
    const body = text.startsWith('{')
      ? (JSON.parse(text) as { host: string; headers: Record<string, string> })
      : { host: '', headers: {} };
    return { status: response.statusCode, ...body, connection: response.headers.connection };
  };
  const hostsOf = async (count: number): Promise<readonly string[]> => {
    const hosts = new Set<string>();
    for (let index = 0; index < count; index += 1) hosts.add((await get()).host);
    return [...hosts].sort();
  };

  it('finds its nodes by their checks and spreads requests over them', async (t) => {
    await startWeb(room, 11);
    await room.applyBalancer(spec([node(11), node(12)]));
    t.diagnostic(`both UP after ${Math.round(await until('nodes', { 11: 'UP', 12: 'UP' }, status))} ms`);
    assert.deepEqual(await hostsOf(6), ['test-one', 'test-two']);
    const answer = await get();
    assert.deepEqual([answer.headers['x-forwarded-for'], answer.headers['x-forwarded-proto']], ['198.18.0.1', 'http']);
    assert.equal(answer.connection, 'close');
  });

  it('marks a node down within interval times attempts, and up again', async (t) => {
    await inside(room, 12, 'systemctl', 'stop', 'web');
    const downMs = await until('node 12', { 11: 'UP', 12: 'DOWN' }, status);
    await startWeb(room, 12);
    const upMs = await until('node 12', { 11: 'UP', 12: 'UP' }, status);
    t.diagnostic(
      `DOWN after ${Math.round(downMs)} ms, UP after ${Math.round(upMs)} ms, with checks every 2 s, 2 attempts`,
    );
    assert.ok(downMs < 2 * 2_000 + 1_500);
    assert.ok(upMs < 2 * 2_000 + 1_500);
  });

  it('marks a node down on a 500 when its check is passive too, and not otherwise', async () => {
    assert.equal((await get('/fail')).status, 500);
    assert.equal(Object.values(await status()).filter((word) => word === 'DOWN').length, 1);
    await until('nodes', { 11: 'UP', 12: 'UP' }, status);
    await room.applyBalancer(spec([node(11), node(12)], { checkPassive: false }));
    for (let index = 0; index < 4; index += 1) await get('/fail');
    assert.deepEqual(await status(), { 11: 'UP', 12: 'UP' });
  });

  it('drains, rejects and holds back without losing a request or the health state', async () => {
    const stop = new AbortController();
    const statuses: number[] = [];
    const crowd = Array.from({ length: 4 }, async () => {
      while (!stop.signal.aborted) statuses.push((await get()).status);
    });
    try {
      await room.applyBalancer(spec([node(11), node(12, { mode: 'drain' })]));
      assert.deepEqual(await status(), { 11: 'UP', 12: 'UP' });
      assert.deepEqual(await hostsOf(6), ['test-one']);
      await room.applyBalancer(spec([node(11, { mode: 'backup' }), node(12)]));
      assert.deepEqual(await hostsOf(6), ['test-two']);
      await room.applyBalancer(spec([node(11), node(12, { mode: 'reject' })]));
      assert.deepEqual([await status(), await hostsOf(6)], [{ 11: 'UP', 12: 'Unknown' }, ['test-one']]);
      await room.applyBalancer(spec([node(11), node(12)]));
      await until('both', ['test-one', 'test-two'], () => hostsOf(4));
    } finally {
      stop.abort();
    }
    await Promise.all(crowd);
    assert.ok(statuses.length > 50);
    assert.deepEqual([...new Set(statuses)], [200]);
  });

  it('keeps a client at its node by a table, also over a change of the configuration', async () => {
    await room.applyBalancer(spec([node(11), node(12)], { stickiness: 'table' }));
    assert.equal((await hostsOf(6)).length, 1);
  });

  it('is protected by a firewall', async () => {
    await room.applyFirewall(firewall({ id: 3, balancerIds: [1], inboundPolicy: 'DROP' }));
    assert.equal(await knock('198.18.2.1', 80), 'no answer');
    await room.removeFirewall(3);
    assert.equal(await knock('198.18.2.1', 80), 'connected');
  });

  it('serves TLS, refuses a configuration that HAProxy cannot serve, and keeps the earlier one', async () => {
    const made = await inside(
      room,
      11,
      'sh',
      '-c',
      'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=lab -keyout /run/key.pem -out /run/cert.pem 2>/dev/null && cat /run/cert.pem && echo SPLIT && cat /run/key.pem',
    );
    const [certificate = '', key = ''] = made.stdout.split('SPLIT\n');
    const plain = balancerConfig({ nodes: [node(11)] });
    await room.applyBalancer(
      balancer({
        vpc,
        configs: [
          plain,
          balancerConfig({
            id: 2,
            port: 443,
            protocol: 'https',
            certificate,
            key,
            nodes: [node(22, { address: '10.20.0.11' })],
          }),
        ],
      }),
    );
    await until('nodes', { 11: 'UP', 22: 'UP' }, status);
    const answer = await inside(room, 12, 'curl', '-sk', '--tls-max', '1.2', 'https://198.18.2.1/');
    assert.match(answer.stdout, /"x-forwarded-proto": "https"/);
    await assert.rejects(
      room.applyBalancer(
        balancer({
          vpc,
          configs: [balancerConfig({ protocol: 'https', certificate: 'none', key: 'none', nodes: [] })],
        }),
      ),
      { code: 'lab-balancer-refused' },
    );
    assert.equal((await get()).status, 200);
  });
});
