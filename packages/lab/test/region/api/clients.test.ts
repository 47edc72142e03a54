// Linode's own clients from PyPI as users of the lab: linode-cli and linode_api4, over a region in memory.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { before, suite, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { createNetwork, openFirewall, startRegion, token, type TestRegion } from './region.ts';

const run = promisify(execFile);
const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
const venv = path.join(cache, 'understudy', 'venv-clients');
const cli = path.join(venv, 'bin', 'linode-cli');
/** Pinned, so that a failure here is a change of ours. */
const packages = ['linode-cli==5.69.0', 'linode_api4==5.48.0'];

/** Why the clients cannot be installed; undefined when they are installed. */
async function install(): Promise<string | undefined> {
  if (existsSync(cli)) return undefined;
  try {
    await run('python3', ['-m', 'venv', venv]);
    await run(path.join(venv, 'bin', 'pip'), ['install', '--quiet', ...packages], { timeout: 300_000 });
    return undefined;
  } catch (error) {
    await rm(venv, { recursive: true, force: true });
    return `linode-cli and linode_api4 could not be installed with python3 and pip: ${String(error).slice(0, 300)}`;
  }
}

suite('the clients of Linode', () => {
  let missing: string | undefined;
  before(async () => {
    missing = await install();
  });

  test('linode_api4 creates, changes and deletes every kind of object', async (t) => {
    if (missing !== undefined) return t.skip(missing);
    const region = await startRegion(t, { speed: 2000 });
    const script = path.join(import.meta.dirname, 'life_cycles.py');
    const { stdout } = await run(path.join(venv, 'bin', 'python'), [script, `${region.url}/v4`, token], {
      timeout: 120_000,
    });
    assert.equal(stdout.trim(), 'every life cycle done');
  });

  test('linode-cli creates, lists, changes, reboots and deletes an instance', async (t) => {
    if (missing !== undefined) return t.skip(missing);
    const { region, ask, one } = await withCli(t);
    const made = await one(
      'linodes',
      'create',
      '--region',
      'us-ord',
      '--type',
      'g6-nanode-1',
      '--image',
      'linode/debian13',
      '--root_pass',
      'correct horse battery',
      '--label',
      'cli-1',
      '--tags',
      'cli-demo',
    );
    assert.equal(made['status'], 'provisioning');
    await region.api.settled();
    const id = String(made['id']);
    assert.deepEqual(
      (await ask('linodes', 'list', '--label', 'cli-1')).map((m) => [m['id'], m['status']]),
      [[made['id'], 'running']],
    );
    await ask('linodes', 'update', id, '--label', 'cli-2');
    await ask('linodes', 'reboot', id);
    await region.api.settled();
    assert.equal((await ask('linodes', 'view', id))[0]?.['label'], 'cli-2');
    await ask('linodes', 'delete', id);
    await region.api.settled();
    assert.deepEqual(await ask('linodes', 'list'), []);
    const actions = (await ask('events', 'list')).map(
      (event) => `${String(event['action'])} ${String(event['status'])}`,
    );
    for (const action of ['linode_create', 'linode_boot', 'linode_reboot', 'linode_delete'])
      assert.ok(actions.includes(`${action} finished`), action);
  });

  test('linode-cli creates and deletes a VPC, a firewall, a placement group and a NodeBalancer with a backend in the VPC', async (t) => {
    if (missing !== undefined) return t.skip(missing);
    const { ask, one } = await withCli(t);
    const vpc = await one(
      'vpcs',
      'create',
      '--label',
      'cli-vpc',
      '--region',
      'us-ord',
      '--subnets.label',
      'one',
      '--subnets.ipv4',
      '10.50.0.0/24',
    );
    const subnet = (vpc['subnets'] as { id: number }[])[0]!.id;
    const rules = JSON.stringify([
      { action: 'ACCEPT', protocol: 'TCP', ports: '80', addresses: { ipv4: ['0.0.0.0/0'] } },
    ]);
    const wall = await one(
      'firewalls',
      'create',
      '--label',
      'cli-wall',
      '--rules.inbound',
      rules,
      '--rules.inbound_policy',
      'DROP',
      '--rules.outbound_policy',
      'ACCEPT',
    );
    const group = await one(
      'placement',
      'group-create',
      '--label',
      'cli-group',
      '--region',
      'us-ord',
      '--placement_group_type',
      'anti_affinity:local',
      '--placement_group_policy',
      'flexible',
    );
    const balancer = await one(
      'nodebalancers',
      'create',
      '--region',
      'us-ord',
      '--label',
      'cli-balancer',
      '--vpcs.subnet_id',
      String(subnet),
      '--firewall_id',
      String(wall['id']),
    );
    const id = String(balancer['id']);
    const config = await one(
      'nodebalancers',
      'config-create',
      id,
      '--port',
      '80',
      '--check',
      'connection',
      '--check_interval',
      '5',
      '--check_timeout',
      '3',
    );
    await ask(
      'nodebalancers',
      'node-create',
      id,
      String(config['id']),
      '--label',
      'node-1',
      '--address',
      '10.50.0.11:80',
      '--subnet_id',
      String(subnet),
    );
    assert.equal((await ask('nodebalancers', 'nodes-list', id, String(config['id'])))[0]?.['address'], '10.50.0.11:80');
    assert.equal((await ask('firewalls', 'devices-list', String(wall['id']))).length, 1);
    await ask('nodebalancers', 'delete', id);
    await ask('firewalls', 'delete', String(wall['id']));
    await ask('placement', 'group-delete', String(group['id']));
    await ask('vpcs', 'delete', String(vpc['id']));
    assert.deepEqual(await ask('vpcs', 'list'), []);
  });

  test('linode-cli changes each of them, and lists by page and filter', async (t) => {
    if (missing !== undefined) return t.skip(missing);
    const { region, ask, one } = await withCli(t);
    const { vpcId, subnetId } = await createNetwork(region);
    const wall = await region.ok<{ id: number }>('POST', '/networking/firewalls', {
      label: 'cli-wall',
      rules: openFirewall,
    });
    const group = await region.ok<{ id: number }>('POST', '/placement/groups', {
      label: 'cli-group',
      region: 'us-ord',
      placement_group_type: 'anti_affinity:local',
      placement_group_policy: 'flexible',
    });
    const balancer = await region.ok<{ id: number }>('POST', '/nodebalancers', { region: 'us-ord', label: 'cli-nb' });
    const configs = `/nodebalancers/${balancer.id}/configs`;
    const config = await region.ok<{ id: number }>('POST', configs, { port: 80 });
    const changes: [string[], string, unknown][] = [
      [['vpcs', 'update', `${vpcId}`, '--description', 'changed'], 'description', 'changed'],
      [['vpcs', 'subnet-update', `${vpcId}`, `${subnetId}`, '--label', 'renamed'], 'label', 'renamed'],
      [['firewalls', 'update', `${wall.id}`, '--status', 'disabled'], 'status', 'disabled'],
      [['placement', 'group-update', `${group.id}`, '--label', 'renamed'], 'label', 'renamed'],
      [['nodebalancers', 'update', `${balancer.id}`, '--label', 'renamed'], 'label', 'renamed'],
      [
        ['nodebalancers', 'config-update', `${balancer.id}`, `${config.id}`, '--algorithm', 'source'],
        'algorithm',
        'source',
      ],
    ];
    for (const [words, field, value] of changes) assert.equal((await one(...words))[field], value, words.join(' '));
    for (let i = 0; i < 30; i += 1) await region.ok('POST', '/tags', { label: `tag-${i}` });
    assert.equal((await ask('tags', 'list', '--page-size', '25')).length, 25);
    assert.equal((await ask('tags', 'list', '--page-size', '25', '--page', '2')).length, 5);
    assert.equal((await ask('tags', 'list', '--all-rows')).length, 30);
    assert.equal((await ask('firewalls', 'list', '--label', 'cli-wall')).length, 1);
    assert.equal((await ask('firewalls', 'list', '--label', 'other-wall')).length, 0);
  });

  test('linode-cli shows the reasons of refusals', async (t) => {
    if (missing !== undefined) return t.skip(missing);
    const { region, ask } = await withCli(t);
    await createNetwork(region, 'taken');
    const instance = ['linodes', 'create', '--root_pass', 'correct horse battery', '--image', 'linode/debian13'];
    const refusals: [string[], RegExp][] = [
      [
        ['vpcs', 'create', '--label', 'not allowed', '--region', 'us-ord'],
        /Must only use ASCII letters, numbers, and underscores/,
      ],
      [['vpcs', 'create', '--label', 'taken', '--region', 'us-ord'], /Label must be unique among your VPCs/],
      [[...instance, '--region', 'mars-1', '--type', 'g6-nanode-1'], /region is not valid/],
      [[...instance, '--region', 'us-ord', '--type', 'g6-nanode-1', '--label', 'ab'], /Length must be 3-64 characters/],
      [['nodebalancers', 'create', '--region', 'us-ord', '--client_conn_throttle', '21'], /Must be between 0 and 20/],
    ];
    for (const [words, reason] of refusals) await assert.rejects(ask(...words), reason, words.join(' '));
  });
});

