// Applications of users on real machines: each example is brought to one small system by a change of service.artifact, and writes, gets
// and finds a document through the balancer.
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { silentLogger } from '@understudy/foundation';
import { observe, observeObjects, targetOf } from '../../../src/observe/index.ts';
import { openSession, resolveIntent } from '../../../src/operation/session.ts';
import { apply, confirmUnlessDestructive, plan } from '../../../src/reconcile/index.ts';
import { releaseTools } from '../../../../service/test/release/tools.ts';

const examples = path.resolve(import.meta.dirname, '../../../../../examples');
const tools = await releaseTools();
/** The example's own topology, with rolls that are shorter than by default and the given changes of `service`. */
async function topologyOf(base: string, example: string, service: Readonly<Record<string, unknown>>): Promise<string> {
  const artifact = path.join(base, example);
  await cp(path.join(examples, example), artifact, { recursive: true });
  const file = parse(await readFile(path.join(artifact, 'topology.yaml'), 'utf8')) as { service: object };
  const topologyPath = path.join(artifact, 'topology.yaml');
  const quick = { rollout: { steadyS: 3, canaryS: 4 } };
  const balancer = { check: { intervalS: 3, timeoutS: 2, attempts: 2 } };
  await writeFile(topologyPath, stringify({ ...file, balancer, service: { ...file.service, ...quick, ...service } }));
  return topologyPath;
}

async function post(url: string, body: unknown): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, text: await answer.text() };
}

/** Repeats a read, since a document is found a second after it was written. */
async function until(url: string, pattern: RegExp): Promise<void> {
  let text = '';
  for (let attempt = 0; attempt < 20; attempt += 1) {
    text = await (await fetch(url)).text();
    if (pattern.test(text)) return;
    await sleep(250);
  }
  assert.match(text, pattern);
}

/** @param base The directory of the test. */
export function examplesOn(base: () => string): void {
  describe('applications of users on real machines', { timeout: 1_500_000 }, () => {
    const withPython = { missing: tools.python.missing, unit: /venv\/bin\/(gunicorn|uvicorn) / };
    for (const { example, missing, unit, gets, service } of [
      { example: 'article-flask', ...withPython, gets: false, service: { environment: { COLOUR: 'green' } } },
      { example: 'fastapi', ...withPython, gets: true, service: {} },
      {
        example: 'express',
        missing: tools.npm.missing,
        unit: /current\/bin\/node server\.js/,
        gets: true,
        service: {},
      },
      { example: 'go', missing: tools.go.missing, unit: /current\/bin\/search$/m, gets: true, service: {} },
    ]) {
      it(`${example} is deployed, writes, gets and finds through the balancer`, { skip: missing }, async (context) => {
        const topologyPath = await topologyOf(base(), example, service);
        await using session = await openSession({ topologyPath, target: 'lab', logger: silentLogger });
        const intent = await resolveIntent(session);
        const startedMs = performance.now();
        const { status } = await apply(session.world, intent, { confirm: confirmUnlessDestructive });
        context.diagnostic(`applied in ${Math.round((performance.now() - startedMs) / 1000)} s`);
        assert.equal(status.verdict, 'healthy');
        const [url = ''] = status.balancer.urls;

        const written = await post(`${url}/index`, { id: example, data: { title: `an understudy named ${example}` } });
        assert.equal(written.status, 201, written.text);
        await until(`${url}/search?q=${example}`, new RegExp(`"_id":\\s*"${example}"`));
        if (gets) await until(`${url}/documents/${example}`, new RegExp(`an understudy named ${example}`));
        assert.equal((await post(`${url}/index`, { id: 'without data' })).status >= 400, true);

        const { instances } = await observeObjects(session.world.linode, 'example');
        for (const label of ['example-service-1', 'example-service-2']) {
          const instance = instances.find((candidate) => candidate.label === label);
          assert.ok(instance, label);
          const script =
            'systemctl cat understudy-service; pid=$(systemctl show -p MainPID --value understudy-service); ' +
            'ps -o user= -p $pid; tr "\\0" "\\n" < /proc/$pid/environ';
          const { stdout } = await session.world.runner.run(targetOf(instance), ['sh', '-c', script]);
          assert.match(stdout, unit);
          assert.match(stdout, /^understudy$/m);
          assert.match(stdout, /^ES_HOST=http:\/\/localhost:9200$/m);
          if (example === 'article-flask') assert.match(stdout, /^COLOUR=green$/m);
        }
        const { steps, obstacles } = plan(intent, await observe(session.world, intent.topology));
        assert.deepEqual([steps, obstacles], [[], []]);
      });
    }
  });
}
