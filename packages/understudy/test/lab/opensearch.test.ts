// A whole system with OpenSearch on real machines, with TLS and users: built from nothing, drifted, upgraded to the next major version while documents are written,
// given a lost machine back,
// broken by drills, destroyed. Needs root, and no lab on this host.
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSystemUnderTest } from '../../src/drills/open-system.ts';
import { catalogue } from '../../src/drills/catalogue.ts';
import { drillsNamed, runDrill } from '../../src/drills/index.ts';
import { openSession, resolveIntent, type Session } from '../../src/operation/session.ts';
import { observe, observeObjects } from '../../src/observe/index.ts';
import type { Status } from '../../src/status/index.ts';
import { silentLogger } from '@understudy/foundation';
import { labDown, labUp } from '@understudy/lab';
import { apply, confirmAll, destroy, plan } from '../../src/reconcile/index.ts';
import { printedOn } from './on-machine.ts';
import { useOwnDirectories } from './own-directories.ts';
import { toolLogin } from './tool-login.ts';

const [older, newer] = ['2.19.4', '3.4.0'];
const topologyText = (version: string): string => `
name: demo
region: us-ord
access: { adminNetworks: [198.18.0.1/32] }
search:
  engine: opensearch
  version: ${version}
  security: on
  heap: 512m
  failover: fast
  index: { name: documents, shards: 3 }
balancer:
  listeners: [{ port: 80, protocol: http }]
`;

/** Modest, so that a busy test machine measures the system and not itself. */
const modest = {
  durations: { steadyMs: 4_000, faultMs: 8_000, recoveryMs: 180_000 },
  ratePerS: { index: 12, get: 12, search: 6 },
  steady: { maxLagMs: 2_000, maxGapMs: 2_000 },
};

const searchDrills = catalogue.map(({ name }) => name).filter((name) => name.startsWith('search-'));
const isFull = process.env['UNDERSTUDY_FULL'] === '1';
const drills = isFull ? searchDrills : ['search-power-cut'];

let base = '';
let topologyPath = '';
let session: Session;
let status: Status;

async function open(version: string): Promise<void> {
  await writeFile(topologyPath, topologyText(version));
  session = await openSession({ topologyPath, target: 'lab', logger: silentLogger });
}

before(async () => {
  const own = await useOwnDirectories();
  base = own.base;
  topologyPath = path.join(base, 'topology.yaml');
  await labUp({ cacheDirectory: own.cache, logger: silentLogger, engine: 'opensearch' });
  await open(older);
});

after(async () => {
  await session[Symbol.asyncDispose]();
  await labDown({ logger: silentLogger });
  await rm(base, { recursive: true, force: true });
});

async function applied(): Promise<void> {
  ({ status } = await apply(session.world, await resolveIntent(session), { confirm: confirmAll }));
  assert.equal(status.verdict, 'healthy');
  assert.equal(status.cluster.health?.status, 'green');
}

async function on(label: string, script: string): Promise<string> {
  return await printedOn(session.world, 'demo', label, script);
}

/** A request of the operator to the engine of this machine. */
async function ask(label: string, path: string, ...options: readonly string[]): Promise<string> {
  const { operator } = session.security!.accounts;
  const login = `--cacert /etc/opensearch/understudy/authority.crt -u understudy-operator:${operator.password.reveal()}`;
  return await on(label, `curl -sf ${login} ${options.join(' ')} 'https://127.0.0.1:9200${path}'`);
}

async function stepsOf(): Promise<string[]> {
  const intent = await resolveIntent(session);
  return plan(intent, await observe(session.world, intent.topology)).steps.map(({ id }) => id);
}

async function nothingIsLeftToDo(): Promise<void> {
  const intent = await resolveIntent(session);
  const { steps, obstacles } = plan(intent, await observe(session.world, intent.topology));
  assert.deepEqual({ steps: steps.map(({ id }) => id), obstacles }, { steps: [], obstacles: [] });
}

/** Writes a document every 100 ms until told to stop; says which were acknowledged. */
function write(url: string, stop: AbortSignal): Promise<string[]> {
  const one = async (id: string): Promise<boolean> => {
    const body = `${JSON.stringify({ id, data: { title: id, text: 'written during the upgrade' } })}\n`;
    const headers = { 'content-type': 'application/x-ndjson', ...toolLogin(session) };
    const answer = await fetch(`${url}/bulk`, { method: 'POST', headers, body, signal: AbortSignal.timeout(30_000) });
    return answer.ok && !(await answer.text()).includes('"error"');
  };
  const sent: Promise<string | undefined>[] = [];
  return (async () => {
    for (let n = 0; !stop.aborted; n += 1) {
      const id = `during-${n}`;
      sent.push(
        one(id).then(
          (taken) => (taken ? id : undefined),
          () => undefined,
        ),
      );
      await sleep(100);
    }
    return (await Promise.all(sent)).filter((id) => id !== undefined);
  })();
}

