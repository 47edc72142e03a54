// An application of one's own on a whole system: drills over it, what the two kinds of checks do to it, why a backend is down, and
// an index from a file, and the gateway beside it. Needs root, and no lab on this host.
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSystemUnderTest } from '../../src/drills/open-system.ts';
import { openSession, resolveIntent, type Session } from '../../src/operation/session.ts';
import { drillsNamed, runDrill, type SystemUnderTest } from '../../src/drills/index.ts';
import { verify } from '../../src/proof/index.ts';
import { observe } from '../../src/observe/index.ts';
import { silentLogger, UnderstudyError } from '@understudy/foundation';
import { labDown, labPowerCut, labUp } from '@understudy/lab';
import { apply, confirmUnlessDestructive, plan } from '../../src/reconcile/index.ts';
import { assessHealth } from '../../src/status/index.ts';
import { topologyWarnings } from '../../src/topology/index.ts';
import { measure, type Measured } from './ejections.ts';
import { underLoad, type Traffic } from '../../../../bench/releases/load.ts';
import { useOwnDirectories } from './own-directories.ts';

const application = path.join(import.meta.dirname, 'article-app');

interface Parts {
  readonly indices?: string;
  readonly passive?: string;
  readonly gateway?: string;
}

function topologyText({ indices = 'index: { name: my-index }', passive = '', gateway = 'off' }: Parts = {}): string {
  return `
name: demo
region: us-ord
access: { adminNetworks: [198.18.0.1/32] }
search: { version: 9.5.3, heap: 512m, failover: fast, ${indices} }
service:
  runtime: python
  artifact: ${JSON.stringify(application)}
  command: [python3, -m, gunicorn, -w, '{workers}', -b, '{host}:{port}', 'app:app']
  workers: 4
  gateway: ${gateway}
  environment: { ENGINE: ${gateway === 'off' ? 'ES_HOSTS' : 'ES_HOST'} }
balancer:
  listeners: [{ port: 80, protocol: http }]
  check: { intervalS: 3, timeoutS: 2, attempts: 2${passive} }
drills:
  workload:
    write:
      path: /index
      body: { id: '{id}', data: { title: '{title}', content: '{content}' } }
      acknowledged: [201]
      proof: { at: /result, is: [created, updated] }
    search: { path: '/search?q={word}', hits: '' }
    stored: { content: /content }
`;
}

/** Modest, so that a busy test machine measures the system and not itself. */
const modest = {
  durations: { steadyMs: 4_000, faultMs: 8_000, recoveryMs: 180_000 },
  ratePerS: { index: 12, search: 6 },
  steady: { maxLagMs: 2_000, maxGapMs: 2_000 },
};

let base = '';
let session: Session | undefined;
let world: SystemUnderTest;

/** Applies this topology, in a session of its own. */
async function applied(text: string): Promise<void> {
  const topologyPath = path.join(base, 'topology.yaml');
  await writeFile(topologyPath, text);
  const next = await openSession({ topologyPath, target: 'lab', logger: silentLogger });
  await session?.[Symbol.asyncDispose]();
  session = next;
  await apply(next.world, await resolveIntent(next), { confirm: confirmUnlessDestructive });
  world = await openSystemUnderTest(next, topologyPath);
}

function current(): Session {
  assert.ok(session);
  return session;
}

before(async () => {
  const own = await useOwnDirectories();
  base = own.base;
  await labUp({ cacheDirectory: own.cache, logger: silentLogger });
  await applied(topologyText());
});

after(async () => {
  await session?.[Symbol.asyncDispose]();
  await labDown({ logger: silentLogger });
  await rm(base, { recursive: true, force: true });
});

async function settled(): Promise<void> {
  for (let waited = 0; waited < 60; waited += 1) {
    if ((await world.balancer.nodes()).every(({ status }) => status === 'UP')) return;
    await sleep(1_000);
  }
  assert.fail('the backends did not come back');
}

