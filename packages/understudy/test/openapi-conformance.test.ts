// Every request of the tool and every answer of the lab against Linode's OpenAPI file: zero unexplained differences, and no
// explanation that explains nothing.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { routes } from '@understudy/lab/region';
import { apply, destroy, plan, confirmAll } from '../src/reconcile/index.ts';
import { assessHealth } from '../src/status/index.ts';
import { observe } from '../src/observe/index.ts';
import { startRegion } from '../../lab/test/region/api/region.ts';
import { walk } from '../../lab/test/region/api/walk.ts';
import { everyOperation } from './linode/every-operation.ts';
import { wire } from './linode/wire.ts';
import { sampleIntent, sampleText } from './simulation/sample-intent.ts';
import { simulatedWorld, type ExchangeListener } from './simulation/simulated-world.ts';
import { explained, unexplained } from '../../lab/test/openapi/explained-differences.ts';
import { Specification, specificationFile, whyWithout } from '../../lab/test/openapi/specification.ts';

const file = specificationFile();

suite("against Linode's OpenAPI file", { skip: file === undefined ? whyWithout : false }, () => {
  const specification = new Specification(file ?? '');
  const differences = new Set<string>();
  const note = (lines: readonly string[]): void => lines.forEach((line) => differences.add(line));

  /** A request that was refused may have been wrong on purpose; its answer is checked all the same. */
  const listener: ExchangeListener = ({ method, url, sent, status, answer }) => {
    note(specification.answerDifferences(method, url, status, answer));
    if (status < 400) note(specification.requestDifferences(method, url, sent));
  };

  test('every operation of the lab', async (t) => {
    const seen = new Set<string>();
    const region = await startRegion(t, {
      listener: (exchange) => {
        const route = routeOf(exchange.method, exchange.url.replace(/\?.*/, ''));
        if (route !== undefined && exchange.status < 400) seen.add(route);
        listener(exchange);
      },
    });
    await walk(region);
    const missed = routes
      .map((route) => `${route.method} ${route.path}`)
      .filter((name) => !seen.has(name) && !refusesAlways.has(name));
    assert.deepEqual(missed, [], 'operations that the walk does not visit');
    assert.deepEqual(unexplained([...differences]), []);
  });

  test('every request that the client can send', async (t) => {
    for (const { send, answer } of everyOperation) {
      const { client, seen } = await wire(t, () => ({ body: answer }));
      await send(client);
      for (const { method, url, body } of seen) {
        note(specification.requestDifferences(method, url.replace('/v4', ''), body));
      }
    }
    assert.deepEqual(unexplained([...differences]), []);
  });

  test('apply, plan, status, repair, a smaller system and destroy', async () => {
    const exchanges = await toolTraffic(listener);
    assert.ok(exchanges > 150, `${exchanges} exchanges`);
    assert.deepEqual(unexplained([...differences]), []);
  });

  test('every explanation is used', () => {
    const unused = explained.filter((entry) => ![...differences].some((line) => entry.difference.test(line)));
    assert.deepEqual(unused, []);
  });

  test('a deliberately wrong answer is found: a wrong type, an unknown field, an unknown value, a wrong status', () => {
    const group = {
      id: 1,
      label: 'a',
      region: 'us-ord',
      placement_group_type: 'anti_affinity:local',
      placement_group_policy: 'strict',
      is_compliant: true,
      members: [],
    };
    const differ = (change: object, status = 200): string[] =>
      unexplained(specification.answerDifferences('GET', '/placement/groups/1', status, { ...group, ...change }));
    assert.deepEqual(differ({}), []);
    assert.deepEqual(differ({ id: '1' }), ['GET /placement/groups/{groupId} 200: /id must be integer']);
    assert.deepEqual(differ({ colour: 1 }), ['GET /placement/groups/{groupId} 200: /colour is not in the file']);
    assert.deepEqual(differ({ placement_group_policy: 'loose' }), [
      'GET /placement/groups/{groupId} 200: /placement_group_policy is a value that is not in the file',
    ]);
    assert.deepEqual(differ({}, 201), ['GET /placement/groups/{groupId}: status 201 is not in the file']);
    assert.deepEqual(unexplained(specification.answerDifferences('GET', '/unheard/of', 200, {})), [
      'GET /unheard/of: not in the file',
    ]);
  });

  test('a deliberately wrong request is found: a misspelt, missing or read-only field, a bad value, an unknown query', () => {
    const differ = (method: string, url: string, body?: object): string[] =>
      unexplained(specification.requestDifferences(method, url, body)).map((line) => line.replace(/.*request: /, ''));
    const instance = { region: 'us-ord', type: 'g6-standard-4', image: 'linode/debian13', label: 'demo-search-1' };
    assert.deepEqual(differ('POST', '/linode/instances', instance), []);
    assert.deepEqual(differ('POST', '/linode/instances', { ...instance, lable: 'x' }), ['/lable is not in the file']);
    assert.notDeepEqual(differ('POST', '/linode/instances', { ...instance, label: 'x' }), []);
    assert.deepEqual(differ('POST', '/linode/instances', { image: 'linode/debian13' }), [
      " must have required property 'type'",
      " must have required property 'region'",
    ]);
    const config = '/nodebalancers/11/configs/12';
    assert.deepEqual(differ('PUT', config, { check_timeout: 31 }), ['/check_timeout must be <= 30']);
    assert.deepEqual(differ('PUT', config, { nodebalancer_id: 3 }), ['/nodebalancer_id is not in the file']);
    assert.deepEqual(differ('GET', '/linode/instances?page_size=501'), ['query page_size is 501, out of range']);
    assert.deepEqual(differ('GET', '/linode/instances?size=5'), ['query size is not in the file']);
    assert.deepEqual(differ('GET', '/linode/instances', { region: 'us-ord' }), ['a body where the file has none']);
    assert.deepEqual(differ('GET', '/linode/machines'), ['GET /linode/machines: not in the file']);
  });
});

