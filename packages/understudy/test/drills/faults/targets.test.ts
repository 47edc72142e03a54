import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '../../../src/drills/index.ts';
import { resolveTargets, targetRoles, targetRoleText } from '../../../src/drills/faults/targets.ts';
import { seededRandom } from '../../../src/proof/index.ts';
import { smallSystem } from '../small-system.ts';

test('every target role is an id in kebab-case with a text of its own', () => {
  for (const role of targetRoles) assert.match(role, /^[a-z]+(-[a-z]+)*$/);
  assert.equal(new Set(targetRoles.map((role) => targetRoleText[role])).size, targetRoles.length);
  for (const { fault } of catalogue) assert.ok(targetRoles.includes(fault.target), fault.name);
});

test('every target role resolves to machines that fit it', async (t) => {
  const system = await smallSystem();
  t.after(() => system.close());
  const { world } = system;
  const search = world.machines.filter(({ role }) => role === 'search');
  for (const role of targetRoles) {
    const needs = role === 'two-non-masters' ? 3 : role === 'master-and-another' ? 2 : 1;
    const resolving = resolveTargets(role, world, seededRandom(1));
    if (search.length < needs) {
      await assert.rejects(resolving, { code: 'drills-no-target' });
      continue;
    }
    const { machines } = await resolving;
    const expected = {
      nothing: 0,
      'two-non-masters': 2,
      'master-and-another': 2,
      'every-search-machine': search.length,
    };
    assert.equal(machines.length, (expected as Record<string, number>)[role] ?? 1, role);
    const kind = role === 'service-machine' ? 'service' : 'search';
    assert.ok(
      machines.every((machine) => machine.role === kind),
      role,
    );
  }
});
