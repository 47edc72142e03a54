// `init` writes a file that fits the target: the one that is named, else that of UNDERSTUDY_TARGET, else the lab's.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { exampleTopology, parseTopology, topologyJsonSchema, topologyWarnings } from '../../src/topology/index.ts';

const cli = resolve(import.meta.dirname, '../../src/cli/main.ts');

function init(words: readonly string[], target?: string) {
  const args = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning', cli, 'init', ...words];
  const env = { ...process.env, UNDERSTUDY_TARGET: target };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('the values depend on the target, and the option has precedence over the environment', () => {
  const lab = `${exampleTopology({ target: 'lab' }).trimEnd()}\n`;
  const linode = `${exampleTopology({ target: 'linode' }).trimEnd()}\n`;
  assert.equal(init([]).stdout, lab);
  assert.equal(init([], 'linode').stdout, linode);
  assert.equal(init(['--target', 'lab'], 'linode').stdout, lab);
  assert.equal(init(['--target', 'linode']).stdout, linode);
});

test('an unknown target is a usage error that names its source', () => {
  assert.deepEqual(init(['--target', 'moon']), {
    status: 64,
    stdout: '',
    stderr: "error: --target: saw 'moon'; allowed lab, linode.\n",
  });
  assert.match(init([], 'moon').stderr, /UNDERSTUDY_TARGET: saw 'moon'/);
});

test('with --admin-network, the file for Linode is complete and has no warning', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-init-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'topology.yaml');
  const { status, stderr } = init([file, '--target', 'linode', '--admin-network', '8.8.8.8/32']);
  assert.equal(status, 0, stderr);
  const schema = JSON.parse(readFileSync(join(folder, 'topology.schema.json'), 'utf8')) as unknown;
  assert.deepEqual(schema, topologyJsonSchema());
  assert.match(readFileSync(file, 'utf8'), /^# yaml-language-server: \$schema=\.\/topology\.schema\.json\n/);
  assert.match(stderr, /understudy plan .*topology\.yaml --target linode/);
  const topology = parseTopology(readFileSync(file, 'utf8'), { path: file });
  assert.deepEqual(topology.access.adminNetworks, ['8.8.8.8/32']);
  assert.deepEqual(topologyWarnings(topology, { name: 'linode' }), []);
});

test('an invalid network is refused with the message of the field, and no file is written', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-init-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [network, says] of [
    ['8.8.8.8', /--admin-network: saw "8\.8\.8\.8"; allowed an IPv4 range/],
    ['0.0.0.0/0', /--admin-network: saw "0\.0\.0\.0\/0"; .*whole Internet/],
    ['8.8.8.8/24', /allowed 8\.8\.8\.0\/24/],
  ] as const) {
    const { status, stderr } = init([join(folder, 'topology.yaml'), '--admin-network', network]);
    assert.equal(status, 64);
    assert.match(stderr, says);
  }
  assert.throws(() => readFileSync(join(folder, 'topology.yaml')));
});