/** What the tool and the lab say to each other in the whole life of a system; returns how many exchanges there were. */
async function toolTraffic(listener: ExchangeListener): Promise<number> {
  let exchanges = 0;
  const allowed = { confirm: confirmAll };
  await using sim = await simulatedWorld({
    listener: (exchange) => {
      exchanges += 1;
      listener(exchange);
    },
  });
  const { linode } = sim.world;
  const listeners = 'balancer: { listeners: [{ port: 80 }, { port: 443, protocol: https, certificate: self-signed }] }';
  const big = await sampleIntent(`${sampleText.replace('search:', 'search:\n  nodes: 5')}${listeners}\n`);
  await apply(sim.world, big, allowed);
  assert.equal(assessHealth(await observe(sim.world, big.topology), big.topology).verdict, 'healthy');

  const [firewall] = await linode.firewalls.list({ label: 'demo-search' });
  await linode.firewalls.update(firewall!.id, { status: 'disabled', tags: [] });
  const [balancer] = await linode.nodeBalancers.list({ label: 'demo-balancer' });
  for (const config of await linode.nodeBalancers.configs.list(balancer!.id)) {
    await linode.nodeBalancers.configs.update(balancer!.id, config.id, { check_attempts: 9 });
    const [one, two] = await linode.nodeBalancers.nodes.list(balancer!.id, config.id);
    await linode.nodeBalancers.nodes.update(balancer!.id, config.id, one!.id, { mode: 'drain' });
    await linode.nodeBalancers.nodes.delete(balancer!.id, config.id, two!.id);
  }
  const [stopped, untagged, lost] = await linode.instances.list({ tags: 'understudy:demo' });
  await linode.instances.shutdown(stopped!.id);
  await linode.instances.update(untagged!.id, { tags: [] });
  await linode.instances.delete(lost!.id);
  assert.ok(plan(big, await observe(sim.world, big.topology)).steps.length > 5);
  await apply(sim.world, big, allowed);

  const small = { ...big, topology: (await sampleIntent()).topology };
  await apply(sim.world, small, allowed);
  await destroy(sim.world, 'demo');

  const otherWays = await sampleIntent(`${sampleText}balancer: { backends: private }\n`);
  await apply(sim.world, otherWays, allowed);
  await destroy(sim.world, 'demo');
  await apply(sim.world, { ...(await sampleIntent()), interfaceGeneration: 'linode' }, allowed);
  await destroy(sim.world, 'demo');
  return exchanges;
}

/** As recorded of a young balancer. */
const refusesAlways = new Set(['GET /nodebalancers/:nodeBalancerId/stats']);

function routeOf(method: string, path: string): string | undefined {
  const matching = routes.filter(
    (route) =>
      route.method === method &&
      new RegExp(`^${route.path.replaceAll(/:[a-zA-Z]+/g, '[^/]+').replace('*', '.+')}$`).test(path),
  );
  const best = matching.sort((a, b) => literal(b.path) - literal(a.path))[0];
  return best === undefined ? undefined : `${best.method} ${best.path}`;
}

const literal = (path: string): number =>
  path.split('/').filter((part) => !part.startsWith(':') && part !== '*').length;
