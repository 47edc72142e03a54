// What is looked at before anything is created: rights, account settings, region, price. Against the lab's API in memory.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { checkAccess, checkRegion } from '../../src/operation/region-check.ts';
import { Secret, UnderstudyError } from '@understudy/foundation';
import { createRegionApi, SimulatedHardware } from '@understudy/lab/region';
import { createLinodeClient, neededScopes, type LinodeClient } from '../../src/linode/index.ts';
import { parseTopology, TopologyError } from '../../src/topology/index.ts';
import { sampleText } from '../simulation/sample-intent.ts';
import { answers } from '../linode/recorded.ts';
import { page, wire } from '../linode/wire.ts';

const path = 'topology.yaml';
const topologyOf = (text = sampleText) => parseTopology(text, { path });

async function region(context: TestContext, scopes: readonly string[] = ['*']) {
  const token = new Secret('whole');
  const narrow = new Secret('narrow');
  const api = createRegionApi({
    hardware: new SimulatedHardware(),
    token,
    tokens: [{ token: narrow, scopes }],
    speed: Infinity,
  });
  await api.start();
  const baseUrl = `${await api.listen(0)}/v4`;
  context.after(() => api.stop());
  const put = async (below: string, body: object) => {
    const headers = { authorization: `Bearer ${token.reveal()}` };
    const answer = await fetch(`${baseUrl}${below}`, { method: 'PUT', headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  };
  return { client: createLinodeClient({ baseUrl, token: narrow }), put, api };
}

const scopesFor = (access: 'read' | 'write') => neededScopes(access).map(({ scope }) => scope);

function missing(error: unknown): string[] {
  assert.ok(error instanceof UnderstudyError && error.code === 'linode-access', String(error));
  return error.facts['missing'] as string[];
}

test('a token with exactly the listed scopes passes, for plan and for apply', async (context) => {
  for (const access of ['read', 'write'] as const) {
    const { client } = await region(context, scopesFor(access));
    const { price } = await checkRegion(client, topologyOf(), path, access);
    assert.equal(price.monthlyUsd, 202);
  }
});

test('each scope that is missing is named with what needs it, and nothing is created', async (context) => {
  for (const access of ['read', 'write'] as const) {
    for (const scope of scopesFor(access)) {
      const others = scopesFor(access).filter((other) => other !== scope);
      const { client, api } = await region(context, others);
      await assert.rejects(checkRegion(client, topologyOf(), path, access), (error: Error) => {
        assert.deepEqual(missing(error), [`the scope ${scope}`]);
        const { whatFor } = neededScopes(access).find((need) => need.scope === scope)!;
        assert.ok(error.message.includes(`the scope ${scope}, for ${whatFor}`), error.message);
        assert.doesNotMatch(error.message, /narrow/);
        return true;
      });
      assert.deepEqual([api.store.vpcs.size, api.store.firewalls.size, api.store.machines.size], [0, 0, 0]);
    }
  }
});

test('a token that may only read can plan and cannot apply', async (context) => {
  const { client } = await region(context, scopesFor('read'));
  await checkAccess(client, 'read');
  await assert.rejects(checkAccess(client, 'write'), (error) => missing(error).length === 4);
});

test('a restricted user who may not add machines is refused, and the error names the grant', async (context) => {
  const grants = { ...answers.grants, global: { ...answers.grants.global, add_linodes: false, add_vpcs: false } };
  const { client } = await wire(context, ({ url }) => {
    const body = url.includes('grants') ? grants : { ...answers.profile, restricted: true };
    return { body, headers: { 'x-oauth-scopes': '*' } };
  });
  await assert.rejects(checkAccess(client, 'write'), (error) => {
    assert.deepEqual(missing(error), [
      'the grant add_linodes of the user operator',
      'the grant add_vpcs of the user operator',
    ]);
    return true;
  });
  await checkAccess(client, 'read');
});

test("new machines get the kind of interfaces that the account's setting allows", async (context) => {
  const { client, put } = await region(context);
  const generation = async (setting: string) => {
    await put('/account/settings', { interfaces_for_new_linodes: setting });
    return (await checkRegion(client, topologyOf(), path, 'write')).interfaceGeneration;
  };
  assert.equal(await generation('legacy_config_only'), 'legacy_config');
  assert.equal(await generation('legacy_config_default_but_linode_allowed'), 'legacy_config');
  assert.equal(await generation('linode_default_but_legacy_config_allowed'), 'legacy_config');
  assert.equal(await generation('linode_only'), 'linode');
  const byPrivateAddress = topologyOf(`${sampleText}balancer: { backends: private }\n`);
  await assert.rejects(checkRegion(client, byPrivateAddress, path, 'write'), (error) => {
    assert.ok(error instanceof TopologyError);
    assert.deepEqual(
      error.problems.map(({ field, line }) => [field, line]),
      [['balancer.backends', 9]],
    );
    return true;
  });
});

test("the price is the region's own where it has one", async (context) => {
  const { client } = await region(context);
  const dear = topologyOf(sampleText.replace('us-ord', 'br-gru'));
  assert.deepEqual((await checkRegion(client, dear, path, 'read')).price, {
    items: [
      { what: 'g6-standard-4', count: 3, monthlyUsd: 3 * 67.2 },
      { what: 'g6-standard-2', count: 2, monthlyUsd: 2 * 33.6 },
      { what: 'NodeBalancer', count: 1, monthlyUsd: 14 },
    ],
    monthlyUsd: 3 * 67.2 + 2 * 33.6 + 14,
  });
});

test('a region without VPCs is refused with the line of the file', async (context) => {
  const { client } = await region(context);
  const old = topologyOf(sampleText.replace('us-ord', 'us-east'));
  await assert.rejects(checkRegion(client, old, path, 'read'), /topology\.yaml:3 region: saw us-east; .*it lacks VPCs/);
});

test('the price of the balancer is read from its own entry in the list', async (context) => {
  const premium = { ...answers.balancerType, id: 'nodebalancer-premium', price: { hourly: 1, monthly: 999 } };
  const { client } = await catalogue(context, [premium, answers.balancerType]);
  const { price } = await checkRegion(client, topologyOf(), path, 'read');
  assert.equal(price.items.at(-1)?.monthlyUsd, answers.balancerType.price.monthly);
});

/** An account as recorded, with this list of balancer types. */
function catalogue(context: TestContext, balancerTypes: object[]): Promise<{ client: LinodeClient }> {
  const type = (id: string) => ({ ...answers.type, id });
  const lists: Readonly<Record<string, unknown>> = {
    '/regions/us-ord': answers.region,
    '/linode/types': page([type('g6-standard-4'), type('g6-standard-2')]).body,
    '/images': page([answers.image]).body,
    '/nodebalancers/types': page(balancerTypes).body,
    '/placement/groups': page([]).body,
    '/account/settings': answers.settings,
    '/networking/firewalls/settings': { default_firewall_ids: { nodebalancer: null } },
    '/profile': answers.profile,
  };
  return wire(context, ({ url }) => ({ body: lists[url.replace('/v4', '').replace(/\?.*/, '')] }));
}
