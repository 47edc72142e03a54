// Indices of the topology: the built-in mapping, one of a file, one that the application makes itself; several, with aliases.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { UnderstudyError } from '@understudy/foundation';
import { indexFilesOf } from '../../src/operation/index-file.ts';
import type { Intent } from '../../src/operation/index.ts';
import { observe } from '../../src/observe/index.ts';
import { apply, confirmUnlessDestructive, plan } from '../../src/reconcile/index.ts';
import { assessHealth } from '../../src/status/index.ts';
import { parseTopology, TopologyError } from '../../src/topology/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

let base = '';
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-indices-'));
});
after(() => rm(base, { recursive: true, force: true }));

const text = (indices: string) => `
name: demo
region: us-ord
access: { adminNetworks: [198.51.100.0/24] }
search: { version: 9.5.3, security: off, ${indices} }
`;

async function intentOf(indices: string): Promise<Intent> {
  const topology = parseTopology(text(indices), { path: join(base, 'topology.yaml') });
  return { ...(await sampleIntent()), topology, indexFiles: await indexFilesOf(topology) };
}

const cluster = ({ clusters }: SimulatedWorld) => [...clusters.identities.values()][0]!;
const withConsent = { confirm: confirmUnlessDestructive };
const stepsOf = async (intent: Intent, sim: SimulatedWorld) =>
  plan(intent, await observe(sim.world, intent.topology)).steps.map(({ id, reason }) => [id, reason]);

test("several indices, of which one is the application's own: each gets what it asks for, and then nothing is left to do", async () => {
  await writeFile(join(base, 'articles.json'), '{"mappings": {"properties": {"title": {"type": "text"}}}}');
  const intent = await intentOf(
    'indices: [{ name: documents, aliases: [docs] }, { name: articles, shards: 2, template: ./articles.json }, { name: events, template: none }]',
  );
  await using sim = await simulatedWorld();
  const { status } = await apply(sim.world, intent, withConsent);
  assert.equal(status.verdict, 'healthy');
  assert.deepEqual(
    status.notices.map(({ id, subject }) => [id, subject]),
    [['index-not-made-yet', 'events']],
  );
  // Indices do not wait for each other.
  assert.deepEqual([...cluster(sim).indices.keys()].sort(), ['articles', 'documents']);
  assert.deepEqual([...cluster(sim).templates.keys()].sort(), ['articles', 'documents']);
  assert.deepEqual(Object.keys(cluster(sim).indices.get('documents')?.aliases ?? {}), ['docs']);
  assert.equal(cluster(sim).indices.get('articles')?.shards, 2);
  assert.deepEqual(await stepsOf(intent, sim), []);
});

test('an index that its application made: more copies are left, fewer are raised, the number of shards is not asked about', async () => {
  const intent = await intentOf('index: { name: events, template: none, replicas: 1 }');
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, withConsent);
  const { indices } = cluster(sim);
  indices.set('events', { shards: 1, replicas: 2, durability: 'request' });
  assert.deepEqual(await stepsOf(intent, sim), []);
  indices.set('events', { shards: 1, replicas: 0, durability: 'request' });
  assert.deepEqual(await stepsOf(intent, sim), [
    ['demo-cluster/index', 'The index events has 0 replicas instead of 1.'],
  ]);
  await apply(sim.world, intent, withConsent);
  assert.equal(indices.get('events')?.replicas, 1);
});

test('a mapping that grows is changed where the index is; one that the engine refuses is named and changes nothing', async () => {
  const file = join(base, 'growing.yaml');
  const write = (properties: string) => writeFile(file, `mappings: { properties: ${properties} }\n`);
  const index = 'index: { name: articles, template: ./growing.yaml }';
  await write('{ title: { type: text } }');
  await using sim = await simulatedWorld();
  await apply(sim.world, await intentOf(index), withConsent);

  await write('{ title: { type: text }, year: { type: integer } }');
  const grown = await intentOf(index);
  assert.deepEqual(await stepsOf(grown, sim), [
    ['demo-cluster/mapping', 'The mapping of the index articles is not the one of its file.'],
    ['demo-cluster/template', 'The index template articles differs from the intended one.'],
  ]);
  await apply(sim.world, grown, withConsent);
  assert.deepEqual(await stepsOf(grown, sim), []);

  await write('{ title: { type: keyword }, more: { type: text } }');
  const before = structuredClone([cluster(sim).indices.get('articles'), cluster(sim).templates.get('articles')]);
  await assert.rejects(apply(sim.world, await intentOf(index), withConsent), (error) => {
    assert.ok(error instanceof UnderstudyError);
    assert.match(
      error.message,
      /mapper \[title\] cannot be changed from type \[text\] to \[keyword\].*Nothing of the mapping was changed/,
    );
    return true;
  });
  assert.deepEqual([cluster(sim).indices.get('articles'), cluster(sim).templates.get('articles')], before);
});

test('an alias that is missing is added, also to an index that is there', async () => {
  await using sim = await simulatedWorld();
  await apply(sim.world, await intentOf('index: { name: documents }'), withConsent);
  const named = await intentOf('index: { name: documents, aliases: [docs, papers] }');
  assert.ok((await stepsOf(named, sim)).some(([id]) => id === 'demo-cluster/aliases'));
  await apply(sim.world, named, withConsent);
  assert.deepEqual(Object.keys(cluster(sim).indices.get('documents')?.aliases ?? {}), ['docs', 'papers']);
  assert.deepEqual(await stepsOf(named, sim), []);
});

test('of several indices a missing one is found by its own name', async () => {
  const intent = await intentOf('indices: [{ name: documents }, { name: articles }]');
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, withConsent);
  cluster(sim).indices.delete('articles');
  const { findings } = assessHealth(await observe(sim.world, intent.topology), intent.topology);
  assert.deepEqual(
    findings.map(({ id, subject }) => [id, subject]),
    [['index-missing', 'articles']],
  );
});

const files = [
  ['no such file', undefined, /cannot be read/],
  ['no JSON or YAML', '{"settings": ', /neither JSON nor YAML/],
  ['a list', '[1]', /must hold a mapping/],
  ['an unknown key', '{"mapping": {}}', /unknown key mapping/],
  ['a part that is no mapping', '{"aliases": ["a"]}', /a list for aliases/],
  [
    'copies, which the topology decides',
    '{"settings": {"index": {"number_of_replicas": 0}}}',
    /number_of_replicas: 0 .* replicas: 0/,
  ],
  ['durability, in another spelling', '{"settings": {"index.translog.durability": "async"}}', /translog\.durability/],
] as const;

for (const [title, content, says] of files)
  test(`an index file is refused at the plan, with field and line: ${title}`, async () => {
    const name = `${title.replaceAll(/\W/g, '-')}.json`;
    if (content !== undefined) await writeFile(join(base, name), content);
    await assert.rejects(intentOf(`index: { template: ./${name} }`), (error) => {
      assert.ok(error instanceof TopologyError);
      assert.deepEqual([error.problems[0]?.field, error.problems[0]?.line], ['search.index.template', 5]);
      assert.match(error.message, says);
      return true;
    });
  });
