// The cost of an observation, a plan and a verdict by system size: counted, not timed, so that it is the same on every machine.
import assert from 'node:assert/strict';
import { Session } from 'node:inspector/promises';
import { test } from 'node:test';
import { unknown } from '@understudy/foundation';
import { apply, plan, confirmAll } from '../../src/reconcile/index.ts';
import { assessHealth } from '../../src/status/index.ts';
import { observe } from '../../src/observe/index.ts';
import { sampleIntent, sizedText } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

interface Cost {
  /** Requests to Linode's API for one observation. */
  readonly requests: number;
  /** Those, remote commands and requests to the engine. */
  readonly sent: number;
  /** How often each function of the tool ran in the observation, the plan and the verdict, by name and place. */
  readonly calls: ReadonlyMap<string, number>;
}

/** The engine's own count of calls of every function of the tool, closures too, while `work` runs. */
async function callsDuring(work: () => Promise<void>): Promise<Map<string, number>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await work();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  session.disconnect();
  const tool = result.filter(({ url }) => /\/packages\/(?!lab\/)[^/]+\/src\//.test(url));
  return new Map(
    tool.flatMap(({ url, functions }) =>
      functions.map(({ functionName, ranges }) => {
        const place = `${functionName} in ${url.replace(/.*\/src\//, '')} at ${String(ranges[0]?.startOffset)}`;
        return [place, ranges[0]?.count ?? 0] as const;
      }),
    ),
  );
}

/** For a system that matches the topology, for one without objects, and for one where no machine answers. */
async function costOf(machines: number): Promise<Cost> {
  const intent = await sampleIntent(sizedText(machines));
  await using sim = await simulatedWorld({ factor: 20 });
  await apply(sim.world, intent, { confirm: confirmAll });
  const [requests, sent] = [sim.world.linode.calls().total, sim.connection.calls()];
  const calls = await callsDuring(async () => {
    const observation = await observe(sim.world, intent.topology);
    assert.deepEqual(plan(intent, observation), { steps: [], obstacles: [] });
    assert.equal(assessHealth(observation, intent.topology).machines.length, machines);
    const { objects } = observation;
    const none = { ...objects, instances: [], vpcs: [], vpcIps: [], firewalls: [], placementGroups: [], balancers: [] };
    const unreachable = unknown('no machine', 'cluster-unreachable');
    const lost = unknown('no answer', 'machines-unreachable');
    const unreached = Object.fromEntries(objects.instances.map(({ label }) => [label, lost]));
    assert.ok(
      plan(intent, { ...observation, objects: none, machines: {}, cluster: unreachable }).steps.length > 5 * machines,
    );
    const later = new Date(Date.parse(observation.at) + 3_600_000).toISOString();
    const unanswered = { ...observation, at: later, machines: unreached, cluster: unreachable };
    assert.equal(plan(intent, unanswered).obstacles.length, 1, 'the operator is locked out');
    const nobodyUp = { ...objects, balancers: [] };
    assert.ok(plan(intent, { ...unanswered, objects: nobodyUp }).obstacles.length > machines);
  });
  return { requests: sim.world.linode.calls().total - requests, sent: sim.connection.calls() - sent, calls };
}

test('observation, plan and verdict grow at most linearly, in requests and in function calls', async () => {
  const [small, times] = [20, 4];
  const before = await costOf(small);
  const after = await costOf(small * times);
  assert.ok(after.requests <= before.requests * times, `${before.requests} requests became ${after.requests}`);
  assert.ok(after.sent <= before.sent * times, `${before.sent} messages became ${after.sent}`);
  assert.ok(before.calls.size > 200, 'the functions of the tool are seen');
  // A function that runs for each pair of machines would run sixteen times as often; a comparison in sorting, about six times.
  const steep = [...after.calls].filter(
    ([place, calls]) => calls > (before.calls.get(place) ?? 0) * times * 2 && calls > small * times * 5,
  );
  assert.deepEqual(steep, []);
});
