// Apply and destroy against an API with realistic faults, in seeded mixes: they converge, and nothing is left over or created twice.
// Deliberate bugs show that the check finds such failures.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLinodeError } from '../../src/linode/index.ts';
import type { World } from '../../src/observe/index.ts';
import { hostileRun } from '../simulation/hostile-run.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';

const intent = await sampleIntent();

/** Each failure names its seed, which replays it: HOSTILE_SEEDS=17-17. */
const [first = 1, last = 500] = (process.env['HOSTILE_SEEDS'] ?? (process.env['UNDERSTUDY_FULL'] ? '1-500' : '1-120'))
  .split('-')
  .map(Number);
const seedsPerTest = 20;

for (let from = first; from <= last; from += seedsPerTest) {
  const to = Math.min(from + seedsPerTest - 1, last);
  test(`apply and destroy converge under the mixes of seeds ${from} to ${to}`, async () => {
    for (let seed = from; seed <= to; seed += 1) assert.deepEqual(await hostileRun(intent, seed), []);
  });
}

type Create = World['linode']['instances']['create'];
type Body = Parameters<Create>[0];

/** A create that is not idempotent: after a lost response it does not look for the object, and sends a different request. */
function repeating(again: (body: Body) => Body): (world: World) => World {
  return (world) => {
    const { instances } = world.linode;
    const create: Create = async (body, options) => {
      try {
        return await instances.create(body, options);
      } catch (error) {
        if (!isLinodeError(error, 'linode-ambiguous')) throw error;
        return instances.create(again(body), options);
      }
    };
    return { ...world, linode: { ...world.linode, instances: { ...instances, create } } };
  };
}

/** Another private address than the first attempt, which would make the second one fail. */
const elsewhere = [{ purpose: 'public', primary: true }] as const;

/** Runs seeds until one reports this: the bug shows only where an instance's answer is lost. Returns all reports otherwise. */
async function reportLike(pattern: RegExp, tampered: (world: World) => World): Promise<string> {
  const reports: string[] = [];
  for (let seed = 1; seed <= 20 && !reports.some((report) => pattern.test(report)); seed += 1) {
    reports.push(...(await hostileRun(intent, seed, tampered)));
  }
  return reports.join('\n');
}

test('a deliberate bug that creates a machine twice is found, although apply deletes unmanaged machines', async () => {
  const twice = /^seed \d+: there were made ([6-9]|\d\d) machines instead of 5$/m;
  const buggy = repeating((body) => ({ ...body, label: `${body.label}-again`, interfaces: elsewhere }));
  assert.match(await reportLike(twice, buggy), twice);
});

test('a deliberate bug that creates a machine without the tag of its system is found as a leftover machine', async () => {
  const leftover = /^seed \d+: destroy left [1-9] machines$/m;
  const buggy = repeating((body) => ({ ...body, label: `lost-${body.label}`, tags: [], interfaces: elsewhere }));
  assert.match(await reportLike(leftover, buggy), leftover);
});
