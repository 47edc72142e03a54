// An engine that would not start again with what is on its machine goes on running: it is refused before it is stopped.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, confirmUnlessDestructive } from '../../src/reconcile/index.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

const unit = 'elasticsearch.service';

test('a restart is refused while the engine runs, with the file and what is allowed; mended, it goes through', async () => {
  const intent = await sampleIntent();
  const otherHeap = {
    ...intent,
    topology: (await sampleIntent(sampleText.replace('search:', 'search:\n  heap: 1g'))).topology,
  };
  assert.notEqual(otherHeap.topology.search.heapMb, intent.topology.search.heapMb);
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, { confirm: confirmUnlessDestructive });
  const broken = sim.machine('demo-search-2');
  assert.ok(broken);
  broken.keystore = 'unreadable';

  const failed = await apply(sim.world, otherHeap, { confirm: confirmUnlessDestructive }).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(failed instanceof Error);
  assert.match(
    failed.message,
    /demo-search-2: .*elasticsearch\.keystore: seen unreadable .*; allowed owner root:elasticsearch/,
  );
  assert.equal(broken.units.get(unit)?.active, true, 'the engine still runs');

  broken.keystore = 'read';
  await apply(sim.world, otherHeap, { confirm: confirmUnlessDestructive });
  assert.equal(broken.units.get(unit)?.active, true);
});
