// What status finds in a real cluster: each condition is made, its finding read, the printed command followed, and the finding gone.
// Machines and Linode's objects are of the simulation; the cluster and every command to it are real.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { restartNode } from '../../src/cluster/index.ts';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import { carryOut } from '../../src/reconcile/carry-out.ts';
import { Found } from '../../src/reconcile/found.ts';
import { ReleaseArchive } from '../../src/reconcile/release-archive.ts';
import { judge, observe, observeCluster, type Observation, type Status } from '../../src/status/index.ts';
import { noEngine, RealCluster } from '../cluster/real-cluster.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

const run = promisify(execFile);
const names = ['demo-search-1', 'demo-search-2', 'demo-search-3'];
const intent = await sampleIntent();
const { topology } = intent;

/** As SSH does it: the words after the host become one line for a shell there. Here the engine's port is another. */
const sshInPlace = (port: string): string => `#!/bin/sh
shift
line=$(printf '%s' "$*" | sed 's|http://10\\.20\\.0\\.[0-9]*:9200|http://127.0.0.1:${port}|')
exec sh -c "$line"
`;

test(
  'what refuses users is found in a real cluster, and gone when its command was followed',
  { skip: noEngine, timeout: 900_000 },
  async (t) => {
    await using sim = await simulatedWorld();
    await apply(sim.world, intent, { confirm: confirmAll });
    const well = await observe(sim.world, topology);
    await using cluster = await RealCluster.start(names);
    const { transport } = cluster.running();
    const path = await mkdtemp(join(tmpdir(), 'understudy-ssh-'));
    t.after(() => rm(path, { recursive: true }));
    await writeFile(join(path, 'ssh'), sshInPlace(new URL(cluster.url(names[0]!)).port));
    await chmod(join(path, 'ssh'), 0o755);

    const look = async (): Promise<Observation> => ({ ...well, cluster: await observeCluster(transport, topology) });
    const status = async (): Promise<Status> => judge(await look(), topology);
    const set = (persistent: object): Promise<unknown> => cluster.ask('PUT', '/_cluster/settings', { persistent });
    const green = (): Promise<unknown> =>
      cluster.ask(
        'GET',
        '/_cluster/health/documents?wait_for_status=green&wait_for_no_initializing_shards=true&timeout=60s',
      );

    /** What `apply` does of this plan in the cluster; the machines of the simulation need nothing. */
    const applied = async (): Promise<string[]> => {
      const seen = await look();
      await using archive = new ReleaseArchive(intent.release);
      const site = {
        world: { ...sim.world, transportFor: () => transport },
        intent,
        found: new Found(seen.objects, topology),
        archive,
      };
      const { steps } = plan(intent, seen);
      for (const { task } of steps) await carryOut(site, task);
      return steps.map(({ id }) => id);
    };

    const follow = async (mend: string): Promise<void> => {
      if (mend === 'understudy apply') return void (await applied());
      assert.match(mend, /^ssh root@\d+\.\d+\.\d+\.\d+ '?curl/, mend);
      const { stdout } = await run('sh', ['-c', mend], {
        env: { PATH: `${path}:${process.env['PATH']}` },
        timeout: 60_000,
      });
      assert.doesNotMatch(stdout, /"error"/, `${mend}: ${stdout}`);
    };

    /** Reads until it is so: what the engine does by itself takes its time. */
    const until = async (holds: (now: Status) => boolean, withinMs = 60_000): Promise<Status> => {
      const end = Date.now() + withinMs;
      for (;;) {
        const now = await status();
        if (holds(now) || Date.now() > end) return now;
        await sleep(500);
      }
    };
    const has =
      (id: string) =>
      (now: Status): boolean =>
        now.findings.some((finding) => finding.id === id);
    const hasNot =
      (id: string) =>
      (now: Status): boolean =>
        !has(id)(now);

    /** The finding is there, says this, and is gone after its command. */
    const mended = async (id: string, verdict: string, reason: RegExp): Promise<void> => {
      const now = await until(has(id));
      const found = now.findings.find((finding) => finding.id === id);
      assert.ok(found, `${id}: ${JSON.stringify(now.findings)}`);
      assert.equal(found.verdict, verdict, id);
      assert.match(found.reason, reason);
      assert.notEqual(found.effect, '');
      await follow(found.mend);
      const after = await until(hasNot(id));
      assert.ok(hasNot(id)(after), `${id} after ${found.mend}: ${JSON.stringify(after.findings)}`);
    };
    const healthy = async (): Promise<Status> => {
      const now = await until(({ verdict }) => verdict === 'healthy');
      assert.deepEqual(now.findings, []);
      return now;
    };

    await t.test('the index is missing', async () => {
      await mended('index-missing', 'degraded', /documents does not exist/);
      await green();
      await healthy();
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
        await cluster.ask('PUT', '/documents/_settings', { [`index.blocks.${block}`]: true });
        const now = await status();
        assert.deepEqual(
          now.findings.map((finding) => finding.id),
          [id],
        );
        assert.equal(now.verdict, verdict);
        assert.deepEqual(
          plan(intent, await look()).steps.map(({ id: step }) => step),
          [],
          'apply leaves it alone',
        );
        await mended(id, verdict, new RegExp(`refuses .*: index\\.blocks\\.${block}\\.`));
        await cluster.ask('PUT', '/documents/_doc/1', { id: '1' });
        await healthy();
      });
    }

    for (const [block, id, verdict] of [
      ['read_only', 'cluster-read-only', 'down'],
      ['read_only_allow_delete', 'cluster-read-only-allow-delete', 'down'],
      ['create_index', 'cluster-create-index-blocked', 'degraded'],
    ] as const) {
      await t.test(`cluster.blocks.${block}`, async () => {
        await set({ [`cluster.blocks.${block}`]: true });
        await mended(id, verdict, new RegExp(`cluster\\.blocks\\.${block}`));
        await healthy();
      });
    }

    await t.test('the index is closed', async () => {
      await cluster.ask('POST', '/documents/_close');
      await mended('index-closed', 'down', /documents is closed/);
      await green();
      await healthy();
    });

    await t.test('what an operation or a person left behind', async () => {
      await set({ 'cluster.routing.allocation.enable': 'primaries' });
      await mended('allocation-limited', 'degraded', /limited to 'primaries'/);
      await set({ 'cluster.routing.rebalance.enable': 'none' });
      await mended('rebalance-limited', 'degraded', /rebalance\.enable is 'none'/);
      await cluster.ask('PUT', '/_cluster/settings', {
        transient: { 'cluster.routing.allocation.exclude._name': 'demo-search-2,gone' },
      });
      await mended('allocation-filtered', 'degraded', /exclude\._name is 'demo-search-2,gone' \(set as transient\)/);
      await set({ "cluster.routing.allocation.require.zo'ne": 'a b$c' });
      assert.deepEqual(await applied(), [], 'what a person may have meant is left alone');
      await mended('allocation-filtered', 'degraded', /require\.zo'ne is 'a b\$c'/);
      await cluster.ask('POST', '/_cluster/voting_config_exclusions?node_names=demo-search-3');
      await mended('voting-excluded', 'degraded', /demo-search-3 may not vote/);
      await green();
      await healthy();
    });

    await t.test('disks and their watermarks', async () => {
      const prefix = 'cluster.routing.allocation.disk';
      const marks = (low: string, high: string, flood: string): object => ({
        'cluster.info.update.interval': '10s',
        [`${prefix}.watermark.low`]: low,
        [`${prefix}.watermark.high`]: high,
        [`${prefix}.watermark.flood_stage`]: flood,
      });
      await set({ [`${prefix}.threshold_enabled`]: false });
      await mended('disk-watermarks-off', 'degraded', /minds no watermark/);
      await set(marks('1%', '98%', '99%'));
      await mended('disk-low', 'degraded', /above the low watermark \(1%\)/);
      await set(marks('1%', '2%', '99%'));
      await mended('disk-high', 'degraded', /above the high watermark \(2%\)/);
      await set(marks('1%', '2%', '3%'));
      const flooded = await until(has('index-flooded'), 90_000);
      assert.match(
        flooded.findings.find(({ id }) => id === 'index-flooded')?.mend ?? '',
        /^Free the disk of demo-search-1/,
      );
      await mended('disk-flood', 'down', /above the flood watermark \(3%\)/);
      assert.ok(
        hasNot('index-flooded')(await until(hasNot('index-flooded'), 90_000)),
        'the engine took its block away',
      );
      await healthy();
    });

    await t.test('indices of others never change the verdict, nor hold a restart back', async () => {
      const nowhere = { 'index.routing.allocation.require._name': 'nobody' };
      await cluster.ask('PUT', "/it's$one?wait_for_active_shards=0", {
        settings: { number_of_shards: 1, number_of_replicas: 5 },
      });
      await cluster.ask('PUT', '/placeless?wait_for_active_shards=0', {
        settings: { number_of_shards: 1, ...nowhere },
      });
      const now = await until(({ foreign }) => foreign.length === 2);
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
      assert.deepEqual(await applied(), []);

      const said: string[] = [];
      const started = Date.now();
      await restartNode(cluster.running(), {
        node: 'demo-search-3',
        nodes: 3,
        index: 'documents',
        stop: () => cluster.stop('demo-search-3'),
        start: () => cluster.start('demo-search-3'),
        onProgress: (text) => said.push(text),
      });
      assert.ok(Date.now() - started < 240_000, `${Date.now() - started} ms`);
      assert.match(said.join('\n'), /not waited for.*it's\$one\[0\].*placeless\[0\]/s);

      await cluster.ask('PUT', "/it's$one/_settings", { 'index.blocks.write': true });
      const blocked = (await status()).foreign.find(({ id }) => id === 'foreign-index-blocked');
      await follow(blocked?.mend ?? '');
      assert.ok(!(await status()).foreign.some(({ id }) => id === 'foreign-index-blocked'));
      await cluster.ask('DELETE', "/it's$one,placeless");
      assert.deepEqual((await healthy()).foreign, []);
    });

    await t.test('the limit of shards', async () => {
      const own = topology.search.index.shards * (topology.search.index.replicas + 1);
      await set({ 'cluster.max_shards_per_node': Math.floor(own / 3) });
      await mended('shard-limit-reached', 'degraded', new RegExp(`${own} copies of shards`));
      await cluster.ask('PUT', '/crowd', { settings: { number_of_shards: own * 4, number_of_replicas: 1 } });
      await set({ 'cluster.max_shards_per_node': Math.floor((own * 9) / 3) });
      const now = await status();
      assert.deepEqual(now.findings, []);
      assert.deepEqual(
        now.notices.map(({ id }) => id),
        ['shard-limit-reached'],
      );
      await follow(now.notices[0]?.mend ?? '');
      assert.deepEqual((await status()).notices, []);
      await cluster.ask('DELETE', '/crowd');
    });

    await t.test('a copy that was given up', async () => {
      await cluster.ask('DELETE', '/documents');
      const on = { 'index.routing.allocation.require._name': names[0] };
      const shape = { number_of_shards: topology.search.index.shards, number_of_replicas: 0, ...on };
      await cluster.ask('PUT', '/documents', { settings: shape });
      const read = await cluster.ask<{ documents: { settings: { index: { uuid: string } } } }>(
        'GET',
        '/documents/_settings',
      );
      const inTheWay = names
        .slice(1)
        .map((name) => join(cluster.dataOf(name), 'indices', read.documents.settings.index.uuid));
      for (const file of inTheWay) await writeFile(file, 'a file where the engine wants a folder');
      await cluster.ask('PUT', '/documents/_settings', {
        'index.routing.allocation.require._name': null,
        'index.number_of_replicas': 1,
      });
      const now = await until(has('shards-given-up'), 120_000);
      assert.ok(has('index-yellow')(now));
      for (const file of inTheWay) await rm(file);
      assert.ok(plan(intent, await look()).steps.some(({ task }) => task.kind === 'allocation-retry'));
      await mended('shards-given-up', 'degraded', /given up placing a copy: documents\[\d\], a replica.*max_retry/s);
      await green();
      await healthy();
    });

    await t.test('a version that is not asked for', async () => {
      const other = { ...topology, search: { ...topology.search, version: '9.5.99' } };
      const found = judge(await look(), other).findings;
      assert.deepEqual(
        found.map(({ id, verdict, mend }) => [id, verdict, mend]),
        [['version-differs', 'degraded', 'understudy apply']],
      );
    });

    await t.test('a member that nobody asked for, and one that hangs', async () => {
      await cluster.start('stranger');
      const now = await until(has('member-unexpected'), 120_000);
      const found = now.findings.find(({ id }) => id === 'member-unexpected');
      assert.match(found?.reason ?? '', /^stranger \(127\.0\.0\.1:\d+\) is a member/);
      assert.match(found?.mend ?? '', /stop the engine at 127\.0\.0\.1:\d+/);
      await cluster.stop('stranger');
      assert.ok(hasNot('member-unexpected')(await until(hasNot('member-unexpected'))));
      await green();
      await healthy();

      const { master } = (await status()).cluster;
      const hung = names.find((name) => name !== master && name !== names[0])!;
      cluster.kill(hung, 'SIGSTOP');
      try {
        const silent = await until(has('member-silent'), 20_000);
        assert.match(
          silent.findings.find(({ id }) => id === 'member-silent')?.reason ?? JSON.stringify(silent.findings),
          new RegExp(`^${hung} counts`),
        );
      } finally {
        cluster.kill(hung, 'SIGCONT');
      }
      await cluster.ask('GET', '/_cluster/health?wait_for_nodes=3&wait_for_status=green&timeout=120s');
      assert.ok(hasNot('member-silent')(await until(hasNot('member-silent'))));
    });
  },
);
