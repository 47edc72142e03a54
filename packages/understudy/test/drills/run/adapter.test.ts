// Drills over applications that are not the built-in service, described by `drills.workload`.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { UnderstudyError } from '@understudy/foundation';
import { runDrill, planRun, type SystemUnderTest } from '../../../src/drills/index.ts';
import { verify } from '../../../src/proof/index.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { patient, shortDrill as drill } from '../noop-drill.ts';
import { smallSystem, type SmallSystem } from '../small-system.ts';

let system: SmallSystem;
before(async () => {
  system = await smallSystem();
});
after(() => system.close());

function withWorkload(workload: string): SystemUnderTest {
  const text = `
name: demo
region: us-ord
access: { adminNetworks: [198.18.0.1/32] }
search: { version: 9.5.3, index: { name: documents, shards: 3 } }
drills:
  workload: ${workload.replaceAll('\n', ' ')}
`;
  return { ...system.world, topology: parseTopology(text, { path: '/topology.yaml' }) };
}

const write =
  "{ path: /index, body: { id: '{id}', data: { title: '{title}', content: '{content}' } }, acknowledged: [201], proof: { at: /result, is: [created, updated] } }";
const article = `{ write: ${write}, search: { path: '/search?q={word}', hits: '' }, stored: { content: /data/content } }`;
const rest = `{
  write: { method: PUT, path: '/articles/{id}', body: { text: '{content}' } },
  get: { path: '/articles/{id}', content: /article/text, absent: [410] },
  search: { method: POST, path: /articles/find, body: { q: ['{word}'] }, hits: /found/items },
  stored: { content: /body/text } }`;

test('an application without reads by id: two lanes are driven, every document is judged, and the missing lane is named', async () => {
  const world = withWorkload(article);
  const { directory, verdict } = await runDrill(world, drill, patient);
  assert.deepEqual(verdict.reasons, []);
  assert.equal(verdict.result, 'PASS');
  assert.deepEqual([...new Set(verdict.lanes.map(({ operation }) => operation))].sort(), ['index', 'search']);
  assert.deepEqual(
    verdict.notSent?.map(({ operation }) => operation),
    ['get'],
  );
  assert.ok(verdict.requests.writesAcknowledged > 50);
  // Those that were planned and never sent are absent; every other one was found in both copies.
  const { ok, absent, ...wrong } = verdict.documents.counts;
  assert.equal(ok + absent, new Set(await ids(directory)).size);
  assert.ok(ok > 50);
  assert.ok(Object.values(wrong).every((count) => count === 0));
  assert.deepEqual(await verify(directory), verdict);
  assert.match(await readFile(join(directory, 'report.html'), 'utf8'), /drills\.workload of the topology has no get/);
});

test('an application of another shape: PUT, other names, another status for what is not there', async () => {
  const { verdict } = await runDrill(withWorkload(rest), drill, patient);
  assert.deepEqual(verdict.reasons, []);
  assert.equal(verdict.result, 'PASS');
  assert.deepEqual([...new Set(verdict.lanes.map(({ operation }) => operation))].sort(), ['get', 'index', 'search']);
  assert.equal(verdict.notSent, undefined);
  assert.equal(verdict.documents.staleReads, 0);
});

test('a document that vanished is lost, in this shape as in any', async () => {
  const world = withWorkload(rest);
  let calls = 0;
  const refresh = (): Promise<void> => {
    // The first is that of the document which tries the description.
    calls += 1;
    if (calls === 2)
      for (const copy of system.copies.values()) for (const id of [...copy.keys()].slice(0, 1)) copy.delete(id);
    return Promise.resolve();
  };
  const { verdict } = await runDrill({ ...world, engine: { ...world.engine, refresh } }, drill, patient);
  assert.equal(verdict.result, 'FAIL');
  assert.ok(verdict.documents.counts.lost > 0);
});

const misfits = [
  ['stored.content', article.replace('/data/content', '/content'), /has not the content/],
  ['write', article.replace('is: [created, updated]', 'is: [stored]'), /"created" at \/result/],
  ['write', article.replace('path: /index,', 'path: /nowhere,'), /HTTP 404/],
  ['get.content', rest.replace('/article/text', '/article/body'), /has not the content/],
  ['search', rest.replace('/found/items', '/items'), /without a list at \/items/],
] as const;

for (const [field, workload, says] of misfits)
  test(`a description that the answers do not fit is refused before anything: ${field}, ${String(says)}`, async () => {
    await assert.rejects(runDrill(withWorkload(workload), drill, patient), (error) => {
      assert.ok(error instanceof UnderstudyError);
      assert.equal(error.code, 'drills-workload');
      assert.deepEqual(error.facts, { field: `drills.workload.${field}` });
      assert.match(error.message, says);
      return true;
    });
    const left = [...system.copies.values()].flatMap((copy) => [...copy.keys()]);
    assert.ok(!left.includes('drill-probe'), 'the document that tries the description is removed');
  });

test('a goal about reads is not judged where none are sent', () => {
  const writes = `{ write: ${write}, stored: { content: /data/content } }`;
  const plan = planRun(withWorkload(writes), drill, {});
  assert.deepEqual([plan.goals.longestReadGapMs, plan.goals.longestWriteGapMs], [null, 2_000]);
  assert.deepEqual(
    plan.workload.notSent?.map(({ operation }) => operation),
    ['get', 'search'],
  );
});

async function ids(directory: string): Promise<string[]> {
  const text = await readFile(join(directory, 'intents.jsonl'), 'utf8');
  const lines = text.trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { readonly id: string }).id);
}
