// A certificate authority gets the files that were put there for it, whoever else may call; nobody gets anything else by that path.
import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { testKey, writeKeys } from './auth/keys.ts';
import { send } from './auth/send.ts';
import { freePort } from './harness/free-port.ts';
import { flask, node, type Implementation, type RunningService } from './harness/implementations.ts';

const path = '/.well-known/acme-challenge';
const content = 'token-1_a.thumbprint';
/** As a request comes from the authority through the balancer. */
const byHttp = [
  ['X-Forwarded-Proto', 'http'],
  ['X-Forwarded-For', '192.0.2.1'],
] as const;

for (const implementation of [node, flask]) {
  const missing = await implementation.prepare();
  describe(
    `a certificate authority that asks the ${implementation.name} implementation`,
    { skip: missing ?? false },
    () => {
      suite(implementation);
    },
  );
}

function suite(implementation: Implementation): void {
  const directory = mkdtempSync(join(tmpdir(), 'service-challenges-'));
  const challenges = join(directory, 'acme-challenges');
  const keysFile = join(directory, 'keys.json');
  let service: RunningService;
  let without: RunningService;

  before(async () => {
    writeKeys(keysFile, [testKey('reader', ['read'])]);
    writeFileSync(join(directory, 'secret'), 'not for an authority');
    const environment = {
      ...{ AUTH: 'keys', AUTH_KEYS_FILE: keysFile, HTTPS_PORT: '443', DEADLINE_MS: '100' },
      ES_HOSTS: `http://127.0.0.1:${await freePort()}`,
    };
    service = await implementation.start({ ...environment, ACME_CHALLENGES: challenges });
    without = await implementation.start(environment);
    // It runs before there is a directory.
    mkdirSync(challenges);
    writeFileSync(join(challenges, 'token-1_a'), content);
  });
  after(async () => {
    await Promise.all([service.stop(), without.stop()]);
    rmSync(directory, { recursive: true });
  });

  const ask = (target: string, from = service, method: 'GET' | 'POST' | 'DELETE' = 'GET') =>
    send(from.url, { method, path: target, headers: byHttp });

  test('gets the file, without a key and without a redirection', async () => {
    const { status, text } = await ask(`${path}/token-1_a`);
    assert.deepEqual([status, text], [200, content]);
  });

  test('gets 404 for another token, and when the service has no such directory', async () => {
    assert.equal((await ask(`${path}/token-2`)).status, 404);
    assert.equal((await ask(`${path}/token-1_a`, without)).status, implementation === node ? 308 : 404);
  });

  for (const token of [
    '..%2fsecret',
    '%2e%2e%2fsecret',
    '..%5csecret',
    '%2fetc%2fpasswd',
    'token-1_a%00',
    '.',
    '..',
    '',
  ])
    test(`gets no file outside of the directory by '${token}'`, async () => {
      const { status, text } = await ask(`${path}/${token}`);
      assert.ok([301, 308, 400, 401, 404].includes(status), `${status} ${text}`);
      assert.doesNotMatch(text, /not for an authority|root:|thumbprint/);
    });

  test('cannot change anything there', async () => {
    for (const method of ['POST', 'DELETE'] as const)
      assert.ok([308, 401, 405].includes((await ask(`${path}/token-1_a`, service, method)).status), method);
    assert.equal((await ask(`${path}/token-1_a`)).text, content);
  });
}