it('nothing is made for an application that makes its index itself, and the plan says that the passive check is off', async () => {
  const { topology } = current();
  assert.deepEqual(
    topologyWarnings(topology, { name: 'linode' }).flatMap(({ id }) => (id === 'passive-check-off' ? [id] : [])),
    ['passive-check-off'],
  );
  const seen = await observe(current().world, topology);
  const status = assessHealth(seen, topology);
  assert.equal(status.verdict, 'healthy');
  assert.deepEqual(
    status.notices.map(({ id }) => id),
    ['index-not-made-yet'],
  );
  assert.deepEqual(plan(await resolveIntent(current()), seen), { steps: [], obstacles: [] });
});

describe('a drill over it', () => {
  for (const name of ['search-kill-master', 'service-kill'])
    it(`${name} takes effect, loses nothing, and can be verified`, async (t) => {
      const [drill] = drillsNamed([name]);
      assert.ok(drill);
      const { directory, verdict } = await runDrill(world, drill, modest);
      const { failed, total, writesAcknowledged } = verdict.requests;
      t.diagnostic(
        `${verdict.result}; ${failed} of ${total} failed; ${writesAcknowledged} acknowledged; RTO ${verdict.rtoMs} ms`,
      );
      t.diagnostic(verdict.reasons.map(({ text }) => text).join('; '));
      t.diagnostic(JSON.stringify(verdict.documents.counts));
      // The application answers 500 while the engine elects: that is a missed goal, and what drills are for.
      assert.deepEqual(
        verdict.reasons.filter(({ code }) => code !== 'goal-missed'),
        [],
      );
      const { lost, unexpected, duplicate, stale } = verdict.documents.counts;
      assert.deepEqual({ lost, unexpected, duplicate, stale }, { lost: 0, unexpected: 0, duplicate: 0, stale: 0 });
      assert.ok(writesAcknowledged > 100);
      assert.deepEqual(
        verdict.notSent?.map(({ operation }) => operation),
        ['get'],
      );
      assert.deepEqual(await verify(directory), verdict);
    });
});

const say = ({ downS, allDownS, longestDownS, healthyFailed, healthyTotal }: Measured) =>
  `DOWN for ${JSON.stringify(downS)} s, all at once ${allDownS} s, the longest ${longestDownS} s; ` +
  `${healthyFailed} of ${healthyTotal} requests of the path that works failed`;

// A measurement of a minute each, in the full run alone.
for (const passive of process.env['UNDERSTUDY_FULL'] === '1' ? [false, true] : []) {
  it(`who is put out, passive check ${passive ? 'on' : 'off'}`, async (t) => {
    if (passive) await applied(topologyText({ passive: ', passive: true' }));
    await settled();
    const failing = await measure(world, 'failing handler', 20_000);
    t.diagnostic(`failing handler: ${say(failing)}`);
    await settled();
    const outage = await measure(world, 'engine outage', 20_000);
    t.diagnostic(`engine outage: ${say(outage)}`);
    await settled();
    const hang = await measure(world, 'hang', 20_000);
    t.diagnostic(`hang of one machine: ${say(hang)}`);
    const put = (measured: Measured) => Object.values(measured.downS).filter((seconds) => seconds > 0).length;
    assert.deepEqual([put(failing), put(outage)], passive ? [2, 2] : [0, 0]);
    assert.equal(put(hang), 1);
  });
}

it('status says why a backend is down: its health path, on the machine', async (t) => {
  await settled();
  const machine = world.machines.find(({ role }) => role === 'service');
  assert.ok(machine);
  await world.runner.run(machine, ['touch', '/var/lib/understudy/broken']);
  for (let waited = 0; waited < 30; waited += 1) {
    if ((await world.balancer.nodes()).some(({ status }) => status === 'DOWN')) break;
    await sleep(500);
  }
  const { findings } = assessHealth(await observe(current().world, current().topology), current().topology);
  await world.runner.run(machine, ['rm', '/var/lib/understudy/broken']);
  const finding = findings.find(({ id }) => id === 'backend-not-serving');
  t.diagnostic(finding?.reason ?? 'no finding');
  assert.ok(finding);
  assert.equal(finding.cause, 'health-status');
  assert.match(finding.reason, /is DOWN on port 80: its health path \/healthz answers 500 on the machine/);
});