describe('a system with OpenSearch', { timeout: 1_800_000 }, () => {
  it('is built from nothing, healthy, with nothing left to do', async () => {
    await applied();
    assert.deepEqual(status.cluster.voting, ['demo-search-1', 'demo-search-2', 'demo-search-3']);
    await nothingIsLeftToDo();
    const yml = await on('demo-search-1', 'cat /etc/opensearch/opensearch.yml');
    assert.doesNotMatch(yml, /initial_cluster_manager/);
    assert.match(yml, /^plugins\.security\.disabled: false$/m);
    assert.equal(await on('demo-search-1', 'ls /etc/opensearch | grep -c pem || true'), '0\n');
    const open = "curl -sk -o /dev/null -w '%{http_code}'";
    assert.equal(
      await on('demo-search-1', `${open} https://127.0.0.1:9200; ${open} -u admin:admin https://127.0.0.1:9200`),
      '401401',
    );
    const names = Object.keys(
      JSON.parse(await ask('demo-search-1', '/_plugins/_security/api/internalusers')) as object,
    );
    assert.deepEqual(names.sort(), ['understudy-monitor', 'understudy-operator', 'understudy-service']);
  });

  it('sees an account that was changed and one that is gone, and puts them back while everything runs', async () => {
    const api = '/_plugins/_security/api';
    const role = `'{"cluster_permissions":["*"]}'`;
    await ask(
      'demo-search-2',
      `${api}/roles/understudy-service`,
      ...['-X PUT', "-H 'Content-Type: application/json'", `-d ${role}`],
    );
    await ask('demo-search-2', `${api}/internalusers/understudy-monitor`, '-X DELETE');
    await on('demo-search-3', 'echo >> /etc/opensearch/opensearch-security/roles.yml');
    assert.deepEqual((await stepsOf()).sort(), ['demo-cluster/accounts', 'demo-search-3/files']);
    await applied();
    await nothingIsLeftToDo();
    assert.equal(await on('demo-search-1', 'apt-mark showhold'), 'opensearch\n');
  });

  it('goes from 2 to 3 one machine at a time while documents are written, and keeps each that was acknowledged', async () => {
    const [url = ''] = status.balancer.urls;
    const stop = new AbortController();
    const writing = write(url, stop.signal);
    await session[Symbol.asyncDispose]();
    await open(newer);
    await applied();
    stop.abort();
    const acknowledged = await writing;
    assert.ok(acknowledged.length > 50, `${acknowledged.length} writes`);
    const ids = ["-H 'Content-Type: application/json'", `-d '${JSON.stringify({ ids: acknowledged })}'`];
    const { docs } = JSON.parse(await ask('demo-search-1', '/documents/_mget?_source=false', ...ids)) as {
      docs: { _id: string; found: boolean }[];
    };
    assert.equal(docs.length, acknowledged.length);
    assert.deepEqual(
      docs.filter(({ found }) => !found).map(({ _id }) => _id),
      [],
    );
  });

  it('runs the new version with its own options everywhere, started once, with nothing left to do', async () => {
    for (const label of ['demo-search-1', 'demo-search-2', 'demo-search-3']) {
      assert.match(await ask(label, '/'), /"number" : "3\.4\.0"/);
      const options = await on(label, 'cat /etc/opensearch/jvm.options');
      assert.match(options, /^21-:-javaagent:agent\/opensearch-agent[^]*^## OpenSearch Performance Analyzer$/m);
      assert.doesNotMatch(options, /java\.security\.manager/);
      const starts = "journalctl -u opensearch --no-pager -o cat | grep -c '^Starting opensearch'";
      assert.equal(await on(label, `${starts}; systemctl show opensearch -p NRestarts --value`), '2\n0\n');
    }
    await nothingIsLeftToDo();
  });

  // By default one with Elasticsearch is.
  if (isFull) {
    it('a lost machine is made again, with a key and a certificate of its own', async () => {
      const subject = '/etc/opensearch/understudy/node.crt';
      const before = await on('demo-search-2', `cat ${subject}`);
      const { instances } = await observeObjects(session.world.linode, 'demo');
      const lost = instances.find(({ label }) => label === 'demo-search-2');
      await session.world.linode.instances.delete(lost!.id);
      await applied();
      assert.notEqual(await on('demo-search-2', `cat ${subject}`), before);
      await nothingIsLeftToDo();
    });
  }

  for (const name of drills)
    it(`${name} loses no data and leaves nothing behind`, async () => {
      const [drill] = drillsNamed([name]);
      assert.ok(drill);
      const world = await openSystemUnderTest(session, topologyPath);
      const { verdict } = await runDrill(world, drill, modest);
      // Gaps depend on what else this machine does; what was kept does not.
      assert.deepEqual(
        verdict.reasons.filter(({ code }) => code !== 'goal-missed'),
        [],
      );
      const { lost, unexpected, duplicate, stale } = verdict.documents.counts;
      assert.deepEqual({ lost, unexpected, duplicate, stale }, { lost: 0, unexpected: 0, duplicate: 0, stale: 0 });
    });

  it('is destroyed', async () => {
    await destroy(session.world, 'demo');
    assert.deepEqual((await observeObjects(session.world.linode, 'demo')).instances, []);
  });
});
