// Which request a probe sends: one that the node answers alone, without a parameter that its engine has deprecated.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Node } from '../../src/nodes/node.ts';
import { Prober, type ProbeResult } from '../../src/nodes/prober.ts';
import type { HeaderMap, Wire } from '../../src/nodes/wire.ts';
import { Breaker, breakerDefaults } from '../../src/policy/breaker.ts';
import { Wheel } from '../../src/time/wheel.ts';
import { SimTime } from '../simulation/sim-time.ts';

/** The paths that an engine with these answer headers is asked, over three probes. */
async function asked(headers: HeaderMap): Promise<{ readonly paths: string[]; readonly results: ProbeResult[] }> {
  const time = new SimTime(1);
  const paths: string[] = [];
  const results: ProbeResult[] = [];
  const wire: Wire = {
    send: () => assert.fail('a probe is no request of a user'),
    probe(request, sink) {
      paths.push(request.path);
      time.after(1, () => sink.onAnswer({ status: 200, headers, body: Buffer.from('{"master_node":"m"}') }));
      return { cancel: () => undefined };
    },
    close: () => Promise.resolve(),
  };
  const node = new Node('http://n0:9200', wire, new Breaker(breakerDefaults, 0), 0);
  const prober = new Prober(node, time, new Wheel(time), 500, (_, result) => results.push(result));
  for (let n = 0; n < 3; n++) {
    prober.now();
    await time.run(10);
  }
  prober.stop();
  return { paths, results };
}

const alone = '/_cluster/state/master_node?filter_path=master_node';

test('a node is asked for its own view of the master', async () => {
  const { paths, results } = await asked({});
  assert.deepEqual(
    paths,
    Array.from({ length: 3 }, () => `${alone}&local=true`),
  );
  assert.ok(results.every((result) => result.kind === 'alive' && result.seesMaster));
});

test('`local` is left out after the engine has warned that it is deprecated', async () => {
  // The header of Elasticsearch 9.5.3.
  const warning =
    '299 Elasticsearch-9.5.3-0 "the [?local] query parameter to this API has no effect, is now deprecated, and will be removed in a future version"';
  assert.deepEqual((await asked({ warning })).paths, [`${alone}&local=true`, alone, alone]);
  assert.deepEqual((await asked({ warning: ['299 a "b"', warning] })).paths, [`${alone}&local=true`, alone, alone]);
});
