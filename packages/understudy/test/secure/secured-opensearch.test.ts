// The real OpenSearch with the files that the tool writes: who gets in, who does not, what each account may do, and how accounts are
// changed while it runs.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Secret } from '@understudy/foundation';
import {
  accountChanges,
  createIndex,
  putIndexTemplate,
  storedAccounts,
  writeAccounts,
} from '../../src/cluster/index.ts';
import { tlsPaths, type AccountName } from '../../src/engines/index.ts';
import { indexTemplateOf, wantedAccounts, type Intent } from '../../src/operation/index.ts';
import { openSecurity, type SystemSecurity } from '../../src/secure/index.ts';
import { assertReadsStateAlone } from './account-checks.ts';
import { sampleIntent, securedOpenSearchText as text } from '../simulation/sample-intent.ts';
import { missingObjectStore } from './object-store.ts';
import { assertSnapshotsComeBack } from './object-store-snapshots.ts';
import { missingEngine, SecuredCluster } from './secured-cluster.ts';
import { answerOverTls, handshake, staysOpen } from './tls-probes.ts';

/** What takes a minute, and is tried with the other engine as well. */
function inFull(name: string, body: () => Promise<void>): void {
  if (process.env['UNDERSTUDY_FULL'] === '1') void test(name, body);
}

const labels = ['demo-search-1', 'demo-search-2', 'demo-search-3'] as const;

