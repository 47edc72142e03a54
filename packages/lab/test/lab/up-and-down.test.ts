// The whole lab on this machine: up, a region in use, a daemon killed, down without leftovers.
// Needs root, and no lab on this host.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { silentLogger, type UnderstudyError } from '@understudy/foundation';
import {
  labDown,
  labEndpoint,
  labLogs,
  labPowerCut,
  labPowerOn,
  labReset,
  labShellCommand,
  labStatus,
  labUp,
} from '../../src/index.ts';
import { inventory } from '../../src/real-hardware.ts';
import { isNothing } from '../../src/host/inventory.ts';
import { labPlaces } from '../../src/places.ts';
import { makeLabFolder } from '../../../../bin/lib/abandoned-labs.ts';

const cacheDirectory =
  process.env['UNDERSTUDY_CACHE'] ??
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'understudy');
const run = promisify(execFile);
let base = '';

before(async () => {
  // Directories of its own: this lab must not take up the state of an operator's.
  base = await makeLabFolder();
  process.env['UNDERSTUDY_LAB_STATE'] = path.join(base, 'state');
  process.env['UNDERSTUDY_LAB_RUN'] = path.join(base, 'run');
});

after(async () => {
  await labDown({ logger: silentLogger });
  await rm(base, { recursive: true, force: true });
});

