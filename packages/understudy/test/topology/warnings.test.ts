// Values that do not fit where the topology is to be built are told with a stable id, the field, its line and what to write.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  exampleTopology,
  parseTopology,
  topologyWarnings,
  TopologyError,
  type Warning,
} from '../../src/topology/index.ts';

const parse = (text: string) => parseTopology(text, { path: 'topology.yaml' });
const linode = { name: 'linode' } as const;
const lab = { name: 'lab', memoryMb: 16_384 } as const;
const own = '8.8.8.8/32';

const onLinode = (search: string, rest = '', network = own) =>
  topologyWarnings(
    parse(`name: demo\nregion: us-ord\nsearch: { ${search} }\naccess: { adminNetworks: [${network}] }\n${rest}`),
    linode,
  );
const named = (warnings: readonly Warning[]) => warnings.map(({ id, field, line, saw }) => [id, field, line, saw]);

test('the example for a target has no warning there, and those of the example for the other target', () => {
  assert.deepEqual(topologyWarnings(parse(exampleTopology()), lab), []);
  const forLinode = exampleTopology({ target: 'linode', adminNetwork: own });
  assert.deepEqual(topologyWarnings(parse(forLinode), linode), []);
  assert.deepEqual(
    topologyWarnings(parse(exampleTopology()), linode).map(({ id }) => id),
    [
      'heap-small-for-machine',
      'admin-network-lab-only',
      'certificate-self-signed',
      'goals-of-the-lab',
      'goals-of-the-lab',
      'goals-of-the-lab',
    ],
  );
  assert.deepEqual(
    topologyWarnings(parse(forLinode), lab).map(({ id }) => id),
    ['heap-above-host', 'admin-network-misses-lab'],
  );
});

test('the example for Linode is refused until the address is filled in, at its line', () => {
  const text = exampleTopology({ target: 'linode' });
  const line = text.split('\n').findIndex((row) => row.includes('YOUR-ADDRESS')) + 1;
  assert.throws(
    () => parse(text),
    (error) => {
      assert.ok(error instanceof TopologyError);
      const [problem, ...more] = error.problems;
      assert.deepEqual([problem?.field, problem?.line, more], ['access.adminNetworks.0', line, []]);
      assert.match(problem?.remedy ?? '', /your own public address .* in place of YOUR-ADDRESS/);
      return true;
    },
  );
  assert.equal(parse(text.replace('YOUR-ADDRESS', '8.8.8.8')).search.heapMb, 4096);
});

test('on Linode, a heap below a quarter of the memory gives a warning with the default value, a quarter does not', () => {
  const [warning, ...more] = onLinode('version: 9.5.3, heap: 512m');
  assert.deepEqual(more, []);
  assert.deepEqual(warning, {
    id: 'heap-small-for-machine',
    field: 'search.heap',
    line: 3,
    column: 33,
    saw: '512m',
    message: 'g6-standard-4 has 8192 MB, of which the engine would use less than a quarter',
    remedy: 'remove the line for 4096m, half of the machine',
  });
  assert.deepEqual(onLinode('version: 9.5.3, heap: 2g'), []);
  assert.deepEqual(onLinode('version: 9.5.3, machineType: g9-new-4, heap: 512m'), [], 'nothing is known of that type');
});

test('networks that cannot reach a machine of Linode give a warning, each with its position', () => {
  const networks = `198.18.0.1/32, ${own}, 198.51.100.0/24, 192.168.1.0/24, 100.64.0.0/10`;
  assert.deepEqual(named(onLinode('version: 9.5.3', '', networks)), [
    ['admin-network-lab-only', 'access.adminNetworks.0', 4, '198.18.0.1/32'],
    ['admin-network-example', 'access.adminNetworks.2', 4, '198.51.100.0/24'],
    ['admin-network-private', 'access.adminNetworks.3', 4, '192.168.1.0/24'],
    ['admin-network-private', 'access.adminNetworks.4', 4, '100.64.0.0/10'],
  ]);
  assert.deepEqual(onLinode('version: 9.5.3', '', '198.0.0.0/8'), [], 'a wide range that has more than these');
});

