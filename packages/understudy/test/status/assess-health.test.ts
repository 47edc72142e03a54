import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { absent, seen as saw, unknown } from '@understudy/foundation';
import { assessHealth, statusJsonSchema, statusSchema, type HealthState } from '../../src/status/index.ts';
import {
  both,
  cluster,
  health,
  instances,
  nodes,
  own,
  ownIndex,
  searchLabels,
  silent,
  topology,
  unreached,
  well,
  type Change,
} from './changes.ts';

const rows: readonly [what: string, change: Change, verdict: HealthState, reason: RegExp | undefined][] = [
  ['everything as asked', (seen) => seen, 'healthy', undefined],
  ['yellow', own('yellow', 3), 'degraded', /yellow: 3 copies/],
  ['red', own('red', 2), 'down', /red: 2 copies of its shards are unassigned/],
  ['red for other indices alone', health({ status: 'red', unassigned_shards: 2 }), 'healthy', undefined],
  ['no list of indices names ours', ownIndex({ condition: absent }), 'unknown', /health of the index documents/],
  [
    'the blocks are not read',
    cluster({ blocks: unknown('HTTP 403', 'cluster-refused') }),
    'unknown',
    /The blocks of the cluster could not be read: HTTP 403/,
  ],
  [
    'a block without a setting',
    cluster({
      blocks: saw([{ index: undefined, setting: undefined, description: 'x', refuses: ['read'], closed: false }]),
    }),
    'down',
    /The cluster refuses read: x/,
  ],
  [
    'no index can be made',
    cluster({
      blocks: saw([
        {
          index: undefined,
          setting: 'cluster.blocks.create_index',
          description: 'x',
          refuses: ['create_index'],
          closed: false,
        },
      ]),
    }),
    'degraded',
    /The cluster refuses create_index: cluster\.blocks\.create_index/,
  ],
  [
    'a closed index of others',
    cluster({
      blocks: saw([{ index: 'other', setting: undefined, description: 'x', refuses: ['read'], closed: true }]),
    }),
    'healthy',
    undefined,
  ],
  [
    'an engine of another version',
    cluster({ versions: saw(Object.fromEntries(searchLabels.map((name) => [name, '9.4.0']))) }),
    'degraded',
    /asks for elasticsearch 9\.5\.3; what runs: demo-search-1 9\.4\.0/,
  ],
  [
    'engines of two versions',
    cluster({ versions: saw({ 'demo-search-1': '9.4.0', 'demo-search-2': '9.5.3', 'demo-search-3': '9.5.3' }) }),
    'degraded',
    /demo-search-1 9\.4\.0, demo-search-2 9\.5\.3/,
  ],
  [
    'a member that does not answer for itself',
    cluster({ versions: saw({ 'demo-search-1': '9.5.3', 'demo-search-2': '9.5.3' }) }),
    'degraded',
    /demo-search-3 is a member, but its engine/,
  ],
  [
    'no master',
    cluster({ health: unknown('HTTP 503', 'cluster-no-master'), membership: unknown('HTTP 503', 'cluster-no-master') }),
    'down',
    /no elected master/,
  ],
  ['no engine answers', silent, 'down', /does not answer/],
  ['no machine can be asked', both(silent, unreached(...searchLabels)), 'unknown', /could not be asked/],
  [
    'every search machine is off',
    both(silent, instances('offline', ...searchLabels), unreached(...searchLabels)),
    'down',
    /does not answer/,
  ],
  ['the index is gone', ownIndex({ settings: absent }), 'degraded', /index documents does not exist/],
  ['allocation limited', cluster({ allocation: saw('none') }), 'degraded', /limited to 'none'/],
  [
    'recoveries that do not begin',
    cluster({
      recoveries: saw([
        { index: 'documents', shard: 0, source: 'demo-search-1', target: 'demo-search-2', waitsMs: 412_000 },
        { index: 'documents', shard: 2, source: 'demo-search-1', target: 'demo-search-3', waitsMs: 130_000 },
      ]),
    }),
    'degraded',
    /demo-search-1 sends nothing for the recovery of documents\[0\] to demo-search-2, documents\[2\] to demo-search-3, .* up to 412 s/,
  ],
  [
    'a recovery that has just been asked for',
    cluster({
      recoveries: saw([
        { index: 'documents', shard: 0, source: 'demo-search-1', target: 'demo-search-2', waitsMs: 40_000 },
      ]),
    }),
    'healthy',
    undefined,
  ],
  ['a machine is off', instances('offline', 'demo-service-1'), 'degraded', /demo-service-1 is offline, not running/],
  [
    'a machine does not answer',
    unreached('demo-service-2'),
    'degraded',
    /demo-service-2 runs, but does not answer over SSH/,
  ],
  [
    'a machine is missing',
    (seen) => ({ ...seen, objects: { ...seen.objects, instances: seen.objects.instances.slice(1) } }),
    'degraded',
    /does not exist/,
  ],
  [
    'one backend is down',
    nodes((label) => (label === 'demo-service-1' ? { status: 'DOWN' } : {})),
    'degraded',
    /demo-service-1 is DOWN on port 80/,
  ],
  [
    'one backend drains',
    nodes((label) => (label === 'demo-service-1' ? { mode: 'drain' } : {})),
    'degraded',
    /in mode drain/,
  ],
  ['all backends are down', nodes(() => ({ status: 'DOWN' })), 'down', /no service machine that is UP/],
  ['no balancer', (seen) => ({ ...seen, objects: { ...seen.objects, balancers: [] } }), 'down', /There is no balancer/],
];

