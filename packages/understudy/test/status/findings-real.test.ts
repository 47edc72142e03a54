// What status finds in a real cluster: each condition is made, its finding read, the printed command followed, and the finding gone.
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { restartNode } from '../../src/cluster/index.ts';
import { plan } from '../../src/reconcile/index.ts';
import { assessHealth } from '../../src/status/index.ts';
import { noEngine } from '../cluster/real-cluster.ts';
import { intent, searchLabels, topology } from './changes.ts';
import { has, hasNot, RealStatus } from './real-status.ts';

test(
  'what refuses users is found in a real cluster, and gone when its command was followed',
  { skip: noEngine, timeout: 900_000 },
  async (t) => {
    await using real = await RealStatus.start();

    await t.test('the index is missing', async () => {
      await real.mended('index-missing', 'degraded', /documents does not exist/);
      await real.green();
      await real.healthy();
    });

    const indexBlocks = [
      ['write', 'index-write-blocked', 'down'],
      ['read', 'index-read-blocked', 'down'],
      ['read_only', 'index-read-only', 'down'],
      ['read_only_allow_delete', 'index-flooded', 'down'],
      ['metadata', 'index-metadata-blocked', 'degraded'],
    ] as const;
    for (const [block, id, verdict] of indexBlocks) {
      await t.test(`index.blocks.${block}`, async () => {
        await real.cluster.ask('PUT', '/documents/_settings', { [`index.blocks.${block}`]: true });
        const now = await real.status();
        assert.deepEqual(
          now.findings.map((finding) => finding.id),
          [id],
        );
        assert.equal(now.verdict, verdict);
        assert.deepEqual(
          plan(intent, await real.look()).steps.map(({ id: step }) => step),
          [],
          'apply leaves it alone',
        );
        await real.mended(id, verdict, new RegExp(`refuses .*: index\\.blocks\\.${block}\\.`));
        await real.cluster.ask('PUT', '/documents/_doc/1', { id: '1' });
        await real.healthy();
      });
    }

    for (const [block, id, verdict] of [
      ['read_only', 'cluster-read-only', 'down'],
      ['read_only_allow_delete', 'cluster-read-only-allow-delete', 'down'],
    ] as const) {
      await t.test(`cluster.blocks.${block}`, async () => {
        await real.set({ [`cluster.blocks.${block}`]: true });
        await real.mended(id, verdict, new RegExp(`cluster\\.blocks\\.${block}`));
        await real.healthy();
      });
    }

    await t.test('the index is closed', async () => {
      await real.cluster.ask('POST', '/documents/_close');
      await real.mended('index-closed', 'down', /documents is closed/);
      await real.green();
      await real.healthy();
    });

    await t.test('what an operation or a person left behind', async () => {
      await real.set({ 'cluster.routing.allocation.enable': 'primaries' });
      await real.mended('allocation-limited', 'degraded', /limited to 'primaries'/);
      await real.set({ 'cluster.routing.rebalance.enable': 'none' });
      await real.mended('rebalance-limited', 'degraded', /rebalance\.enable is 'none'/);
      await real.cluster.ask('PUT', '/_cluster/settings', {
        transient: { 'cluster.routing.allocation.exclude._name': 'demo-search-2,gone' },
      });
      await real.mended(
        'allocation-filtered',
        'degraded',
        /exclude\._name is 'demo-search-2,gone' \(set as transient\)/,
      );
      await real.set({ 'cluster.routing.allocation.require.zone': 'a b$c' });
      assert.deepEqual(await real.applied(), [], 'what a person may have meant is left alone');
      await real.mended('allocation-filtered', 'degraded', /require\.zone is 'a b\$c'/);
      await real.cluster.ask('POST', '/_cluster/voting_config_exclusions?node_names=demo-search-3');
      await real.mended('voting-excluded', 'degraded', /demo-search-3 may not vote/);
      await real.green();
      await real.healthy();
    });

    await t.test('disks and their watermarks', async () => {
      const prefix = 'cluster.routing.allocation.disk';
      const marks = (low: string, high: string, flood: string): object => ({
        'cluster.info.update.interval': '10s',
        [`${prefix}.watermark.low`]: low,
        [`${prefix}.watermark.high`]: high,
        [`${prefix}.watermark.flood_stage`]: flood,
      });
      await real.set({ [`${prefix}.threshold_enabled`]: false });
      await real.mended('disk-watermarks-off', 'degraded', /minds no watermark/);
      await real.set(marks('1%', '98%', '99%'));
      await real.mended('disk-low', 'degraded', /above the low watermark \(1%\)/);
      await real.set(marks('1%', '2%', '99%'));
      await real.mended('disk-high', 'degraded', /above the high watermark \(2%\)/);
      await real.set(marks('1%', '2%', '3%'));
      const flooded = await real.until(has('index-flooded'), 90_000);
      assert.match(
        flooded.findings.find(({ id }) => id === 'index-flooded')?.repair ?? '',
        /^Free the disk of demo-search-1/,
      );
      await real.mended('disk-flood', 'down', /above the flood watermark \(3%\)/);
      assert.ok(
        hasNot('index-flooded')(await real.until(hasNot('index-flooded'), 90_000)),
        'the engine took its block away',
      );
      await real.healthy();
    });

    await t.test('indices of others never change the verdict, nor hold a restart back', async () => {
      const nowhere = { 'index.routing.allocation.require._name': 'nobody' };
      await real.cluster.ask('PUT', "/it's$one?wait_for_active_shards=0", {
        settings: { number_of_shards: 1, number_of_replicas: 5 },
      });
      await real.cluster.ask('PUT', '/placeless?wait_for_active_shards=0', {
        settings: { number_of_shards: 1, ...nowhere },
      });
      const now = await real.until(({ foreign }) => foreign.length === 2);
      assert.equal(now.cluster.health?.status, 'red');
      assert.equal(now.verdict, 'healthy', JSON.stringify(now.findings));
      assert.deepEqual(
        now.foreign.map(({ id, subject }) => [id, subject]),
        [
          ['foreign-index-yellow', "it's$one"],
          ['foreign-index-red', 'placeless'],
        ],
      );
      assert.match(now.foreign[0]?.reason ?? '', /same_shard/);
      assert.match(now.foreign[1]?.reason ?? '', /filter/);
      assert.deepEqual(await real.applied(), []);

      const said: string[] = [];
      const started = Date.now();
      await restartNode(real.cluster.running(), {
        node: 'demo-search-3',
        nodes: 3,
        index: 'documents',
        stop: () => real.cluster.stop('demo-search-3'),
        start: () => real.cluster.start('demo-search-3'),
        onProgress: (text) => said.push(text),
      });
      assert.ok(Date.now() - started < 240_000, `${Date.now() - started} ms`);
      assert.match(said.join('\n'), /not waited for.*it's\$one\[0\].*placeless\[0\]/s);

      await real.cluster.ask('PUT', "/it's$one/_settings", { 'index.blocks.metadata': true });
      assert.equal((await real.status()).verdict, 'healthy', 'a block that hides all copies');
      const blocked = (await real.status()).foreign.find(({ id }) => id === 'foreign-index-blocked');
      await real.follow(blocked?.repair ?? '');
      assert.ok(!(await real.status()).foreign.some(({ id }) => id === 'foreign-index-blocked'));
      await real.cluster.ask('DELETE', "/it's$one,placeless");
      assert.deepEqual((await real.healthy()).foreign, []);
    });

    await t.test('the limit of shards', async () => {
      const own = topology.search.index.shards * (topology.search.index.replicas + 1);
      await real.set({ 'cluster.max_shards_per_node': Math.floor(own / 3) });
      await real.mended('shard-limit-reached', 'degraded', new RegExp(`${own} copies of shards`));
      await real.cluster.ask('PUT', '/crowd', { settings: { number_of_shards: own, number_of_replicas: 1 } });
      await real.set({ 'cluster.max_shards_per_node': own });
      const now = await real.status();
      assert.deepEqual(now.findings, []);
      assert.deepEqual(
        now.notices.map(({ id }) => id),
        ['shard-limit-reached'],
      );
      await real.follow(now.notices[0]?.repair ?? '');
      assert.deepEqual((await real.status()).notices, []);
      await real.cluster.ask('DELETE', '/crowd');
    });

    await t.test('a copy that was given up', async () => {
      await real.cluster.ask('DELETE', '/documents');
      const on = { 'index.routing.allocation.require._name': searchLabels[0] };
      const shape = { number_of_shards: topology.search.index.shards, number_of_replicas: 0, ...on };
      await real.cluster.ask('PUT', '/documents', { settings: shape });
      const read = await real.cluster.ask<{ documents: { settings: { index: { uuid: string } } } }>(
        'GET',
        '/documents/_settings',
      );
      const inTheWay = searchLabels
        .slice(1)
        .map((name) => join(real.cluster.dataOf(name), 'indices', read.documents.settings.index.uuid));
      for (const file of inTheWay) await writeFile(file, 'a file where the engine wants a folder');
      await real.cluster.ask('PUT', '/documents/_settings', {
        'index.routing.allocation.require._name': null,
        'index.number_of_replicas': 1,
      });
      const now = await real.until(has('shards-given-up'), 120_000);
      assert.ok(has('index-yellow')(now));
      for (const file of inTheWay) await rm(file);
      assert.ok(plan(intent, await real.look()).steps.some(({ task }) => task.kind === 'allocation-retry'));
      await real.mended(
        'shards-given-up',
        'degraded',
        /given up placing a copy: documents\[\d\], a replica.*max_retry/s,
      );
      await real.green();
      await real.healthy();
    });

    await t.test('a version that is not asked for', async () => {
      const other = { ...topology, search: { ...topology.search, version: '9.5.99' } };
      const found = assessHealth(await real.look(), other).findings;
      assert.deepEqual(
        found.map(({ id, verdict, repair }) => [id, verdict, repair]),
        [['version-differs', 'degraded', 'understudy apply']],
      );
    });

    await t.test('a member that nobody asked for, and one that hangs', async () => {
      await real.cluster.start('stranger');
      const now = await real.until(has('member-unexpected'), 120_000);
      const found = now.findings.find(({ id }) => id === 'member-unexpected');
      assert.match(found?.reason ?? '', /^stranger \(127\.0\.0\.1:\d+\) is a member/);
      assert.match(found?.repair ?? '', /stop the engine at 127\.0\.0\.1:\d+/);
      await real.cluster.stop('stranger');
      assert.ok(hasNot('member-unexpected')(await real.until(hasNot('member-unexpected'))));
      await real.green();
      await real.healthy();

      const { master } = (await real.status()).cluster;
      const hung = searchLabels.find((name) => name !== master && name !== searchLabels[0])!;
      real.cluster.kill(hung, 'SIGSTOP');
      try {
        const silent = await real.until(has('member-silent'), 20_000);
        assert.match(
          silent.findings.find(({ id }) => id === 'member-silent')?.reason ?? JSON.stringify(silent.findings),
          new RegExp(`^${hung} counts`),
        );
      } finally {
        real.cluster.kill(hung, 'SIGCONT');
      }
      await real.cluster.ask('GET', '/_cluster/health?wait_for_nodes=3&wait_for_status=green&timeout=120s');
      assert.ok(hasNot('member-silent')(await real.until(hasNot('member-silent'))));
    });
  },
);