test('on Linode, a version newer than any tested one gives a warning', () => {
  assert.deepEqual(named(onLinode('version: 9.99.0')), [['version-untried', 'search.version', 3, '9.99.0']]);
  for (const known of ['version: 9.5.9', 'version: 8.19.21', 'engine: opensearch, version: 3.4.0'])
    assert.deepEqual(onLinode(known), [], known);
  assert.deepEqual(named(onLinode('engine: opensearch, version: 3.9.0'))[0]?.[0], 'version-untried');
});

test('an asynchronous translog gives a warning on both targets', () => {
  const expected = [['durability-async', 'search.index.durability', 3, 'async']];
  assert.deepEqual(named(onLinode('version: 9.5.3, index: { durability: async }')), expected);
  const text = exampleTopology().replace('    replicas: 1', '    replicas: 1\n    durability: async');
  const [warning] = topologyWarnings(parse(text), lab);
  assert.deepEqual([warning?.id, /acknowledged.*lose/.test(warning?.message ?? '')], ['durability-async', true]);
});

test('on Linode, a self-signed certificate gives a warning, for each listener', () => {
  const listeners =
    'balancer:\n  listeners:\n    - { port: 80 }\n    - { port: 443, protocol: https, certificate: self-signed }\n';
  assert.deepEqual(named(onLinode('version: 9.5.3', listeners)), [
    ['certificate-self-signed', 'balancer.listeners.1.certificate', 8, 'self-signed on port 443'],
  ]);
});

test('on Linode, the goals of the lab give a warning, other goals do not', () => {
  const goals = (write: number) =>
    `drills:\n  goals:\n    search-stop: { longestReadGapMs: 1500, longestWriteGapMs: ${write} }\n`;
  assert.deepEqual(named(onLinode('version: 9.5.3', goals(3000)))[0]?.slice(0, 3), [
    'goals-of-the-lab',
    'drills.goals.search-stop',
    7,
  ]);
  assert.deepEqual(onLinode('version: 9.5.3', goals(3001)), []);
});

test('in the lab, heaps that exceed the memory of this host and networks without this host give a warning', () => {
  const text = (heap: string, networks: string) =>
    `name: demo\nregion: us-ord\nsearch: { version: 9.5.3${heap} }\naccess: { adminNetworks: [${networks}] }\n`;
  assert.deepEqual(named(topologyWarnings(parse(text('', own)), lab)), [
    ['heap-above-host', 'search.heap', 3, '4096m on each of 3 machines'],
    ['admin-network-misses-lab', 'access.adminNetworks', 4, own],
  ]);
  assert.deepEqual(topologyWarnings(parse(text(', heap: 512m', `${own}, 198.18.0.0/24`)), lab), []);
});

test("an application of one's own: that the passive check is off is told on both targets, until the file says either", () => {
  const text = (check: string) =>
    `name: demo\nregion: us-ord\nsearch: { version: 9.5.3, heap: 2g }\naccess: { adminNetworks: [${own}, 198.18.0.1/32] }\n` +
    `service: { artifact: ./app, command: [./start] }\nbalancer: { check: {${check}} }\n`;
  const told = (check: string, target: typeof lab | typeof linode) =>
    topologyWarnings(parse(text(check)), target).filter(({ id }) => id === 'passive-check-off');
  for (const target of [lab, linode]) {
    const [warning] = told('', target);
    assert.deepEqual([warning?.field, warning?.line], ['balancer.check.passive', 6]);
    assert.match(warning?.remedy ?? '', /passive: false to keep it so, or passive: true/);
    assert.deepEqual([told('passive: false', target), told('passive: true', target)], [[], []]);
  }
});

test('each index that acknowledges early is told, by its place', () => {
  const indices = 'version: 9.5.3, heap: 2g, indices: [{ name: a }, { name: b, durability: async }]';
  assert.deepEqual(named(onLinode(indices)), [['durability-async', 'search.indices.1.durability', 3, 'async']]);
});