describe('the verdict and its first reason', () => {
  for (const [what, change, verdict, reason] of rows) {
    test(`${what}: ${verdict}`, () => {
      const status = assessHealth(change(well), topology);
      assert.equal(status.verdict, verdict);
      if (reason) assert.match(status.reasons[0]!, reason);
      else assert.deepEqual(status.reasons, []);
      assert.deepEqual(statusSchema.parse(status), status);
    });
  }
});

test('a status has the documented fields, and is valid under the published schema', () => {
  const status = assessHealth(well, topology);
  assert.deepEqual(
    status.balancer.urls.map((url) => url.replace(/\d+\.\d+\.\d+\.\d+/, 'ADDRESS')),
    ['http://ADDRESS'],
  );
  assert.deepEqual(
    status.balancer.nodes.map(({ name, status: seen, mode }) => ({ name, status: seen, mode })),
    [
      { name: 'demo-service-1', status: 'UP', mode: 'accept' },
      { name: 'demo-service-2', status: 'UP', mode: 'accept' },
    ],
  );
  assert.deepEqual(Object.keys(status.cluster.health!), [
    'cluster_name',
    'status',
    'timed_out',
    'number_of_nodes',
    'number_of_data_nodes',
    'active_primary_shards',
    'active_shards',
    'relocating_shards',
    'initializing_shards',
    'unassigned_shards',
    'delayed_unassigned_shards',
    'number_of_pending_tasks',
    'number_of_in_flight_fetch',
    'task_max_waiting_in_queue_millis',
    'active_shards_percent_as_number',
  ]);
  assert.equal(status.machines[0]!.addresses.vpc, '10.20.0.11');
  assert.equal(status.shards.length, 6);
  const validate = new Ajv2020({ allErrors: true }).compile(statusJsonSchema());
  assert.ok(validate(JSON.parse(JSON.stringify(status))), JSON.stringify(validate.errors));
});

test('a listener that no machine serves is the outage of its users; others may be served', () => {
  const https = { port: 443, protocol: 'https', certificate: 'self-signed' } as const;
  const listeners = [...topology.balancer.listeners, https];
  const effects = (change: Change): string[] =>
    assessHealth(change(well), { ...topology, balancer: { ...topology.balancer, listeners } })
      .findings.filter(({ id }) => id === 'balancer-empty')
      .map(({ verdict, effect }) => `${verdict}: ${effect}`);
  assert.deepEqual(
    effects((seen) => seen),
    ['down: Users are not served on port 443; on another one they are.'],
  );
  assert.deepEqual(effects(nodes(() => ({ status: 'DOWN' }))), [
    'down: Users are not served.',
    'down: Users are not served.',
  ]);
});
