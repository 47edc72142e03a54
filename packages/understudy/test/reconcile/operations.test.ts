// docs/operations.md has the same table of steps as the code, and disruptive steps run one at a time.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { taskKinds } from '../../src/reconcile/execute/carry-out.ts';
import { disruptionOf, disruptions } from '../../src/reconcile/plan/disruption.ts';
import { apply, confirmAll, plan, type Plan } from '../../src/reconcile/index.ts';
import type { Intent } from '../../src/operation/index.ts';
import type { StepId } from '../../src/reconcile/plan/step-id.ts';
import { observe } from '../../src/observe/index.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const page = await readFile(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');

test('docs/operations.md has a row for each disruptive kind of step, and lists all others', () => {
  const cells = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((row) => row.length === 7);
  const rows = new Map(cells.map(([, step = '', takes, seen, runs, once]) => [step, [takes, seen, runs, once]]));
  const disruptive = taskKinds.filter((kind) => disruptions[kind]);
  assert.deepEqual([...rows.keys()].sort(), disruptive.map((kind) => `\`${kind}\``).sort());
  for (const kind of disruptive) {
    const { takes, mustHaveSeen, whenItRuns, group } = disruptions[kind]!;
    const required = mustHaveSeen.map((requirement) => `\`${requirement}\``).join(' ') || 'Linode’s objects';
    const once = group === undefined ? 'any number' : `one of \`${group}\``;
    assert.deepEqual(rows.get(`\`${kind}\``), [takes, required, whenItRuns, once]);
  }
  const [harmless = ''] = page.slice(page.indexOf('These steps take nothing away')).split('\n## ');
  assert.deepEqual(
    [...harmless.matchAll(/`([a-z-]+)`/g)].map(([, kind]) => kind).sort(),
    taskKinds.filter((kind) => !disruptions[kind]).sort(),
  );
});

test('every step that deletes, reboots, restarts or upgrades is in the table', () => {
  const verbs = /delete|remove|reboot|restart|upgrade/;
  assert.deepEqual(
    taskKinds.filter((kind) => verbs.test(kind) && !disruptions[kind]),
    [],
  );
});

/** Pairs of steps of one group that nothing keeps from running at the same time. */
function side({ steps }: Plan): string[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const before = new Map<StepId, ReadonlySet<StepId>>();
  const ancestors = (id: StepId): ReadonlySet<StepId> => {
    const known = before.get(id);
    if (known) return known;
    const all = new Set<StepId>();
    for (const up of byId.get(id)?.after ?? []) for (const one of [up, ...ancestors(up)]) all.add(one);
    before.set(id, all);
    return all;
  };
  return steps.flatMap((one, at) =>
    steps.slice(at + 1).flatMap((other) => {
      const group = disruptionOf(one)?.group;
      const together = group !== undefined && group === disruptionOf(other)?.group;
      return together && !ancestors(one.id).has(other.id) && !ancestors(other.id).has(one.id)
        ? [`${one.id} ${other.id}`]
        : [];
    }),
  );
}

describe('of a large change no two disruptions of one group run at once', () => {
  let sim: SimulatedWorld;
  const big =
    sampleText.replace('search:', 'search:\n  nodes: 7') +
    'placement: { policy: flexible }\nservice: { instances: 4 }\n';
  let before7: Intent;
  before(async () => {
    sim = await simulatedWorld();
    before7 = await sampleIntent(big);
    await apply(sim.world, before7, { confirm: confirmAll });
  });
  after(() => sim[Symbol.asyncDispose]());

  const changes: readonly [what: string, text: string, atLeast: number][] = [
    [
      '7 search machines become 3, 4 service machines 2',
      sampleText + 'placement: { policy: flexible }\nservice: { instances: 2 }\n',
      6,
    ],
    ['another failover profile', big.replace('search:', 'search:\n  failover: safe'), 7],
    ['another type of every search machine', big.replace('search:', 'search:\n  machineType: g6-standard-6'), 7],
    ['another variable of the service', big.replace('instances: 4', 'instances: 4, environment: { A: b }'), 4],
    [
      'another version, type and variable',
      big.replace('9.5.3', '9.5.4').replace('instances: 4', 'instances: 4, environment: { A: b }'),
      11,
    ],
  ];
  for (const [what, text, atLeast] of changes) {
    test(what, async () => {
      const intent = { ...before7, topology: (await sampleIntent(text)).topology };
      const planned = plan(intent, await observe(sim.world, intent.topology));
      assert.ok(planned.steps.filter((step) => disruptionOf(step)?.group).length >= atLeast, JSON.stringify(planned));
      assert.deepEqual(side(planned), []);
    });
  }
});
