// What a topology file becomes: defaults, resolved paths, machines with their addresses and groups, the published schema.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse as parseYaml } from 'yaml';
import {
  exampleTopology,
  machinePlans,
  parseTopology,
  placementGroupLabels,
  topologyJsonSchema,
} from '../../src/topology/index.ts';
import { badTopologies, smallest } from './bad-topologies.ts';

const packageRoot = new URL('../../', import.meta.url);
const parse = (text: string) => parseTopology(text, { path: '/srv/topologies/demo.yaml' });

test('four lines are a whole topology: every default is filled in', () => {
  const documents = {
    ...{ name: 'documents', shards: 3, replicas: 1, durability: 'request', aliases: [] },
    template: { from: 'built-in' },
  };
  assert.deepEqual(parse(smallest), {
    name: 'demo',
    region: 'us-ord',
    image: 'linode/debian13',
    network: { range: '10.20.0.0/24', balancerRange: '10.20.0.248/30' },
    search: {
      engine: 'elasticsearch',
      version: '9.5.3',
      nodes: 3,
      machineType: 'g6-standard-4',
      heapMb: 4096,
      failover: 'fast',
      security: 'on',
      index: documents,
      indices: [documents],
    },
    service: {
      runtime: 'node',
      artifact: 'builtin',
      auth: 'keys',
      command: ['bin/node', 'service.mjs'],
      instances: 2,
      machineType: 'g6-standard-2',
      workers: 2,
      port: 5000,
      healthPath: '/healthz',
      startS: 60,
      stopS: 40,
      rollout: { maxUnavailable: 1, drainS: 30, steadyS: 5, canaryS: 10, paths: [] },
      gateway: 'off',
      environment: {},
      secrets: {},
    },
    balancer: {
      listeners: [{ port: 80, protocol: 'http' }],
      backends: 'vpc',
      algorithm: 'leastconn',
      stickiness: 'none',
      allow: ['0.0.0.0/0', '::/0'],
      connectionsPerSecond: 0,
      check: {
        type: 'http',
        path: '/healthz',
        intervalS: 3,
        timeoutS: 2,
        attempts: 2,
        passive: true,
        passiveGiven: false,
      },
    },
    access: { sshKeys: [], adminNetworks: ['203.0.113.7/32'] },
    placement: { policy: 'strict' },
    drills: { goals: {}, snapshot: { maxAgeHours: 24 }, allowSelfPowerCut: false },
  });
});

test('heaps are read in m and g, and half of the memory of a big machine is limited to 31g', () => {
  const heapOf = (rest: string) => parse(smallest.replace('9.5.3', `9.5.3, ${rest}`)).search.heapMb;
  assert.equal(heapOf('heap: 512m'), 512);
  assert.equal(heapOf('heap: 2G'), 2048);
  assert.equal(heapOf('machineType: g6-standard-32'), 31 * 1024);
  assert.equal(heapOf('machineType: g9-new-8, heap: 30g'), 30 * 1024);
});

test('the check requests the health path of the service unless it has a path of its own', () => {
  assert.equal(parse(`${smallest}service: { healthPath: /live }\n`).balancer.check.path, '/live');
  assert.equal(parse(`${smallest}balancer: { check: { path: /ping } }\n`).balancer.check.path, '/ping');
});

test('relative paths are resolved from the folder of the file; complete public keys are not changed', () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== someone@example';
  const topology = parse(`name: demo
region: us-ord
search: { version: 9.5.3 }
service:
  runtime: python
  artifact: ../service-python
  command: [gunicorn, -w, "{workers}", app:app]
  environment: { DEADLINE_MS: 5000, DEBUG: false }
balancer:
  listeners:
    - { port: 443, protocol: https, certificate: { certPath: tls/chain.pem, keyPath: /etc/tls/key.pem } }
access:
  adminNetworks: [203.0.113.7/32]
  sshKeys: [keys/me.pub, ~/.ssh/id_ed25519.pub, "${key}"]
`);
  assert.equal(topology.service.artifact, '/srv/service-python');
  assert.deepEqual(topology.service.environment, { DEADLINE_MS: '5000', DEBUG: 'false' });
  assert.deepEqual(topology.balancer.listeners[0]?.certificate, {
    certPath: '/srv/topologies/tls/chain.pem',
    keyPath: '/etc/tls/key.pem',
  });
  assert.deepEqual(topology.access.sshKeys, ['/srv/topologies/keys/me.pub', `${homedir()}/.ssh/id_ed25519.pub`, key]);
});

test('anchors and merge keys work', () => {
  const topology = parse(`${smallest}balancer:
  listeners:
    - &web { port: 80, protocol: http }
    - { <<: *web, port: 8080 }
`);
  assert.deepEqual(topology.balancer.listeners, [
    { port: 80, protocol: 'http' },
    { port: 8080, protocol: 'http' },
  ]);
});

test('machines have fixed labels, addresses and groups', () => {
  assert.deepEqual(
    machinePlans(parse(smallest)).map(({ label, role, vpcAddress, placementGroup }) => [
      label,
      role,
      vpcAddress,
      placementGroup,
    ]),
    [
      ['demo-search-1', 'search', '10.20.0.11', 'demo-search'],
      ['demo-search-2', 'search', '10.20.0.12', 'demo-search'],
      ['demo-search-3', 'search', '10.20.0.13', 'demo-search'],
      ['demo-service-1', 'service', '10.20.0.31', 'demo-service'],
      ['demo-service-2', 'service', '10.20.0.32', 'demo-service'],
    ],
  );
});