it('a second index from a file: its mapping is made, grows, and a change that the engine refuses changes nothing', async () => {
  const file = path.join(base, 'articles.json');
  const write = (properties: object) => writeFile(file, JSON.stringify({ mappings: { dynamic: false, properties } }));
  const indices =
    'indices: [{ name: my-index }, { name: articles, shards: 1, template: ./articles.json, aliases: [papers] }]';
  const nothing = async () => plan(await resolveIntent(current()), await observe(current().world, current().topology));
  await write({ title: { type: 'text' } });
  await applied(topologyText({ indices }));
  assert.deepEqual(await nothing(), { steps: [], obstacles: [] });
  await write({ title: { type: 'text' }, year: { type: 'integer' } });
  await applied(topologyText({ indices }));
  assert.deepEqual(await nothing(), { steps: [], obstacles: [] });
  await write({ title: { type: 'keyword' }, year: { type: 'integer' } });
  const before = await observe(current().world, current().topology);
  await assert.rejects(applied(topologyText({ indices })), (error) => {
    assert.ok(error instanceof UnderstudyError);
    assert.match(error.message, /mapper \[title\] cannot be changed from type \[text\] to \[keyword\]/);
    return true;
  });
  const own = ({ cluster }: typeof before) => (cluster.state === 'seen' ? cluster.value.own[1] : undefined);
  const now = await observe(current().world, current().topology);
  assert.deepEqual(own(now)?.mapping, own(before)?.mapping);
  assert.deepEqual(own(now)?.template, own(before)?.template);
});

/** What a shell line says on each service machine. */
async function onServices(line: string): Promise<string[]> {
  const machines = world.machines.filter(({ role }) => role === 'service');
  const ran = machines.map(async (machine) => (await world.runner.run(machine, ['sh', '-c', line])).stdout.trim());
  return await Promise.all(ran);
}

/** Ten requests a second through the balancer, none repeated. */
const loaded = (work: () => Promise<unknown>) => underLoad(world.balancer.urls[0] ?? '', 10, work);
const said = ({ requests, failed, longestGapMs }: Traffic): string =>
  `${requests} requests, ${failed.length} failed, the longest gap ${longestGapMs} ms`;

const processes = () => onServices('systemctl show -p MainPID --value understudy-gateway.service');
const pathOfEnvironment = '/proc/$(systemctl show -p MainPID --value understudy-service.service)/environ';

describe('the gateway beside it', () => {
  it('is installed before the application is changed to it, and writes and searches go through it', async () => {
    await applied(topologyText({ gateway: 'on' }));
    await settled();
    const hosts = await onServices(`tr "\\0" "\\n" < ${pathOfEnvironment} | grep ^ES_HOST=`);
    assert.deepEqual(hosts, Array(2).fill('ES_HOST=http://localhost:9200'));
    const { traffic } = await loaded(() => sleep(5_000));
    assert.deepEqual(traffic.failed, []);
    const passedOn = await onServices(
      'curl -s 127.0.0.1:9200/_understudy/metrics | grep -c \'operation="index"\\|operation="search"\'',
    );
    for (const count of passedOn) assert.ok(Number(count) >= 2, passedOn.join(' '));
  });

  it('is replaced on both machines under load, and no request fails', async (t) => {
    const before = await processes();
    const { traffic } = await loaded(async () => {
      await sleep(3_000);
      await applied(topologyText({ gateway: '{ deadlineMs: 20000 }' }));
    });
    t.diagnostic(said(traffic));
    assert.deepEqual(traffic.failed, []);
    assert.ok(traffic.requests > 50);
    const now = await processes();
    for (const [place, pid] of now.entries()) assert.notEqual(pid, before[place]);
  });

  it('a search machine loses its power under load, and no request fails', async (t) => {
    const { traffic } = await loaded(async () => {
      await sleep(3_000);
      await labPowerCut('demo-search-2');
      await sleep(20_000);
    });
    t.diagnostic(said(traffic));
    assert.deepEqual(traffic.failed, []);
    await applied(topologyText({ gateway: '{ deadlineMs: 20000 }' }));
  });

  it('is removed when it is switched off, after the application has left it', async () => {
    const { traffic } = await loaded(() => applied(topologyText()));
    assert.deepEqual(traffic.failed, []);
    const left = await onServices(
      'ls -d /opt/understudy-gateway /etc/systemd/system/understudy-gateway* 2>/dev/null; true',
    );
    assert.deepEqual(left, ['', '']);
  });
});
