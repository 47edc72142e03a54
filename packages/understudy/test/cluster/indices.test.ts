// Mapping, aliases and settings of an index on a real engine: what it refuses names the field, and changes nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addAliases,
  indexAliases,
  mappingMark,
  mappingMarkKey,
  observeIndex,
  putMapping,
} from '../../src/cluster/index.ts';
import { UnderstudyError } from '@understudy/foundation';
import { noEngine, RealCluster } from './real-cluster.ts';

test('a mapping on a real engine', { skip: noEngine, timeout: 300_000 }, async () => {
  await using cluster = await RealCluster.start(['n1']);
  const { transport } = cluster.running();
  assert.equal(await mappingMark(transport, 'articles'), undefined);
  assert.equal(await indexAliases(transport, 'articles'), undefined);
  await cluster.ask('PUT', '/articles', { mappings: { properties: { title: { type: 'text' } } } });
  assert.deepEqual(await mappingMark(transport, 'articles'), { mark: null });
  const grown = {
    _meta: { [mappingMarkKey]: 'one' },
    properties: { title: { type: 'text' }, year: { type: 'integer' } },
  };
  await putMapping(transport, 'articles', grown);
  assert.deepEqual(await mappingMark(transport, 'articles'), { mark: 'one' });

  const other = {
    _meta: { [mappingMarkKey]: 'two' },
    properties: { title: { type: 'keyword' }, more: { type: 'text' } },
  };
  await assert.rejects(putMapping(transport, 'articles', other), (error) => {
    assert.ok(error instanceof UnderstudyError);
    assert.equal(error.code, 'cluster-mapping-refused');
    assert.equal(error.facts['field'], 'title');
    assert.match(error.message, /title.*text.*keyword/);
    return true;
  });
  assert.deepEqual(await mappingMark(transport, 'articles'), { mark: 'one' });
  const { articles } = await cluster.ask<{ articles: { mappings: { properties: object } } }>(
    'GET',
    '/articles/_mapping',
  );
  assert.deepEqual(Object.keys(articles.mappings.properties).sort(), ['title', 'year']);

  await addAliases(transport, 'articles', { papers: {}, texts: {} });
  assert.deepEqual([...((await indexAliases(transport, 'articles')) ?? [])].sort(), ['papers', 'texts']);
  const behind = await observeIndex(transport, 'papers');
  assert.deepEqual([behind?.names, behind?.replicas], [['articles'], 1]);
});
