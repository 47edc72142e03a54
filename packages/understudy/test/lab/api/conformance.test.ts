// Every answer of the lab against Linode's OpenAPI file: one walk through every operation, zero unexplained differences.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { routes } from '../../../src/lab/api/routes.ts';
import { explained, unexplained } from '../../openapi/explained-differences.ts';
import { Specification, specificationFile, whyWithout } from '../../openapi/specification.ts';
import { startRegion, type Listener } from './region.ts';
import { walk } from './walk.ts';

const file = specificationFile();

suite('against the OpenAPI file', { skip: file === undefined ? whyWithout : false }, () => {
  const specification = new Specification(file ?? '');

  test('every operation of the lab is walked, and no answer or request differs without an explanation', async (t) => {
    const differences = new Set<string>();
    const seen = new Set<string>();
    const listener: Listener = ({ method, path, sent, status, answer }) => {
      const route = routeOf(method, path);
      if (route !== undefined && status < 400) seen.add(route);
      for (const line of specification.answerDifferences(method, path, status, answer)) differences.add(line);
      if (sent !== undefined && status < 400)
        for (const line of specification.requestDifferences(method, path, sent)) differences.add(line);
    };
    await walk(await startRegion(t, { listener }));
    assert.deepEqual(unexplained([...differences]).sort(), []);
    const unused = explained.filter((entry) => ![...differences].some((line) => entry.difference.test(line)));
    assert.deepEqual(unused, [], 'explanations that explain nothing any more');
    const missed = routes
      .map((route) => `${route.method} ${route.path}`)
      .filter((name) => !seen.has(name) && !refusesAlways.has(name));
    assert.deepEqual(missed, [], 'operations that the walk does not visit');
  });

  test('a planted difference is found: a wrong type, an unknown field, an unknown value, a wrong status', () => {
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
      specification.answerDifferences('GET', '/placement/groups/1', status, { ...group, ...change });
    assert.deepEqual(differ({}), []);
    assert.deepEqual(differ({ id: '1' }), ['GET /placement/groups/{groupId} 200: /id must be integer']);
    assert.deepEqual(differ({ colour: 1 }), ['GET /placement/groups/{groupId} 200: /colour is not in the file']);
    assert.deepEqual(differ({ placement_group_policy: 'loose' }), [
      'GET /placement/groups/{groupId} 200: /placement_group_policy is a value that is not in the file',
    ]);
    assert.deepEqual(differ({}, 201), ['GET /placement/groups/{groupId}: status 201 is not in the file']);
    assert.deepEqual(specification.answerDifferences('GET', '/unheard/of', 200, {}), [
      'GET /unheard/of: not in the file',
    ]);
  });
});

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
