// A shrink, an upgrade and a replacement are killed at calls spread over the whole of them, and apply is run again: it finishes
// the operation, loses no shard and leaves nothing behind. Stopped machines are detected late, as on a busy host with the engine's defaults.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import type { Intent } from '../../src/operation/index.ts';
import { observe, type World } from '../../src/observe/index.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const all = { confirm: confirmAll };
/** Simulated time for which a machine without an answer still counts as a member. */
const detectedAfterMs = 30_000;
const runs = process.env['UNDERSTUDY_FULL'] === '1' ? 40 : 6;

const text = (nodes: number, more = ''): string => sampleText.replace('search:', `search:\n  nodes: ${nodes}${more}`);
const base = await sampleIntent();
const intentOf = async (topologyText: string): Promise<Intent> => ({
  ...base,
  topology: (await sampleIntent(topologyText)).topology,
});

const operations: readonly [what: string, from: string, to: string, machines: number][] = [
  ['5 search machines become 3', text(5), text(3), 5],
  ['3 search machines become 5', text(3), text(5), 7],
  ['an upgrade', text(3).replace('9.5.3', '9.5.2'), text(3), 5],
  ['every search machine of another type', text(3), text(3, '\n  machineType: g6-standard-6'), 5],
];

/** Kills the operation at a call; resolves false when it ended before. */
function killedAt(sim: SimulatedWorld, atCall: number, work: (world: World) => Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const { world } = sim.connect({ atCall, moment: 'after', onKill: () => resolve(true) });
    const ended = (): void => resolve(false);
    void work(world).then(ended, ended);
  });
}

async function callsOf(from: Intent, to: Intent): Promise<number> {
  await using sim = await simulatedWorld({ factor: 400 });
  await apply(sim.world, from, all);
  const { world, connection } = sim.connect();
  await apply(world, to, all);
  return connection.calls();
}

async function assertFinished(sim: SimulatedWorld, to: Intent, machines: number, label: string): Promise<void> {
  const { steps, obstacles } = plan(to, await observe(sim.world, to.topology));
  assert.deepEqual([...steps.map(({ id }) => id), ...obstacles.map(({ reason }) => reason)], [], label);
  assert.equal(sim.hardware.machines.size, machines, label);
  assert.deepEqual(sim.clusters.lost, [], `${label}: shards were lost`);
  assert.equal(sim.clusters.identities.size, 1, label);
  for (const { settings, transient, votingExclusions } of sim.clusters.identities.values()) {
    const left = Object.entries({ ...settings, ...transient }).filter(([, value]) => value !== null);
    assert.deepEqual(left, [], `${label}: settings are left over`);
    assert.equal(votingExclusions.size, 0, `${label}: voting exclusions are left over`);
  }
}

describe('an operation that is killed is finished by the next apply', () => {
  for (const [what, from, to, machines] of operations) {
    test(what, async () => {
      const [before, after] = [await intentOf(from), await intentOf(to)];
      const calls = await callsOf(before, after);
      assert.ok(calls > 30, `${calls} calls`);
      for (let run = 1; run <= runs; run += 1) {
        const atCall = Math.round((calls * run) / (runs + 1));
        await using sim = await simulatedWorld({ factor: 400 });
        sim.clusters.detectedAfterMs = detectedAfterMs;
        await apply(sim.world, before, all);
        await killedAt(sim, atCall, (world) => apply(world, after, all));
        const { status } = await apply(sim.world, after, all);
        assert.equal(status.verdict, 'healthy');
        await assertFinished(sim, after, machines, `killed at call ${atCall} of ${calls}`);
      }
    });
  }
});
