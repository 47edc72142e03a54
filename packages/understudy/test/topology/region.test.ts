// What a region lacks for a topology is said before anything is created.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTopology, regionProblems, type RegionOffer } from '../../src/topology/index.ts';
import { smallest } from './bad-topologies.ts';

const topology = parseTopology(smallest, { path: 'topology.yaml' });
const capabilities = ['Linodes', 'VPCs', 'NodeBalancers', 'Cloud Firewall', 'Placement Group', 'Metadata'];
const offer = {
  region: { id: 'us-ord', capabilities, status: 'ok', placement_group_limits: { maximum_linodes_per_pg: 5 } },
  types: [
    { id: 'g6-standard-4', memory: 8192, vcpus: 4 },
    { id: 'g6-standard-2', memory: 4096, vcpus: 2 },
  ],
  placementGroups: [],
  interfaces: 'legacy_config_only',
  images: [{ id: 'linode/debian13', capabilities: ['cloud-init'], deprecated: false, status: 'available' }],
} satisfies RegionOffer;

const fieldsOf = (changed: Partial<RegionOffer>) =>
  regionProblems(topology, { ...offer, ...changed }).map(({ field, line, message }) => ({ field, line, message }));

test('a region with everything has no problem', () => {
  assert.deepEqual(fieldsOf({}), []);
});

test('each missing capability is named with the line of the region', () => {
  assert.deepEqual(fieldsOf({ region: { ...offer.region, capabilities: capabilities.slice(2) } }), [
    { field: 'region', line: 2, message: 'it lacks Linodes, needed for machines' },
    { field: 'region', line: 2, message: 'it lacks VPCs, needed for the private network' },
  ]);
});

test('an unknown region, one in outage, and one with smaller placement groups are problems', () => {
  assert.deepEqual(fieldsOf({ region: undefined }), [{ field: 'region', line: 2, message: 'Linode does not know it' }]);
  assert.equal(fieldsOf({ region: { ...offer.region, status: 'outage' } }).length, 1);
  const small = { ...offer.region, placement_group_limits: { maximum_linodes_per_pg: 2 } };
  assert.deepEqual(
    fieldsOf({ region: small }).map(({ field }) => field),
    ['placement.policy'],
  );
});

test('a limit on the groups of the account counts existing groups, but not those of this system', () => {
  const limits = { maximum_linodes_per_pg: 5, maximum_pgs_per_customer: 3 };
  const region = { ...offer.region, placement_group_limits: limits };
  const groups = (...labels: string[]) => labels.map((label) => ({ label }));
  assert.deepEqual(fieldsOf({ region, placementGroups: groups('other', 'demo-search', 'demo-service') }), []);
  assert.deepEqual(fieldsOf({ region, placementGroups: groups('other', 'another') }), [
    { field: 'placement.policy', line: 1, message: 'the account may have no more there' },
  ]);
});

test('groups of the flexible policy have a limit of their own', () => {
  const limits = { maximum_linodes_per_pg: 5, maximum_linodes_per_flexible_pg: 2 };
  const region = { ...offer.region, placement_group_limits: limits };
  assert.deepEqual(fieldsOf({ region }), []);
  const flexible = parseTopology(`${smallest}placement: { policy: flexible }\n`, { path: 'topology.yaml' });
  const [problem] = regionProblems(flexible, { ...offer, region });
  assert.equal(problem?.allowed, '2 machines in a flexible placement group of us-ord');
});

test('an image without cloud-init, a deprecated one and an unknown one are problems', () => {
  const [image] = offer.images;
  assert.match(fieldsOf({ images: [{ ...image!, capabilities: [] }] })[0]!.message, /metadata service/);
  assert.match(fieldsOf({ images: [{ ...image!, deprecated: true }] })[0]!.message, /deprecated/);
  assert.equal(fieldsOf({ images: [] })[0]!.field, 'image');
});

test('an unknown type and one with less memory than the heap needs are problems', () => {
  assert.deepEqual(
    fieldsOf({ types: offer.types.slice(0, 1) }).map(({ field }) => field),
    ['service.machineType'],
  );
  const smaller = offer.types.map((type) => ({ ...type, memory: type.memory / 2 }));
  assert.deepEqual(
    fieldsOf({ types: smaller }).map(({ field }) => field),
    ['search.heap'],
  );
});
