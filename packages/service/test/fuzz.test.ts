// Random requests, few enough for every run of the tests; test/fuzz/many-bodies.ts and test/fuzz/openapi.ts send as many as
// one likes.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { caller, type Call } from './contract/call.ts';
import { attack, attacks } from './fuzz/bodies.ts';
import { prepareSchemathesis, schemathesis } from './fuzz/schemathesis.ts';
import { findEngine, startEngine, type TestEngine } from './harness/engine.ts';
import { flask, node, type RunningService } from './harness/implementations.ts';

const found = await findEngine();
const skip = 'missing' in found ? found.missing : await flask.prepare();
const noSchemathesis = skip ?? (await prepareSchemathesis());

describe('random requests', { skip: skip ?? false }, () => {
  let engine: TestEngine;
  before(async () => {
    if (!('missing' in found)) engine = await startEngine(found);
  });
  after(() => engine.stop());

  it('crash nothing and get answers that the API has', async () => {
    const service = await node.start({ ES_HOSTS: engine.url });
    try {
      const { bad, statuses } = await attack(
        caller(() => service.url),
        3000,
        16,
        1,
      );
      assert.deepEqual(bad, []);
      assert.ok((statuses[201] ?? 0) > 100 && (statuses[400] ?? 0) > 100, JSON.stringify(statuses));
      assert.doesNotMatch(service.output(), /worker ended|internal fault/);
    } finally {
      await service.stop();
    }
  });

  it('made from the OpenAPI document are answered as it says', { skip: noSchemathesis ?? false }, async () => {
    const service = await node.start({ ES_HOSTS: engine.url, METRICS: 'public' });
    try {
      const { good, said } = await schemathesis(service.url, 20);
      assert.ok(good, said);
      assert.doesNotMatch(service.output(), /worker ended|internal fault/);
    } finally {
      await service.stop();
    }
  });

  it('get the same status from both implementations', async () => {
    const services: RunningService[] = await Promise.all(
      [node, flask].map((one) => one.start({ ES_HOSTS: engine.url })),
    );
    try {
      const [first, second] = services.map((service) => caller(() => service.url)) as [Call, Call];
      for (const { path, options } of fc.sample(attacks, { numRuns: 500, seed: 2 })) {
        // Bulk is no part of the Python service.
        if (path === '/bulk') continue;
        const [one, other] = await Promise.all([first('POST', path, options), second('POST', path, options)]);
        assert.equal(one.status, other.status, `${JSON.stringify(options)}\n${one.text}\n${other.text}`);
      }
    } finally {
      await Promise.all(services.map((service) => service.stop()));
    }
  });
});