type Row = Record<string, unknown>;

interface CliRegion {
  readonly region: TestRegion;
  /** The rows that a command prints. */
  readonly ask: (...words: string[]) => Promise<Row[]>;
  /** The one row that a command prints. */
  readonly one: (...words: string[]) => Promise<Row>;
}

async function withCli(t: TestContext): Promise<CliRegion> {
  const region = await startRegion(t, { speed: 2000 });
  const folder = await mkdtemp(path.join(tmpdir(), 'understudy-cli-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const env = {
    ...process.env,
    LINODE_CLI_API_HOST: region.url.replace('http://', ''),
    LINODE_CLI_API_SCHEME: 'http',
    LINODE_CLI_TOKEN: token,
    LINODE_CLI_CONFIG: path.join(folder, 'config'),
  };
  const ask = async (...words: string[]): Promise<Row[]> => {
    const { stdout } = await run(cli, ['--suppress-warnings', '--no-defaults', '--json', ...words], {
      env,
      timeout: 60_000,
    });
    return stdout.trim() === '' ? [] : (JSON.parse(stdout) as Row[]);
  };
  const one = async (...words: string[]): Promise<Row> => {
    const rows = await ask(...words);
    assert.equal(rows.length, 1, words.join(' '));
    return rows[0]!;
  };
  return { region, ask, one };
}