test('five hundred machines fit a /22 and spread over groups of five; adding a machine moves no other', () => {
  const large = (instances: number) =>
    parse(`name: demo
region: us-ord
search: { version: 9.5.3, nodes: 249 }
service: { instances: ${instances} }
placement: { policy: flexible }
network: { range: 10.20.0.0/22 }
access: { adminNetworks: [203.0.113.7/32] }
`);
  const plans = machinePlans(large(251));
  assert.equal(plans.length, 500);
  assert.equal(plans[249]?.vpcAddress, '10.20.2.11');
  assert.deepEqual(placementGroupLabels(large(11), 'service'), [
    'demo-service',
    'demo-service-group-2',
    'demo-service-group-3',
  ]);
  const sizes = Map.groupBy(plans, ({ placementGroup }) => placementGroup);
  assert.ok([...sizes.values()].every((machines) => machines.length <= 5));
  assert.deepEqual(machinePlans(large(252)).slice(0, 500), plans);
});

test('the example is accepted, and the file in examples/ is the one that init writes', () => {
  const committed = readFileSync(new URL('../../examples/topology.yaml', packageRoot), 'utf8');
  assert.equal(committed, exampleTopology({ schema: '../packages/understudy/schema/topology.schema.json' }));
  const topology = parse(committed);
  assert.equal(topology.search.heapMb, 512);
  assert.deepEqual(topology.access.adminNetworks, ['198.18.0.1/32']);
  assert.deepEqual(topology.balancer.listeners, [
    { port: 80, protocol: 'http' },
    { port: 443, protocol: 'https', certificate: 'self-signed' },
  ]);
});

test('the example with OpenSearch is that with Elasticsearch but for name, engine and version', () => {
  const read = (name: string) => parse(readFileSync(new URL(`../../examples/${name}`, packageRoot), 'utf8'));
  const usual = read('topology.yaml');
  const other = read('topology-opensearch.yaml');
  assert.equal(other.search.engine, 'opensearch');
  const { engine, version } = other.search;
  assert.deepEqual(other, {
    ...usual,
    name: other.name,
    search: { ...usual.search, engine, version },
  });
});

test('the published JSON Schema is the one that the code generates', () => {
  const committed: unknown = JSON.parse(readFileSync(new URL('schema/topology.schema.json', packageRoot), 'utf8'));
  assert.deepEqual(committed, JSON.parse(JSON.stringify(topologyJsonSchema())));
});

test('an editor with the JSON Schema accepts the example and marks misspelt fields', () => {
  const validate = new Ajv2020({ strict: false }).compile(topologyJsonSchema());
  assert.equal(validate(parseYaml(exampleTopology())), true);
  assert.equal(validate(parseYaml(smallest)), true);
  const misspelt = badTopologies.find(({ title }) => title === 'a misspelt field below')!;
  assert.equal(validate(parseYaml(misspelt.text)), false);
});

test('every field of the JSON Schema has a description', () => {
  const undescribed: string[] = [];
  const visit = (schema: Record<string, unknown>, path: string): void => {
    for (const [name, inner] of Object.entries(
      (schema['properties'] ?? {}) as Record<string, Record<string, unknown>>,
    )) {
      // The two paths of a certificate are described by the certificate.
      if (inner['description'] === undefined && !/certificate/.test(path)) undescribed.push(`${path}.${name}`);
      visit(inner, `${path}.${name}`);
    }
  };
  visit(topologyJsonSchema(), '');
  assert.deepEqual(undescribed, []);
});

const own = `${smallest}service: { artifact: ./app, command: [./start] }\n`;
const withSearch = (text: string, rest: string) => text.replace('9.5.3', `9.5.3, ${rest}`);

test("an application of one's own is put out by no failed request and given no mapping, unless the file says so", () => {
  const defaults = parse(own);
  assert.deepEqual([defaults.balancer.check.passive, defaults.search.index.template], [false, { from: 'none' }]);
  const said = parse(withSearch(own, 'index: { template: built-in }') + 'balancer: { check: { passive: true } }\n');
  assert.deepEqual([said.balancer.check.passive, said.search.index.template], [true, { from: 'built-in' }]);
  const builtin = parse(`${smallest}balancer: { check: { passive: false } }\n`);
  assert.equal(builtin.balancer.check.passive, false);
});

test("the gateway is on for an application of one's own, unless the file says off; the built-in service has none", () => {
  const gatewayOf = (value?: string) =>
    parse(own.replace('start] }', value === undefined ? 'start] }' : `start], gateway: ${value} }`)).service.gateway;
  assert.deepEqual(
    [gatewayOf(), gatewayOf('on'), gatewayOf('{ deadlineMs: 5000 }'), gatewayOf('{}'), gatewayOf('off')],
    [{ deadlineMs: 30_000 }, { deadlineMs: 30_000 }, { deadlineMs: 5000 }, { deadlineMs: 30_000 }, 'off'],
  );
  assert.equal(parse(`${smallest}service: { gateway: off }\n`).service.gateway, 'off');
});

test('several indices: the first is the one that the service is told of; a file of a template counts from the folder', () => {
  const { search } = parse(withSearch(smallest, 'indices: [{ name: a, template: ./a.json }, { name: b, shards: 1 }]'));
  assert.equal(search.index.name, 'a');
  assert.deepEqual(
    search.indices.map(({ name, shards, template }) => [name, shards, template]),
    [
      ['a', 3, { from: 'file', path: '/srv/topologies/a.json' }],
      ['b', 1, { from: 'built-in' }],
    ],
  );
});
