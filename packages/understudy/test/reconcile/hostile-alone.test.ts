// Each API fault alone: apply, status and destroy succeed despite transient faults, and stop with a reason at permanent ones.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { UnderstudyError } from '@understudy/foundation';
import { faultKinds, type FaultKind, type FaultRule } from '@understudy/lab/region';
import { apply, destroy, confirmAll } from '../../src/reconcile/index.ts';
import { assessHealth, type Status } from '../../src/status/index.ts';
import { observe } from '../../src/observe/index.ts';
import { insist, objectsIn } from '../simulation/hostile-run.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

type Rule = Omit<FaultRule, 'kind'>;

const intent = await sampleIntent();
const everything = { confirm: confirmAll };

const statusOf = async ({ world }: SimulatedWorld): Promise<Status> =>
  assessHealth(await observe(world, intent.topology), intent.topology);

/** Every kind of fault, with counts and durations that retries can survive. */
const passing: Readonly<Record<FaultKind, Rule>> = {
  'rate-limit': { probability: 0.3, retryAfterS: 1 },
  unavailable: { probability: 0.3 },
  timeout: { probability: 0.1, delayMs: 5000 },
  'drop-before': { probability: 0.2 },
  'drop-after': { probability: 0.3 },
  'slow-provisioning': { delayMs: 60_000 },
  'boot-failure': { times: 3 },
  'pending-delete': { delayMs: 30_000 },
  'reorder-events': {},
  'unknown-fields': {},
  'unknown-enum': { match: '^/linode/instances', probability: 0.1 },
};

suite('apply, status and destroy succeed', () => {
  for (const kind of faultKinds) {
    test(kind, async () => {
      await using sim = await simulatedWorld({ factor: 400 });
      sim.region.faults.set([{ kind, ...passing[kind] }], 1);
      assert.equal(await insist(() => apply(sim.world, intent, everything)), undefined);
      const seen = await insist(async () => assert.equal((await statusOf(sim)).verdict, 'healthy'));
      assert.equal(seen, undefined);
      assert.equal(sim.clusters.identities.size, 1);
      assert.equal(await insist(() => destroy(sim.world, 'demo')), undefined);
      assert.deepEqual(
        Object.values(objectsIn(sim)).filter((count) => count > 0),
        [],
      );
      const struck = sim.region.faults.report().map((rule) => rule.struck);
      // The run may have sent no request for events.
      if (kind !== 'reorder-events') assert.ok(struck[0]! > 0, 'the fault was there');
    });
  }
});

/** Permanent faults, and the expected error of apply, status and destroy; undefined for a command that is not affected. */
const lasting: Readonly<Partial<Record<FaultKind, { apply?: RegExp; status?: RegExp; destroy?: RegExp }>>> = {
  'rate-limit': { apply: /429|rate/i, status: /429|rate/i, destroy: /429|rate/i },
  unavailable: { apply: /503/, status: /503/, destroy: /503/ },
  timeout: { apply: /no answer/, status: /no answer/, destroy: /no answer/ },
  'drop-before': { apply: /no answer/, status: /no answer/, destroy: /no answer/ },
  'drop-after': { apply: /no answer/, status: /no answer/, destroy: /no answer/ },
  'boot-failure': { apply: /demo-s\w+-\d/ },
  'slow-provisioning': { apply: /demo-s\w+-\d/ },
  'pending-delete': { destroy: /demo-s\w+-\d/ },
};

/** The duration of the fault, if it has one: longer than every timeout. */
const forever: Rule = { delayMs: 10_000_000, retryAfterS: 1 };

suite('a permanent fault gives an error with a reason', () => {
  for (const [kind, expected] of Object.entries(lasting) as [FaultKind, NonNullable<(typeof lasting)[FaultKind]>][]) {
    test(kind, async () => {
      await using sim = await simulatedWorld({ factor: 500, callDeadlineMs: 250_000 });
      const stops = (work: () => Promise<unknown>, reason: RegExp): Promise<void> =>
        assert.rejects(work, (error) => error instanceof UnderstudyError && reason.test(error.message));
      // An answer that is late by more than the deadline of a call is waited for by nobody but this test.
      const rule = kind === 'timeout' ? { ...forever, delayMs: 500_000 } : forever;
      const trouble = (): void => sim.region.faults.set([{ kind, ...rule }], 1);
      if (expected.apply) {
        trouble();
        await stops(() => apply(sim.world, intent, everything), expected.apply);
      }
      sim.region.faults.set([], 1);
      if (expected.status) {
        trouble();
        await stops(() => statusOf(sim), expected.status);
      }
      if (expected.destroy) {
        sim.region.faults.set([], 1);
        assert.equal(await insist(() => apply(sim.world, intent, everything)), undefined);
        trouble();
        await stops(() => destroy(sim.world, 'demo'), expected.destroy);
      }
    });
  }
});