async function ask<T>(method: string, url: string, body?: unknown): Promise<T> {
  const endpoint = await labEndpoint();
  const response = await fetch(`${endpoint.apiUrl}${url}`, {
    method,
    headers: { authorization: `Bearer ${endpoint.token.reveal()}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as T;
  assert.equal(response.status, 200, `${method} ${url}: ${JSON.stringify(answer)}`);
  return answer;
}

async function inside(label: string, ...words: string[]): Promise<string> {
  const [program = '', ...rest] = await labShellCommand(label, words);
  return (await run(program, rest, { timeout: 30_000, cwd: '/' })).stdout.trim();
}

async function until<T>(what: string, look: () => Promise<T | undefined>, seconds = 90): Promise<T> {
  for (let i = 0; i < seconds * 5; i += 1) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await sleep(200);
  }
  throw new Error(`${what} did not come within ${seconds} s`);
}

describe('the lab', () => {
  let balancer: { id: number; ipv4: string };
  const statusOf = async (label: string): Promise<string | undefined> =>
    (await labStatus()).machines.find((machine) => machine.label === label)?.status;

  it('starts, and a second start finds it running', async () => {
    const first = await labUp({ cacheDirectory, logger: silentLogger });
    assert.equal(first.running, true);
    const second = await labUp({ cacheDirectory, logger: silentLogger });
    assert.equal(second.pid, first.pid);
  });

  it('boots a machine with its user data, which the balancer reaches in the VPC', async () => {
    const userData = `#cloud-config
runcmd:
  - mkdir -p /srv/www
  - sh -c 'echo hello > /srv/www/index.html'
  - systemd-run --unit=web python3 -m http.server 8080 -d /srv/www
`;
    const vpc = await ask<{ subnets: { id: number }[] }>('POST', '/vpcs', {
      label: 'demo',
      region: 'us-ord',
      subnets: [{ label: 'one', ipv4: '10.20.0.0/24' }],
    });
    const subnet = vpc.subnets[0]!.id;
    const rule = { action: 'ACCEPT', protocol: 'TCP', ports: '8080', addresses: { ipv4: ['10.20.0.0/24'] } };
    const wall = await ask<{ id: number }>('POST', '/networking/firewalls', {
      label: 'wall',
      rules: { inbound: [rule], inbound_policy: 'DROP', outbound_policy: 'ACCEPT' },
    });
    await ask('POST', '/linode/instances', {
      label: 'web-1',
      region: 'us-ord',
      type: 'g6-standard-1',
      image: 'linode/debian13',
      root_pass: 'correct horse battery',
      firewall_id: wall.id,
      interface_generation: 'legacy_config',
      interfaces: [
        { purpose: 'public', primary: true },
        { purpose: 'vpc', subnet_id: subnet, ipv4: { vpc: '10.20.0.11' } },
      ],
      metadata: { user_data: Buffer.from(userData).toString('base64') },
    });
    const node = { label: 'web-1', address: '10.20.0.11:8080', subnet_id: subnet };
    balancer = await ask('POST', '/nodebalancers', {
      label: 'front',
      region: 'us-ord',
      vpcs: [{ subnet_id: subnet }],
      configs: [
        {
          port: 80,
          check: 'http',
          check_path: '/',
          check_interval: 3,
          check_timeout: 2,
          check_attempts: 2,
          nodes: [node],
        },
      ],
    });
    await until('the node', async () => {
      const { data } = await ask<{ data: { nodes_status: { up: number } }[] }>(
        'GET',
        `/nodebalancers/${balancer.id}/configs`,
      );
      return data[0]?.nodes_status.up === 1 ? true : undefined;
    });
    assert.equal(await (await fetch(`http://${balancer.ipv4}/`)).text(), 'hello\n');
    await assert.rejects(
      fetch('http://198.18.1.1:8080/', { signal: AbortSignal.timeout(1000) }),
      'the firewall lets the balancer in alone',
    );
  });

  it('gives the machine its metadata and the package repository', async () => {
    const { packageRepository } = await labEndpoint();
    const service = 'http://169.254.169.254/v1';
    const token = await inside('web-1', 'curl', '-sS', '-m', '5', '-X', 'PUT', `${service}/token`);
    assert.match(
      await inside('web-1', 'curl', '-sS', '-m', '5', '-H', `Metadata-Token: ${token}`, `${service}/instance`),
      /^label: web-1$/m,
    );
    assert.match(await inside('web-1', 'curl', '-sSf', '-m', '5', packageRepository.keyUrl), /BEGIN PGP PUBLIC KEY/);
    assert.match(await labLogs('web-1'), /Welcome to .*Debian GNU/);
  });

  it('shows a machine without power as offline, and boots it again', async () => {
    await labPowerCut('web-1');
    assert.equal(await statusOf('web-1'), 'offline');
    await labPowerOn('web-1');
    assert.equal(await statusOf('web-1'), 'running');
  });

  it('continues after a kill -9 of its daemon, and the machine runs all the time', async () => {
    const { pid } = await labEndpoint();
    const before = await inside('web-1', 'cat', '/proc/sys/kernel/random/boot_id', '/proc/1/stat');
    process.kill(pid, 'SIGKILL');
    await until('the end of the daemon', () => Promise.resolve(existsSync(`/proc/${pid}/exe`) ? undefined : true), 10);
    assert.equal((await labStatus()).running, false);
    await labUp({ cacheDirectory, logger: silentLogger });
    assert.equal(await statusOf('web-1'), 'running');
    const startOf = (text: string): string | undefined => text.split(') ')[1]?.split(' ')[19];
    assert.equal(
      startOf(await inside('web-1', 'cat', '/proc/sys/kernel/random/boot_id', '/proc/1/stat')),
      startOf(before),
    );
    assert.equal((await labEndpoint()).apiUrl, 'http://127.0.0.1:18400/v4');
  });

  it('is not ended by the removal of another lab, which was killed and left its folder', async () => {
    const own = process.env['UNDERSTUDY_LAB_STATE'];
    process.env['UNDERSTUDY_LAB_STATE'] = path.join(base, 'of-another');
    try {
      await assert.rejects(labDown({ logger: silentLogger }), (error: UnderstudyError) => {
        assert.equal(error.code, 'lab-other');
        assert.equal(error.facts['owner'], own);
        return true;
      });
    } finally {
      process.env['UNDERSTUDY_LAB_STATE'] = own;
    }
    const { running, machines } = await labStatus();
    assert.equal(running, true);
    assert.deepEqual(
      machines.map(({ status }) => status),
      ['running'],
    );
  });

  it('is empty after a reset, and still up', async () => {
    await labReset({ logger: silentLogger });
    const { running, machines, counts } = await labStatus();
    assert.deepEqual([running, machines, counts?.vpcs, counts?.balancers, counts?.firewalls], [true, [], 0, 0, 0]);
  });

  it('leaves nothing behind when it goes down', async () => {
    const places = labPlaces();
    await labDown({ logger: silentLogger });
    assert.ok(isNothing(await inventory(places)), JSON.stringify(await inventory(places)));
    assert.ok(!existsSync(places.stateDirectory) && !existsSync(places.runDirectory));
    assert.equal((await labStatus()).running, false);
  });
});
