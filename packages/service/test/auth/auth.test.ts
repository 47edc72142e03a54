// Who may call the service: real processes and real requests. No engine runs, so a request that was let in ends with 429.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../harness/free-port.ts';
import { flask, node, type Implementation, type RunningService } from '../harness/implementations.ts';
import { forwarded, keyAttacks, moreRouteAttacks, tokenAttacks, type Attack } from './attacks.ts';
import { Issuer } from './issuer.ts';
import { bearer, testKey, writeKeys, type TestKey } from './keys.ts';
import { send } from './send.ts';

const keys = {
  reader: testKey('reader', ['read']),
  writer: testKey('writer', ['write']),
  admin: testKey('admin', ['admin']),
  monitor: testKey('monitor', ['monitor']),
};
const revoked = testKey('gone', ['read']);
const slow = testKey('slow', ['read'], { requestsPerSecond: 0.5, burst: 2 });
const all = [...Object.values(keys), slow];

const document = '{"id":"a","data":"b"}';

for (const implementation of [node, flask]) {
  const missing = await implementation.prepare();
  describe(`who may call the ${implementation.name} implementation`, { skip: missing ?? false }, () => {
    suite(implementation);
  });
}

function suite(implementation: Implementation): void {
  const directory = mkdtempSync(join(tmpdir(), 'service-keys-'));
  const path = join(directory, 'keys.json');
  const issuer = new Issuer();
  let service: RunningService;
  before(async () => {
    writeKeys(path, [...all, revoked]);
    await issuer.start();
    service = await implementation.start({
      ...{ AUTH: 'jwks', AUTH_KEYS_FILE: path, AUTH_JWKS_URL: issuer.url, WORKERS: '2', DEADLINE_MS: '100' },
      ...{ AUTH_ISSUER: issuer.issuer, AUTH_AUDIENCE: issuer.audience, LOG_LEVEL: 'debug' },
      ...{ ES_HOSTS: `http://127.0.0.1:${await freePort()}`, PEER_SECRET: 'p'.repeat(43) },
    });
    writeKeys(path, all);
  });
  after(async () => {
    await service.stop();
    issuer.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const change = async (list: readonly TestKey[]): Promise<string> => {
    const version = writeKeys(path, list);
    await sleep(50);
    return version;
  };
  const ask = (attack: Pick<Attack, 'method' | 'path' | 'headers'>) =>
    send(service.url, attack, attack.method === 'POST' ? document : undefined);

  test('is refused: every entry of the table', async (t) => {
    const more = implementation === node ? moreRouteAttacks({ ...keys, revoked }) : [];
    for (const attack of [...keyAttacks({ ...keys, revoked }), ...more, ...tokenAttacks(issuer)]) {
      await t.test(attack.name, async () => {
        const answer = await ask(attack);
        assert.equal(answer.status, attack.status, answer.text);
        if (attack.reason !== undefined) {
          assert.equal(answer.json['reason'], attack.reason);
          assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
        }
        if (attack.status === 401) assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer realm=/);
      });
    }
  });

  test('is let in: the right scope, and tokens of the issuer', async () => {
    const token = issuer.token({ scope: 'read write' });
    for (const credential of [bearer(keys.reader), token, issuer.rsaToken()]) {
      const answer = await ask({ path: '/search?q=fox', headers: [['Authorization', `Bearer ${credential}`]] });
      assert.equal(answer.json['code'], 'engine-unavailable', answer.text);
    }
    const written = await ask({
      method: 'POST',
      path: '/index',
      headers: [...authorized(bearer(keys.writer)), ['Content-Type', 'application/json']],
    });
    // A deadline that ends within an attempt leaves the outcome unknown.
    assert.match(String(written.json['code']), /^(?:engine-unavailable|outcome-unknown)$/, written.text);
    assert.equal((await ask({ path: '/healthz', headers: [forwarded] })).status, 200);
    const inside = await ask({ path: '/readyz', headers: [] });
    assert.equal(inside.json['code'], 'engine-unavailable', 'from this machine, without a credential');
    const monitor = await ask({ path: '/readyz', headers: [...authorized(bearer(keys.monitor)), forwarded] });
    assert.equal(monitor.json['code'], 'engine-unavailable', 'through the balancer, with the scope');
  });

  test('a caller is told who it is; which keys are in force only with monitor', async () => {
    const version = await change(all);
    const own = await ask({ path: '/whoami', headers: authorized(bearer(keys.monitor)) });
    assert.deepEqual(own.json, { caller: 'monitor', scopes: ['monitor'], keys_sha256: version });
    const reader = await ask({ path: '/whoami', headers: authorized(bearer(keys.reader)) });
    assert.deepEqual(reader.json, { caller: 'reader', scopes: ['read'] });
  });

  test('a key is usable and refused 20 ms after the file changed, in every process', async () => {
    const fresh = testKey('fresh', ['read']);
    const statuses = async () => {
      const asked = Array.from({ length: 12 }, () => ask({ path: '/whoami', headers: authorized(bearer(fresh)) }));
      return new Set((await Promise.all(asked)).map(({ status }) => status));
    };
    for (let round = 0; round < 5; round += 1) {
      await change([...all, fresh]);
      assert.deepEqual(await statuses(), new Set([200]));
      await change(all);
      assert.deepEqual(await statuses(), new Set([401]));
    }
  });

  test('a damaged file leaves the keys before it in force, and the next good one counts', async () => {
    const before_ = await change(all);
    writeFileSync(path, '{"format":"understudy-keys-1","keys":[{"id":"x"');
    await sleep(50);
    const answer = await ask({ path: '/whoami', headers: authorized(bearer(keys.monitor)) });
    assert.equal(answer.json['keys_sha256'], before_);
    const after_ = await change([keys.monitor]);
    const next = await ask({ path: '/whoami', headers: authorized(bearer(keys.monitor)) });
    assert.equal(next.json['keys_sha256'], after_);
    await change(all);
  });

  test('a key beyond its rate gets 429 with Retry-After, and other keys do not notice', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ask({ path: '/whoami', headers: authorized(bearer(slow)) })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    // A burst of 2, shared by two processes.
    assert.equal(answers.filter(({ status }) => status === 200).length, 2);
    assert.equal(refused.length, 6);
    for (const { json, headers } of refused) {
      assert.equal(json['code'], 'rate-limited');
      assert.ok(Number(headers['retry-after']) >= 1);
    }
    assert.equal((await ask({ path: '/whoami', headers: authorized(bearer(keys.reader)) })).status, 200);
  });

  const undescribed = implementation !== node && 'it publishes no description';
  test('the description of the API names the scopes', { skip: undescribed }, async () => {
    const { json } = await ask({ path: '/openapi.json', headers: [] });
    const { paths, components } = json as unknown as Described;
    assert.deepEqual(Object.keys(components.securitySchemes), ['bearer']);
    const needed = Object.entries(paths).flatMap(([path_, operations]) =>
      Object.entries(operations).map(([method, { security }]) => [
        method,
        path_,
        security?.[0]?.bearer.join() ?? 'open',
      ]),
    );
    assert.deepEqual(
      needed.filter(([, , scope]) => scope === 'open' || scope === 'admin'),
      [
        ['post', '/bulk', 'admin'],
        ['delete', '/documents/{id}', 'admin'],
        ['get', '/healthz', 'open'],
      ],
    );
  });

  test('every answer has the headers of security, none of CORS, and HSTS behind TLS alone', async () => {
    for (const path_ of ['/healthz', '/search?q=fox', '/nothing']) {
      const { headers } = await ask({ path: path_, headers: [['Origin', 'https://evil.example.org']] });
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['cache-control'], 'no-store');
      assert.match(String(headers['content-security-policy']), /default-src 'none'/);
      assert.equal(headers['strict-transport-security'], undefined);
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith('access-control')),
        [],
      );
    }
    const tls = await ask({ path: '/healthz', headers: [forwarded, ['X-Forwarded-Proto', 'https']] });
    assert.match(tls.headers['strict-transport-security'] ?? '', /^max-age=/);
  });

  test('no secret is in the log, and the id of the key is', async () => {
    await ask({ path: `/search?q=a&key=${bearer(keys.reader)}`, headers: [['X-Request-Id', bearer(keys.reader)]] });
    await ask({ path: '/whoami', headers: authorized(bearer(keys.reader)) });
    const output = service.output();
    for (const { secret } of all) assert.ok(!output.includes(secret), 'a secret is in the log');
    assert.match(output, /"caller": ?"reader"/);
  });

  test('tokens whose key is known are accepted while the host of the keys is away', async () => {
    issuer.stop();
    const headers = authorized(issuer.token({ scope: 'read', sub: 'later' }));
    assert.deepEqual((await ask({ path: '/whoami', headers })).json, { caller: 'jwt:later', scopes: ['read'] });
    const unknown = await ask({ path: '/whoami', headers: authorized(issuer.token({}, { kid: 'newer' })) });
    assert.ok(unknown.status === 401 || unknown.status === 429, unknown.text);
  });
}

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { security?: { bearer: string[] }[] }>>>>;
  readonly components: { readonly securitySchemes: object };
}

function authorized(credential: string) {
  return [['Authorization', `Bearer ${credential}`]] as const;
}