describe(
  'a real OpenSearch cluster with TLS and users',
  { skip: missingEngine('opensearch'), timeout: 800_000 },
  () => {
    let base = '';
    let intent: Intent;
    let other: SystemSecurity;
    let cluster: SecuredCluster;

    before(async () => {
      base = await mkdtemp(join(tmpdir(), 'understudy-secured-config-'));
      const open = (name: string) =>
        openSecurity({ directory: join(base, name), systemName: 'demo', nowMs: Date.now() });
      other = await open('other');
      intent = { ...(await sampleIntent(text)), security: await open('own') };
      cluster = await SecuredCluster.start(intent);
      const operator = cluster.transport(cluster.login('operator'));
      await putIndexTemplate(operator, 'documents', indexTemplateOf(intent, intent.topology.search.index)!);
      await createIndex(operator, 'documents');
    });

    after(async () => {
      await cluster[Symbol.asyncDispose]();
      await rm(base, { recursive: true, force: true });
    });

    const ask = async (account: AccountName, method: string, path: string, body?: object): Promise<number> =>
      (await cluster.transport(cluster.login(account)).request(method as never, path, body)).status;

    test('a wrong password, none, and the user of the vendor’s demonstration get 401', async () => {
      for (const [user, password] of [
        ['understudy-operator', 'wrong'],
        ['admin', 'admin'],
        ['kibanaserver', 'kibanaserver'],
      ] as const) {
        const login = { ...cluster.login('operator'), user, password: new Secret(password) };
        await assert.rejects(cluster.transport(login).request('GET', '/'), /\(401\)/, user);
      }
      const { bundlePem } = intent.security!;
      assert.match(await answerOverTls(cluster.machines[0]!.vpcAddress, bundlePem), /^HTTP\/1\.1 401/);
    });

    test('a client that trusts another authority refuses the engine, and so does one that expects another address', async () => {
      const login = { ...cluster.login('operator'), bundlePem: other.bundlePem };
      await assert.rejects(cluster.transport(login).request('GET', '/'), /signature|issuer|self-signed|certificate/);
      const [first, second] = cluster.machines;
      await assert.rejects(
        handshake(first!.vpcAddress, 9200, { ca: intent.security!.bundlePem, expect: second!.vpcAddress }),
        { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
      );
    });

    test('between nodes: no certificate and one of another authority are refused, one of a member is accepted', async () => {
      const { vpcAddress } = cluster.machines[0]!;
      const paths = tlsPaths(cluster.layout(labels[1]));
      const [key, cert] = await Promise.all([readFile(paths.key, 'utf8'), readFile(paths.certificate, 'utf8')]);
      const ca = intent.security!.bundlePem;
      assert.equal(await staysOpen(vpcAddress, { ca, key, cert }), true);
      assert.equal(await staysOpen(vpcAddress, { ca }), false);
    });

    test('the service writes and reads its index and asks what its client asks; nothing else', async () => {
      assert.equal(await ask('service', 'PUT', '/documents/_doc/1?refresh=true', { id: '1', content: 'a text' }), 201);
      for (const path of [
        '/_cluster/health?timeout=1s',
        '/_cluster/state/cluster_manager_node?filter_path=cluster_manager_node&local=true',
        '/_nodes/_local?filter_path=nodes.*.name',
        '/_nodes/_all/http?filter_path=nodes.*.roles,nodes.*.http.publish_address',
        '/documents/_doc/1',
        '/documents/_search?q=content:text',
        '/documents/_search_shards',
        '/documents/_mapping',
      ])
        assert.equal(await ask('service', 'GET', path), 200, path);
      assert.equal(await ask('service', 'POST', '/documents/_mget', { ids: ['1'] }), 200);
      assert.equal(await ask('service', 'POST', '/documents/_search?scroll=1m', { size: 1 }), 200);
      const bulk = '{"index":{"_index":"documents","_id":"2"}}\n{"id":"2","content":"b"}\n';
      const { body } = await cluster.transport(cluster.login('service')).request('POST', '/_bulk', bulk);
      assert.equal((body as { errors: boolean }).errors, false);
      assert.equal(await ask('operator', 'PUT', '/documents/_mapping', { dynamic: true }), 200);
      assert.equal(await ask('service', 'PUT', '/documents/_doc/3', { id: '3', content: 'c', further: 1 }), 201);
      const refused: [string, string, object?][] = [
        ['PUT', '/_cluster/settings', { persistent: { 'cluster.routing.allocation.enable': 'none' } }],
        ['PUT', '/others/_doc/1', { a: 1 }],
        ['GET', '/_search'],
        ['GET', '/.opendistro_security/_search'],
        ['GET', '/_snapshot'],
        ['DELETE', '/documents'],
        ['PUT', '/documents/_settings', { index: { number_of_replicas: 0 } }],
        ['PUT', '/_index_template/documents', { index_patterns: ['documents'] }],
        ['GET', '/_plugins/_security/api/internalusers'],
        ['POST', '/_cluster/voting_config_exclusions?node_names=demo-search-1'],
      ];
      for (const [method, path, sent] of refused)
        assert.equal(await ask('service', method, path, sent), 403, `${method} ${path}`);
    });

    test('the monitor reads the state of the cluster and of indices, and no document', () =>
      assertReadsStateAlone((...asked) => ask('monitor', ...asked)));

    test('a new cluster has exactly the accounts and roles of its files; one that was changed is found and put back', async () => {
      const transport = cluster.transport(cluster.login('operator'));
      const { api, objects } = wantedAccounts(intent)!;
      const differing = async () =>
        accountChanges(await storedAccounts(transport, api), objects, api).put.map(
          ({ part, name }) => `${part}/${name}`,
        );
      assert.deepEqual(await differing(), []);
      const root = '/_plugins/_security/api';
      const role = objects.find(({ part, name }) => part.endsWith('/roles') && name === 'understudy-service')!;
      assert.equal(
        await ask('operator', 'PUT', `${root}/roles/understudy-service`, { ...role.body, cluster_permissions: ['*'] }),
        200,
      );
      assert.equal(await ask('operator', 'DELETE', `${root}/internalusers/understudy-monitor`), 200);
      assert.deepEqual((await differing()).sort(), [
        `${root}/internalusers/understudy-monitor`,
        `${root}/roles/understudy-service`,
      ]);
      await assert.rejects(ask('monitor', 'GET', '/_cluster/health'), /\(401\)/);
      await writeAccounts(transport, objects, api);
      assert.deepEqual(await differing(), []);
      assert.equal(await ask('monitor', 'GET', '/_cluster/health'), 200);
      assert.equal(await ask('service', 'GET', '/_snapshot'), 403);
    });

    test('a password is changed by its hash alone; while it is exchanged both users log in, on every node, and then the old one does not', async () => {
      const { hash, password } = other.accounts.monitor;
      const { users } = intent.security!;
      const next = { account: 'monitor', user: 'understudy-monitor-2', hash } as const;
      const former = cluster.login('monitor');
      const letsIn = async (login: typeof former, label: string): Promise<boolean> =>
        await cluster
          .transport(login, [label])
          .request('GET', '/_cluster/health')
          .then(
            ({ status }) => status === 200,
            () => false,
          );
      const put = async (wanted: typeof users): Promise<boolean[]> => {
        const { api, objects } = wantedAccounts({ ...intent, security: { ...intent.security!, users: wanted } })!;
        await writeAccounts(cluster.transport(cluster.login('operator')), objects, api);
        const logins = [former, { ...former, user: next.user, password }];
        return await Promise.all(logins.flatMap((login) => labels.map((label) => letsIn(login, label))));
      };
      assert.deepEqual(await put([...users, next]), [true, true, true, true, true, true]);
      const rest = users.filter(({ account }) => account !== 'monitor');
      assert.deepEqual(await put([...rest, next]), [false, false, false, true, true, true]);
      assert.deepEqual(await put([...rest, { ...next, user: former.user }]), [
        false,
        false,
        false,
        false,
        false,
        false,
      ]);
      assert.equal(await letsIn({ ...former, password }, labels[0]), true);
      assert.deepEqual(await put(users), [true, true, true, false, false, false]);
    });

    test('a renewed certificate is served within seconds on both layers, without a restart', async () => {
      const { vpcAddress } = cluster.machines[0]!;
      const paths = tlsPaths(cluster.layout(labels[1]));
      const [key, cert] = await Promise.all([readFile(paths.key, 'utf8'), readFile(paths.certificate, 'utf8')]);
      const tls = { ca: intent.security!.bundlePem, key, cert };
      const before = await Promise.all([9200, 9300].map((port) => handshake(vpcAddress, port, tls)));
      await cluster.issue(labels[0]);
      const end = Date.now() + 60_000;
      for (const [at, port] of [9200, 9300].entries())
        while ((await handshake(vpcAddress, port, tls)) === before[at]) {
          assert.ok(Date.now() < end, `the old certificate is still served at ${port} after 60 s`);
          await sleep(250);
        }
      assert.equal(await ask('operator', 'GET', '/_cluster/health'), 200);
    });

    test('a node that is killed while the service writes comes back with its users, and every acknowledged document is there', async () => {
      const service = cluster.transport(cluster.login('service'), [labels[0], labels[2]]);
      const acknowledged: string[] = [];
      const write = async (count: number): Promise<void> => {
        for (let at = 0; at < count; at += 1) {
          const id = `killed-${acknowledged.length}-${at}`;
          const path = `/documents/_doc/${id}?timeout=20s`;
          const answer = await service.request('PUT', path, { id }, { timeoutMs: 30_000 }).catch(() => undefined);
          if (answer && answer.status < 300) acknowledged.push(id);
        }
      };
      await write(20);
      await cluster.kill(labels[1]);
      await write(20);
      cluster.run(labels[1]);
      await cluster.awaitNodes(cluster.login('operator'), 3, [labels[0], labels[2]]);
      await write(20);
      const operator = cluster.transport(cluster.login('operator'));
      const path = '/_cluster/health?wait_for_status=green&timeout=200s';
      const health = await operator.request('GET', path, undefined, { timeoutMs: 210_000 });
      assert.equal((health.body as { status: string }).status, 'green', JSON.stringify(health.body));
      assert.ok(acknowledged.length >= 40, String(acknowledged.length));
      for (const label of labels) {
        const reader = cluster.transport(cluster.login('service'), [label]);
        const { body } = await reader.request('POST', '/documents/_mget', { ids: acknowledged });
        const lost = (body as { docs: { _id: string; found?: boolean }[] }).docs.filter(({ found }) => found !== true);
        assert.deepEqual(lost, [], label);
      }
    });

    inFull('a second authority is trusted between nodes within seconds, without a restart', async () => {
      const { bundlePem } = intent.security!;
      for (const label of labels) await cluster.trust(label, bundlePem + other.bundlePem);
      await sleep(10_000);
      await cluster.issue(labels[2], other);
      await sleep(10_000);
      await cluster.stop(labels[2]);
      cluster.run(labels[2]);
      await cluster.awaitNodes(cluster.login('operator'), 3, labels.slice(0, 2));
      await cluster.issue(labels[2]);
      for (const label of labels) await cluster.trust(label, bundlePem);
      await sleep(10_000);
    });

    inFull('a node with the certificate of another authority does not join, and joins with its own', async () => {
      const label = labels[2];
      const rest = labels.slice(0, 2);
      await cluster.stop(label);
      await cluster.issue(label, other);
      await cluster.trust(label, other.bundlePem);
      cluster.run(label);
      await cluster.awaitNodes(cluster.login('operator'), 2, rest);
      const end = Date.now() + 120_000;
      const { vpcAddress } = cluster.machines[2]!;
      // It is up when it shows its certificate; then it has had its chance to join.
      while (!(await handshake(vpcAddress, 9200, { ca: other.bundlePem }).catch(() => undefined))) {
        assert.ok(Date.now() < end, cluster.output(label).slice(-2000));
        await sleep(500);
      }
      await sleep(15_000);
      const { body } = await cluster.transport(cluster.login('operator'), rest).request('GET', '/_cluster/health');
      assert.equal((body as { number_of_nodes: number }).number_of_nodes, 2);
      await cluster.stop(label);
      await cluster.issue(label);
      await cluster.trust(label, intent.security!.bundlePem);
      cluster.run(label);
      await cluster.awaitNodes(cluster.login('operator'), 3, rest);
    });

    inFull('a snapshot in an S3 store brings an index back, and only the operator may use it', async () => {
      assert.equal(await missingObjectStore(), undefined);
      await assertSnapshotsComeBack(cluster, 'documents');
    });

    test('a node that has run knows its users while the cluster is out; one that starts meanwhile lets nobody in', async () => {
      await Promise.all([labels[1], labels[2]].map((label) => cluster.stop(label)));
      const alone = (login = cluster.login('service')) => cluster.transport(login, [labels[0]]);
      await sleep(3000);
      const { status: answered } = await alone().request('GET', '/_cluster/health?timeout=1s&master_timeout=1s');
      assert.ok(answered === 503 || answered === 408, String(answered));
      assert.equal((await alone().request('GET', '/_nodes/_local')).status, 200);
      const wrong = { ...cluster.login('service'), password: new Secret('wrong') };
      await assert.rejects(alone(wrong).request('GET', '/'), /\(401\)/);
      await cluster.stop(labels[0]);
      cluster.run(labels[0]);
      // It waits 30 s for a master before it answers anybody.
      const end = Date.now() + 300_000;
      let status = 0;
      while (status === 0) {
        assert.ok(Date.now() < end, cluster.output(labels[0]).slice(-2000));
        status = await alone()
          .request('GET', '/', undefined, { timeoutMs: 3000 })
          .then(
            (answer) => answer.status,
            () => 0,
          );
        await sleep(500);
      }
      assert.equal(status, 503);
      cluster.run(labels[1]);
      await cluster.awaitNodes(cluster.login('service'), 2, [labels[0]]);
    });
  },
);
