// The HTTP surface: tokens, headers, pages, limits and error answers.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Secret } from '@understudy/foundation';
import { createMachine, createNetwork, startRegion } from './region.ts';

suite('the HTTP interface', () => {
  test('a request without a token, or with another, is 401 Invalid Token', async (t) => {
    const { url } = await startRegion(t);
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic abc' }]) {
      const response = await fetch(`${url}/v4/linode/instances`, { headers });
      assert.equal(response.status, 401);
      assert.deepEqual(await response.json(), { errors: [{ reason: 'Invalid Token' }] });
    }
  });

  test('regions and types are open to everyone', async (t) => {
    const { url } = await startRegion(t);
    assert.equal((await fetch(`${url}/v4/regions`)).status, 200);
    assert.equal((await fetch(`${url}/v4/linode/types`)).status, 200);
  });

  test('a token with narrow scopes may read what its scopes allow, and nothing else', async (t) => {
    const tokens = [{ token: new Secret('narrow'), scopes: ['linodes:read_only', 'vpc:read_write'] }];
    const { ask } = await startRegion(t, { tokens });
    const as = { authorization: 'Bearer narrow' };
    assert.equal((await ask('GET', '/linode/instances', undefined, as)).status, 200);
    assert.equal((await ask('GET', '/vpcs', undefined, as)).status, 200, 'read_write covers read_only');
    const refused = await ask('POST', '/linode/instances', {}, as);
    assert.equal(refused.status, 401);
    assert.deepEqual(refused.body, {
      errors: [{ reason: 'Your OAuth token is not authorized to use this endpoint.' }],
    });
    assert.equal(refused.headers.get('x-oauth-scopes'), 'linodes:read_only vpc:read_write');
    assert.equal(refused.headers.get('x-accepted-oauth-scopes'), 'linodes:read_write');
  });

  test('the content type is exactly application/json, and the headers are those of Linode', async (t) => {
    const { ask } = await startRegion(t);
    const { headers } = await ask('GET', '/account');
    assert.equal(headers.get('content-type'), 'application/json');
    for (const name of [
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      'x-oauth-scopes',
      'x-spec-version',
    ]) {
      assert.ok(headers.get(name), name);
    }
  });

  test('an unknown path, an unknown id and an id that is no number are 404 Not found', async (t) => {
    const { ask } = await startRegion(t);
    for (const path of ['/unheard/of', '/linode/instances/1', '/linode/instances/x', '/databases/instances']) {
      const answer = await ask('GET', path);
      assert.equal(answer.status, 404, path);
      assert.deepEqual(answer.body, { errors: [{ reason: 'Not found' }] });
    }
  });

  test('the transfer of a Linode is the quota of its type, of which nothing is used', async (t) => {
    const region = await startRegion(t);
    const id = await createMachine(region, { type: 'g6-standard-2' });
    const path = `/linode/instances/${id}/transfer`;
    assert.deepEqual(await region.ok('GET', path), { billable: 0, quota: 4000, used: 0 });
  });

  test('/v4beta answers as /v4 does', async (t) => {
    const { url } = await startRegion(t);
    assert.equal((await fetch(`${url}/v4beta/regions/us-ord`)).status, 200);
  });

  test('a body that is not a JSON object is refused', async (t) => {
    const { url } = await startRegion(t);
    for (const body of ['{', '[]', '"x"']) {
      const headers = { authorization: 'Bearer a-token-of-the-lab', 'content-type': 'application/json' };
      const response = await fetch(`${url}/v4/vpcs`, { method: 'POST', body, headers });
      assert.equal(response.status, 400);
    }
  });

  test('lists come in pages of 25 to 500', async (t) => {
    const { ok, refused, ask, api } = await startRegion(t);
    for (let i = 0; i < 30; i += 1)
      await ok('POST', '/profile/sshkeys', { label: `key-${i}`, ssh_key: 'ssh-ed25519 AAAA' });
    const first = await ok<{ data: unknown[]; page: number; pages: number; results: number }>(
      'GET',
      '/profile/sshkeys?page_size=25',
    );
    assert.deepEqual([first.data.length, first.page, first.pages, first.results], [25, 1, 2, 30]);
    const second = await ok<{ data: unknown[] }>('GET', '/profile/sshkeys?page_size=25&page=2');
    assert.equal(second.data.length, 5);
    assert.deepEqual(await refused('GET', '/profile/sshkeys?page_size=24'), ['page_size: Must be between 25 and 500']);
    assert.deepEqual(await refused('GET', '/profile/sshkeys?page_size=501'), ['page_size: Must be between 25 and 500']);
    assert.equal((await ask('GET', '/profile/sshkeys?page=3&page_size=25')).status, 404);
    await api.settled();
  });

  test('beyond the limit of its class a request is 429 with Retry-After, until the window is over', async (t) => {
    let now = 1_000_000;
    const clock = { now: () => now, monotonicMs: () => now, sleep: () => Promise.resolve() };
    const limits = {
      general: { requests: 3, windowMs: 60_000 },
      'instance-create': { requests: 1, windowMs: 30_000 },
      'vpc-create': { requests: 1, windowMs: 30_000 },
    };
    const { ask } = await startRegion(t, { clock, limits });
    const remaining: (string | null)[] = [];
    for (let i = 0; i < 3; i += 1) remaining.push((await ask('GET', '/account')).headers.get('x-ratelimit-remaining'));
    assert.deepEqual(remaining, ['2', '1', '0']);
    now += 20_000;
    const refused = await ask('GET', '/account');
    assert.equal(refused.status, 429);
    assert.deepEqual(refused.body, { errors: [{ reason: 'Too many requests' }] });
    assert.equal(refused.headers.get('retry-after'), '40');
    assert.equal((await ask('POST', '/vpcs', { label: 'a', region: 'us-ord' })).status, 200, 'its class is another');
    assert.equal((await ask('POST', '/vpcs', { label: 'b', region: 'us-ord' })).status, 429);
    now += 40_000;
    assert.equal((await ask('GET', '/account')).status, 200);
  });

  test('a list can be filtered by tag and label, and an unknown field is a 400', async (t) => {
    const region = await startRegion(t);
    await createMachine(region, { label: 'one', tags: ['demo'] });
    await createMachine(region, { label: 'two' });
    const filtered = await region.ok<{ data: { label: string }[] }>('GET', '/linode/instances', undefined, {
      'x-filter': '{"tags": "demo"}',
    });
    assert.deepEqual(
      filtered.data.map((m) => m.label),
      ['one'],
    );
    const answer = await region.ask('GET', '/linode/instances', undefined, { 'x-filter': '{"foo": 1}' });
    assert.deepEqual(
      [answer.status, answer.body],
      [400, { errors: [{ reason: 'Cannot filter on foo', field: 'X-Filter' }] }],
    );
  });

  test('no answer has a secret', async (t) => {
    const region = await startRegion(t);
    await createNetwork(region);
    const id = await createMachine(region, { root_pass: 'recognisable-password-1' });
    for (const path of [`/linode/instances/${id}`, '/linode/instances', '/account/events']) {
      assert.ok(!JSON.stringify(await region.ok('GET', path)).includes('recognisable-password-1'));
    }
  });
});
