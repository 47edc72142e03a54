// The real engine with the files that the tool writes: who gets in, who does not, and what each account may do.
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Secret } from '@understudy/foundation';
import { createIndex, putIndexTemplate } from '../../src/cluster/index.ts';
import { tlsPaths } from '../../src/engines/index.ts';
import { indexTemplateOf, type Intent } from '../../src/operation/index.ts';
import { openSecurity, type SystemSecurity } from '../../src/secure/index.ts';
import { assertReadsStateAlone } from './account-checks.ts';
import { sampleIntent, securedText } from '../simulation/sample-intent.ts';
import { missingEngine, SecuredCluster } from './secured-cluster.ts';
import { answerOverTls, handshake, staysOpen } from './tls-probes.ts';

describe('a real cluster with TLS and users', { skip: missingEngine('elasticsearch'), timeout: 800_000 }, () => {
  let base = '';
  let intent: Intent;
  let other: SystemSecurity;
  let cluster: SecuredCluster;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'understudy-secured-config-'));
    const sample = await sampleIntent(securedText);
    const open = (name: string) => openSecurity({ directory: join(base, name), systemName: 'demo', nowMs: Date.now() });
    other = await open('other');
    intent = {
      ...sample,
      repository: { ...sample.repository, securityModule: true },
      security: await open('own'),
    };
    cluster = await SecuredCluster.start(intent);
    const operator = cluster.transport(cluster.login('operator'));
    const { index } = intent.topology.search;
    await putIndexTemplate(operator, 'documents', indexTemplateOf(intent, index)!);
    await createIndex(operator, 'documents');
  });

  after(async () => {
    await cluster[Symbol.asyncDispose]();
    await rm(base, { recursive: true, force: true });
  });

  const status = async (account: 'operator' | 'service' | 'monitor', ...asked: [never, string, object?]) =>
    (await cluster.transport(cluster.login(account)).request(...asked)).status;
  const ask = (account: 'operator' | 'service' | 'monitor', method: string, path: string, body?: object) =>
    status(account, method as never, path, body);

  test('the tool sees three nodes over verified TLS, under a basic licence, with its certificates', async () => {
    const operator = cluster.transport(cluster.login('operator'));
    const { body } = await operator.request('GET', '/_cluster/health');
    assert.equal((body as { number_of_nodes: number }).number_of_nodes, 3);
    const { body: shown } = await operator.request('GET', '/_ssl/certificates');
    const names = (shown as { subject_dn: string }[]).map(({ subject_dn: name }) => name);
    assert.ok(
      names.some((name) => /^CN=demo-search-\d$/.test(name)),
      names.join(),
    );
    assert.ok(names.includes('CN=Authority of demo'), names.join());
  });

  test('a wrong password, none at all, and the built-in user get 401; plain HTTP gets no answer', async () => {
    const wrong = { ...cluster.login('operator'), password: new Secret('wrong') };
    await assert.rejects(
      cluster.transport(wrong).request('GET', '/'),
      /refused the password of understudy-operator \(401\)/,
    );
    const elastic = { ...wrong, user: 'elastic', password: new Secret('changeme') };
    await assert.rejects(cluster.transport(elastic).request('GET', '/'), /\(401\)/);
    const { bundlePem } = intent.security!;
    assert.match(await answerOverTls(cluster.machines[0]!.vpcAddress, bundlePem), /^HTTP\/1\.1 401/);
    await assert.rejects(cluster.transport(undefined).request('GET', '/'), { code: 'cluster-unreachable' });
    await assert.rejects(
      new Promise((resolve, reject) => {
        const asked = httpRequest({ host: cluster.machines[0]!.vpcAddress, port: 9200 }, resolve);
        asked.on('error', reject).end();
      }),
    );
  });

  test('a client that trusts another authority refuses the engine, and so does one that expects another address', async () => {
    const login = { ...cluster.login('operator'), bundlePem: other.bundlePem };
    await assert.rejects(cluster.transport(login).request('GET', '/'), /signature|issuer|self-signed|certificate/);
    const [first, second] = cluster.machines;
    await assert.rejects(
      handshake(first!.vpcAddress, 9200, { ca: intent.security!.bundlePem, expect: second!.vpcAddress }),
      {
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      },
    );
  });

  test('between nodes: no certificate and one of another authority are refused, one of a member is accepted', async () => {
    const { vpcAddress } = cluster.machines[0]!;
    const paths = tlsPaths(cluster.layout('demo-search-2'));
    const [key, cert] = await Promise.all([readFile(paths.key, 'utf8'), readFile(paths.certificate, 'utf8')]);
    const ca = intent.security!.bundlePem;
    assert.equal(await staysOpen(vpcAddress, { ca, key, cert }), true);
    assert.equal(await staysOpen(vpcAddress, { ca }), false);
    await cluster.issue('demo-search-3', other);
    const theirs = tlsPaths(cluster.layout('demo-search-3'));
    const foreign = { key: await readFile(theirs.key, 'utf8'), cert: await readFile(theirs.certificate, 'utf8') };
    await cluster.issue('demo-search-3');
    assert.equal(await staysOpen(vpcAddress, { ca, ...foreign }), false);
  });

  test('the service writes and reads its index and asks what its client asks; nothing else', async () => {
    assert.equal(await ask('service', 'PUT', '/documents/_doc/1?refresh=true', { id: '1', content: 'a text' }), 201);
    for (const path of [
      '/_cluster/health?timeout=1s',
      '/_cluster/state/master_node?filter_path=master_node',
      '/_nodes/_local?filter_path=nodes.*.name',
      '/_nodes/_all/http?filter_path=nodes.*.roles,nodes.*.http.publish_address',
      '/documents/_doc/1',
      '/documents/_search?q=content:text',
      '/documents/_search_shards',
      '/documents/_mapping',
    ])
      assert.equal(await ask('service', 'GET', path), 200, path);
    assert.equal(await ask('service', 'POST', '/documents/_mget', { ids: ['1'] }), 200);
    const bulk = '{"index":{"_index":"documents","_id":"2"}}\n{"id":"2","content":"b"}\n';
    const { body } = await cluster.transport(cluster.login('service')).request('POST', '/_bulk', bulk);
    assert.equal((body as { errors: boolean }).errors, false);
    const refused: [string, string, object?][] = [
      ['PUT', '/_cluster/settings', { persistent: { 'cluster.routing.allocation.enable': 'none' } }],
      ['PUT', '/others/_doc/1', { a: 1 }],
      ['GET', '/_snapshot'],
      ['DELETE', '/documents'],
      ['PUT', '/_index_template/documents', { index_patterns: ['documents'] }],
      ['GET', '/_security/user'],
      ['POST', '/_cluster/voting_config_exclusions?node_names=demo-search-1'],
    ];
    for (const [method, path, sent] of refused)
      assert.equal(await ask('service', method, path, sent), 403, `${method} ${path}`);
  });

  test('the monitor reads the state of the cluster and of indices, and no document', () =>
    assertReadsStateAlone((...asked) => ask('monitor', ...asked)));

  test('a renewed certificate is served within seconds, without a restart', async () => {
    const [first] = cluster.machines;
    const ca = intent.security!.bundlePem;
    const before = await handshake(first!.vpcAddress, 9200, { ca });
    await cluster.issue('demo-search-1');
    const end = Date.now() + 60_000;
    while ((await handshake(first!.vpcAddress, 9200, { ca })) === before) {
      assert.ok(Date.now() < end, 'the old certificate is still served after 60 s');
      await sleep(250);
    }
    assert.equal(await ask('operator', 'GET', '/_cluster/health'), 200);
  });

  test('a node with the certificate of another authority does not join, and joins with its own', async () => {
    const label = 'demo-search-3';
    const rest = ['demo-search-1', 'demo-search-2'];
    await cluster.stop(label);
    await cluster.issue(label, other);
    await cluster.trust(label, other.bundlePem);
    cluster.run(label);
    await cluster.awaitNodes(cluster.login('operator'), 2, rest);
    const foreign = cluster.transport({ ...cluster.login('operator'), bundlePem: other.bundlePem }, [label]);
    const end = Date.now() + 120_000;
    // It is up when it answers; then it has had its chance to join.
    while (!(await foreign.request('GET', '/', undefined, { timeoutMs: 3000 }).catch(() => undefined))) {
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

  test('users are known while the cluster is out: right passwords get in, wrong ones do not', async () => {
    await Promise.all(['demo-search-2', 'demo-search-3'].map((label) => cluster.stop(label)));
    const alone = (login = cluster.login('service')) => cluster.transport(login, ['demo-search-1']);
    await sleep(3000);
    const { status: answered } = await alone().request('GET', '/_cluster/health?timeout=1s&master_timeout=1s');
    assert.ok(answered === 503 || answered === 408, String(answered));
    assert.equal((await alone().request('GET', '/_nodes/_local')).status, 200);
    const wrong = { ...cluster.login('service'), password: new Secret('wrong') };
    await assert.rejects(alone(wrong).request('GET', '/'), /\(401\)/);
  });
});
