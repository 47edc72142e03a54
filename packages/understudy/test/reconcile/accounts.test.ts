// Accounts and roles that an engine keeps in an index: taken from the files at the first start, put back by apply when they differ.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { observe } from '../../src/observe/index.ts';
import type { Intent } from '../../src/operation/index.ts';
import { apply, confirmUnlessDestructive, plan } from '../../src/reconcile/index.ts';
import { openSecurity } from '../../src/secure/index.ts';
import { sampleIntent, securedOpenSearchText as text } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

let base = '';
before(async () => (base = await mkdtemp(join(tmpdir(), 'understudy-accounts-'))));
after(() => rm(base, { recursive: true, force: true }));

async function intentOf(words = text): Promise<Intent> {
  const security = await openSecurity({ directory: join(base, 'one'), systemName: 'demo', nowMs: Date.now() });
  return { ...(await sampleIntent(words)), security };
}

test('a new cluster needs no step; a changed role, a lost mapping and another password are written, the rest is left', async () => {
  const intent = await intentOf();
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, { confirm: confirmUnlessDestructive });
  const stepsNow = async (wanted = intent) =>
    plan(wanted, await observe(sim.world, wanted.topology)).steps.map(({ id, reason }) => [id, reason]);
  assert.deepEqual(await stepsNow(), []);

  const accounts = [...sim.clusters.identities.values()][0]!.accounts!;
  accounts.of('roles')['understudy-service'] = { cluster_permissions: ['*'], index_permissions: [] };
  delete accounts.of('rolesmapping')['understudy-monitor'];
  accounts.of('internalusers')['understudy-monitor'] = { backend_roles: [], attributes: {} };
  accounts.of('internalusers')['somebody'] = { backend_roles: [], attributes: {} };
  assert.deepEqual(await stepsNow(), [
    [
      'demo-cluster/accounts',
      'Accounts and roles of the engine are not those of this system: roles/understudy-service, rolesmapping/understudy-monitor, internalusers/understudy-monitor.',
    ],
  ]);
  await apply(sim.world, intent, { confirm: confirmUnlessDestructive });
  assert.deepEqual(await stepsNow(), []);
  assert.ok('somebody' in accounts.of('internalusers'));
});

test('a further name of an index reaches the role of the service, in the files and in the cluster, without a restart', async () => {
  const intent = await intentOf();
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, { confirm: confirmUnlessDestructive });
  const named = await intentOf(text.replace('shards: 3', 'shards: 3, aliases: [papers]'));
  const steps = plan(named, await observe(sim.world, named.topology)).steps.map(({ id }) => id);
  assert.ok(steps.map(String).includes('demo-cluster/accounts'), steps.join());
  assert.ok(!steps.some((id) => id.endsWith('/restart')), steps.join());
  await apply(sim.world, named, { confirm: confirmUnlessDestructive });
  const role = [...sim.clusters.identities.values()][0]!.accounts!.of('roles')['understudy-service'];
  assert.deepEqual(
    (role as { index_permissions: { index_patterns: string[] }[] }).index_permissions[0]?.index_patterns,
    ['documents', 'papers'],
  );
});
