// Changes of the service on real machines while users send requests: a release, a variable, more machines, a release that does not
// start. The application ignores SIGTERM.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { openSession, resolveIntent, type Session } from '../../../src/operation/session.ts';
import { UnderstudyError, type Logger } from '@understudy/foundation';
import { apply, confirmAll, plan, type Applied } from '../../../src/reconcile/index.ts';
import { observe, observeObjects, targetOf } from '../../../src/observe/index.ts';
import { underTraffic, writeApplication, type Fault, type Traffic } from './rollout-application.ts';

interface Parts {
  readonly instances?: number;
  readonly intervalS?: number;
  readonly mode?: string;
  readonly port?: number;
}

function topologyText({ instances = 2, intervalS = 3, mode = 'one', port = 8080 }: Parts): string {
  return `
name: example
region: us-ord
access: { adminNetworks: [198.18.0.1/32] }
search: { version: 9.5.3, heap: 512m }
service:
  artifact: ./application
  command: [bin/node, app.mjs]
  instances: ${instances}
  workers: 1
  port: ${port}
  healthPath: /live
  readyPath: /ready
  stopS: 3
  rollout: { drainS: 10, steadyS: 3, canaryS: 4, paths: [/, /slow] }
  environment: { MODE: ${mode} }
balancer: { check: { intervalS: ${intervalS}, timeoutS: 2, attempts: 2 } }
`;
}

let base = '';
let url = '';
const shown: Logger = (entry) => {
  if (process.env['UNDERSTUDY_TEST_LOG'] !== undefined) console.error(`${entry.subject}: ${entry.text}`);
};

/** Opens the system as the file has it, for one piece of work. */
async function withSession<Result>(parts: Parts, work: (session: Session) => Promise<Result>): Promise<Result> {
  const topologyPath = path.join(base, 'topology.yaml');
  await writeFile(topologyPath, topologyText(parts));
  await using session = await openSession({ topologyPath, target: 'lab', logger: shown });
  return await work(session);
}

async function applied(parts: Parts): Promise<Applied> {
  return await withSession(parts, async (session) =>
    apply(session.world, await resolveIntent(session), { confirm: confirmAll }),
  );
}

function application(version: string, fault?: Fault): Promise<void> {
  return writeApplication(path.join(base, 'application'), version, fault);
}

async function on(label: string, script: string): Promise<string> {
  return await withSession({}, async ({ world }) => {
    const { instances } = await observeObjects(world.linode, 'example');
    const instance = instances.find((candidate) => candidate.label === label);
    assert.ok(instance, label);
    return (await world.runner.run(targetOf(instance), ['sh', '-c', script])).stdout.trim();
  });
}

function assertServed({ failed, requests }: Traffic): void {
  console.error(`${requests} requests, ${failed.length} failed`);
  assert.deepEqual(failed, []);
  assert.ok(requests > 100, `${requests} requests`);
}

/** @param directory That of the test. */
export function rolloutsOn(directory: () => string): void {
  describe('changes of the service under traffic fail no request', { timeout: 900_000 }, () => {
    before(() => {
      base = directory();
      // Releases that only this test has are not kept.
      process.env['UNDERSTUDY_CACHE'] = path.join(base, 'cache');
    });

    it('the application is brought', async () => {
      await application('first');
      const { status } = await applied({});
      assert.equal(status.verdict, 'healthy');
      url = status.balancer.urls[0] ?? '';
    });

    it('a release with another value of a variable, which the step names', async () => {
      await application('second');
      const { traffic, result } = await underTraffic(url, () => applied({ mode: 'two' }));
      assertServed(traffic);
      assert.equal([...traffic.answered.keys()].at(-1), '{"version":"second","mode":"two"}');
      const reasons = result.done.map(({ reason }) => reason);
      assert.match(reasons.join('\n'), /example-service-1 .*MODE changed/);
    });

    it('a release that does not start stops at the first machine, and the old one serves there again', async () => {
      await application('third', 'starts');
      const before = await on('example-service-2', 'systemctl show -p MainPID --value understudy-service');
      const { traffic, result } = await underTraffic(url, () =>
        applied({ mode: 'two' }).catch((error: unknown) => error),
      );
      assertServed(traffic);
      assert.ok(result instanceof UnderstudyError && result.code === 'reconcile-release-rejected', String(result));
      assert.match(result.message, /ERR_MODULE_NOT_FOUND/);
      assert.match(result.message, /status=1\/FAILURE/);
      console.error(result.message, result.facts['putBackMs']);
      assert.ok(Number(result.facts['putBackMs']) < 30_000);
      assert.deepEqual([...traffic.answered.keys()], ['{"version":"second","mode":"two"}']);
      assert.equal(await on('example-service-2', 'systemctl show -p MainPID --value understudy-service'), before);
    });

    it('applied again it goes to no machine, and the plan says why', async () => {
      await withSession({ mode: 'two' }, async (session) => {
        const intent = await resolveIntent(session);
        const { steps, obstacles } = plan(intent, await observe(session.world, session.topology));
        assert.deepEqual(steps, []);
        assert.match(obstacles[0]?.reason ?? '', /was rejected here at .* ended 3 times/);
      });
    });

    it('a release that is live and ready and answers users with 500 is put back before a user meets it', async () => {
      await application('half', 'pages');
      const { traffic, result } = await underTraffic(url, () =>
        applied({ mode: 'two' }).catch((error: unknown) => error),
      );
      assertServed(traffic);
      assert.ok(result instanceof UnderstudyError && result.code === 'reconcile-release-rejected', String(result));
      assert.match(result.message, /Within 10 s \(service\.rollout\.paths\) \S+\/ answered 500\./);
      console.error(result.facts['putBackMs']);
    });

    it('a setting with which it does not start is put back', async () => {
      await application('second');
      const { traffic, result } = await underTraffic(url, () =>
        applied({ mode: 'broken' }).catch((error: unknown) => error),
      );
      assertServed(traffic);
      assert.ok(result instanceof UnderstudyError && result.code === 'reconcile-settings-rejected', String(result));
      assert.match(result.message, /MODE is broken/);
    });

    it('a release, a variable, another port, a third machine and another check interval at once', async () => {
      await application('fourth');
      const { traffic, result } = await underTraffic(url, () =>
        applied({ mode: 'three', instances: 3, intervalS: 4, port: 8181 }),
      );
      assertServed(traffic);
      assert.equal(result.status.verdict, 'healthy');
      assert.equal([...traffic.answered.keys()].at(-1), '{"version":"fourth","mode":"three"}');
      const listening = await on('example-service-1', 'ss -Hltn "( sport = :8181 or sport = :8080 )"');
      assert.match(listening, /:8181 /);
      assert.doesNotMatch(listening, /:8080 /);
    });
  });
}
