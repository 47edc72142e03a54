// A real HAProxy with the lab's configuration, reloaded as the lab does it: what was known of a node's health is not forgotten by a change
// of modes, of the check, or of the list of nodes. Skipped where there is no HAProxy.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderBalancer } from '../../src/balancer/config.ts';
import { askHaproxy } from '../../src/balancer/runtime-socket.ts';
import { keptState } from '../../src/balancer/server-state.ts';
import { parseStatus } from '../../src/balancer/status.ts';
import { ended } from '../../../service/test/harness/engine.ts';
import { freePort } from '../../../service/test/harness/free-port.ts';
import type { BalancerConfigSpec, BalancerNodeSpec, BalancerSpec } from '../../src/region/hardware.ts';

const skip = spawnSync('haproxy', ['-v']).status === 0 ? false : 'there is no HAProxy here';
let directory = '';
let frontPort = 0;
let servers: Server[] = [];
let proxy: ReturnType<typeof spawn>;
let proxySaid = '';

async function listening(): Promise<Server> {
  const server = createHttpServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
const portOf = (server: Server | undefined): number => (server?.address() as AddressInfo).port;

function node(id: number, port: number, mode: BalancerNodeSpec['mode'] = 'accept'): BalancerNodeSpec {
  return { id, address: '127.0.0.1', port, weight: 100, mode };
}

let spec: BalancerSpec;

async function configure(nodes: readonly BalancerNodeSpec[], change: Partial<BalancerConfigSpec> = {}): Promise<void> {
  const config: BalancerConfigSpec = {
    ...{ id: 4, port: frontPort, protocol: 'http', algorithm: 'leastconn', stickiness: 'none', check: 'http' },
    ...{ checkIntervalS: 2, checkTimeoutS: 1, checkAttempts: 2, checkPath: '/', checkBody: '', checkPassive: true },
    ...{ proxyProtocol: 'none', cipherSuite: 'recommended', nodes },
    ...change,
  };
  const files = {
    statsSocket: join(directory, 'stats.sock'),
    stateFile: join(directory, 'servers.state'),
    certificate: () => '',
  };
  spec = { id: 1, address: '127.0.0.1', clientConnThrottle: 0, configs: [config] };
  const text = renderBalancer(spec, files);
  await writeFile(join(directory, 'haproxy.cfg'), text);
}

const ask = (question: string): Promise<string> => askHaproxy(join(directory, 'stats.sock'), question);
const workerPid = async (): Promise<string | undefined> =>
  /^Pid: (\d+)/m.exec(await ask('show info').catch(() => ''))?.[1];

async function reload(): Promise<void> {
  const old = await workerPid();
  await writeFile(join(directory, 'servers.state'), keptState(await ask('show servers state'), spec).text);
  let now = old;
  // As the lab does: a signal that comes while an earlier reload still ends may be lost.
  for (let tries = 0; now === undefined || now === old; tries += 1) {
    assert.ok(tries < 1500, `no new worker: ${proxySaid}`);
    if (tries % 50 === 0) proxy.kill('SIGUSR2');
    await sleep(20);
    now = await workerPid();
  }
}

async function status(): Promise<(string | undefined)[]> {
  const known = parseStatus(await ask('show stat'), new Map());
  return [1, 2, 3].map((id) => known.get(id));
}

before(async () => {
  if (skip !== false) return;
  directory = await mkdtemp(join(tmpdir(), 'understudy-reload-'));
  frontPort = await freePort();
  servers = [await listening(), await listening()];
  await writeFile(join(directory, 'servers.state'), '1\n');
  const [one, two] = servers;
  await configure([node(1, portOf(one)), node(2, portOf(two)), node(3, 1)]);
  proxy = spawn('haproxy', ['-W', '-f', join(directory, 'haproxy.cfg')], { stdio: ['ignore', 'ignore', 'pipe'] });
  proxy.stderr?.on('data', (chunk: Buffer) => (proxySaid += chunk.toString()));
  for (let tries = 0; (await status().catch(() => [])).join() !== 'UP,UP,DOWN'; tries += 1) {
    assert.equal(proxy.exitCode, null, proxySaid);
    assert.ok(tries < 300, `the nodes were not checked: ${(await status().catch(String)).toString()} ${proxySaid}`);
    await sleep(100);
  }
});

after(async () => {
  if (skip !== false) return;
  await ended(proxy);
  for (const server of servers) server.close();
  await rm(directory, { recursive: true, force: true });
});

const changes: readonly [what: string, mode: BalancerNodeSpec['mode'], Partial<BalancerConfigSpec>][] = [
  ['a node is drained', 'drain', {}],
  ['it accepts again', 'accept', {}],
  ['another interval and more attempts', 'accept', { checkIntervalS: 30, checkAttempts: 5 }],
  ['fewer attempts, and no passive check', 'accept', { checkIntervalS: 20, checkAttempts: 1, checkPassive: false }],
  ['another kind of check', 'accept', { check: 'connection', checkIntervalS: 30 }],
];
for (const [what, mode, change] of changes) {
  test(`what was UP or DOWN stays so at once after a change: ${what}`, { skip }, async () => {
    const [one, two] = servers;
    await configure([node(1, portOf(one)), node(2, portOf(two), mode), node(3, 1)], change);
    await reload();
    assert.deepEqual(await status(), ['UP', 'UP', 'DOWN']);
  });
}

test(
  'a node with another port is asked there after the reload, and what was known of it is forgotten',
  { skip },
  async () => {
    const [one, two] = servers;
    const moved = await listening();
    let asked = 0;
    moved.on('request', () => (asked += 1));
    await configure([node(1, portOf(one)), node(2, portOf(moved)), node(3, 1)]);
    assert.deepEqual(keptState(await ask('show servers state'), spec).moved, [2]);
    await reload();
    assert.ok((await ask('show servers state')).includes(` ${portOf(moved)} `));
    for (let tries = 0; asked === 0 && tries < 20; tries += 1) {
      await fetch(`http://127.0.0.1:${frontPort}/`);
      await sleep(50);
    }
    moved.close();
    assert.ok(asked > 0);
    await configure([node(1, portOf(one)), node(2, portOf(two)), node(3, 1)]);
    await reload();
  },
);
