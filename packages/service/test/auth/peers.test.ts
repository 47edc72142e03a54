// Service machines that know each other: what a machine that is cut off passes on is taken by its peers alone, by their secret.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, describe, it } from 'node:test';
import { digestOf, peerHeader, sign } from '../../src/auth/index.ts';
import { verify } from '../../src/auth/peer-signature.ts';
import { eventually, word } from '../contract/call.ts';
import { behindProxy } from '../harness/behind-proxy.ts';
import { findEngine } from '../harness/engine.ts';
import { freePort } from '../harness/free-port.ts';
import { node } from '../harness/implementations.ts';
import { bearer, testKey, writeKeys } from './keys.ts';
import { send } from './send.ts';

const found = await findEngine();
const directory = mkdtempSync(join(tmpdir(), 'service-peers-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const path = join(directory, 'keys.json');
const user = testKey('user', ['read', 'write']);
writeKeys(path, [user]);
const headers = { authorization: `Bearer ${bearer(user)}` };
const [older, newer] = ['o'.repeat(43), 'n'.repeat(43)];

describe('the signature of a peer', () => {
  const request = { method: 'POST', path: '/index', caller: 'user', digest: digestOf('{}') };
  const header = sign(newer, request, 1_000_000);
  it('is taken with each of the secrets, and says who called and what the body is', () => {
    const said = { caller: 'user', digest: request.digest };
    assert.deepEqual(verify([newer], header, request, 1_000_000), said);
    assert.deepEqual(verify([older, newer], header, request, 1_059_000), said);
  });
  const wrong: readonly [string, readonly string[], string, { method: string; path: string }, number][] = [
    ['another secret', [older], header, request, 1_000_000],
    ['no secret', [], header, request, 1_000_000],
    ['another path', [newer], header, { ...request, path: '/bulk' }, 1_000_000],
    ['another method', [newer], header, { ...request, method: 'DELETE' }, 1_000_000],
    ['an old request', [newer], header, request, 1_061_000],
    ['a request of the future', [newer], header, request, 939_000],
    ['another caller', [newer], header.replace(' user ', ' boss '), request, 1_000_000],
    ['another body', [newer], header.replace(request.digest, digestOf('[]')), request, 1_000_000],
    ['an empty header', [newer], '', request, 1_000_000],
  ];
  for (const [name, secrets, text, asked, nowMs] of wrong)
    it(`is refused: ${name}`, () => assert.equal(verify(secrets, text, asked, nowMs), undefined));
});

describe('a file of secrets', () => {
  const file = join(directory, 'peers');
  const monitor = testKey('monitor', ['monitor']);
  const keys = join(directory, 'keys-of-monitor.json');
  writeKeys(keys, [monitor]);
  /** Replaces it by a rename, as on a machine; returns its SHA-256. */
  const write = (text: string): string => {
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return createHash('sha256').update(text).digest('hex');
  };

  it('is read again while the service runs: the next secret is let in, and the one before it goes', async (t) => {
    const first = write(`${older}\n`);
    const service = await node.start({
      ...{ AUTH: 'keys', AUTH_KEYS_FILE: keys, PEER_SECRET_FILE: file, WORKERS: '2' },
      ES_HOSTS: `http://127.0.0.1:${await freePort()}`,
    });
    t.after(() => service.stop());
    const statusWith = async (secret: string): Promise<readonly number[]> => {
      const asked = Array.from({ length: 6 }, async () => {
        const request = { method: 'GET', path: '/whoami', caller: 'tool', digest: '-' };
        const lines = [[peerHeader, sign(secret, request, Date.now())] as const];
        return (await send(service.url, { path: '/whoami', headers: lines })).status;
      });
      return [...new Set(await Promise.all(asked))];
    };
    const version = async () => {
      const lines = [['Authorization', `Bearer ${bearer(monitor)}`] as const];
      return (await send(service.url, { path: '/whoami', headers: lines })).json['peers_sha256'];
    };
    assert.deepEqual([await statusWith(older), await statusWith(newer), await version()], [[200], [401], first]);
    const both = write(`${newer}\n${older}\n`);
    await sleep(50);
    assert.deepEqual([await statusWith(older), await statusWith(newer), await version()], [[200], [200], both]);
    for (const damaged of ['short\n', '\n']) {
      write(damaged);
      await sleep(50);
      assert.deepEqual([await statusWith(older), await statusWith(newer), await version()], [[200], [200], both]);
    }
    assert.match(service.output(), /PEER_SECRET_FILE cannot be read; the secrets before it stay in force/);
    const last = write(`${newer}\n`);
    await sleep(50);
    assert.deepEqual([await statusWith(older), await statusWith(newer), await version()], [[401], [200], last]);
    assert.ok(!service.output().includes(newer) && !service.output().includes(older), 'no secret in the log');
  });
});

describe('service machines with keys', { skip: 'missing' in found ? found.missing : false }, () => {
  const setup = behindProxy(found);
  const start = (environment: Readonly<Record<string, string>>) =>
    setup.start({ AUTH: 'keys', AUTH_KEYS_FILE: path, DEADLINE_MS: '8000', LOG_LEVEL: 'debug', ...environment });

  it('pass on what their caller may do, with the old secret and the new one, and nobody else can', async () => {
    const peer = await start({
      ES_HOSTS: setup.engine.url,
      AUTH_INSIDE: '192.0.2.1',
      PEER_SECRET: `${newer},${older}`,
    });
    const cut = { ES_HOSTS: setup.proxy.url, PEERS: peer.url };
    const ofFirst = join(directory, 'peers-of-first');
    writeFileSync(ofFirst, `${older}\n`);
    const first = await start({ ...cut, PEER_SECRET_FILE: ofFirst });
    const stranger = await start({ ...cut, DEADLINE_MS: '1500', PEER_SECRET: 's'.repeat(43) });
    const without = await start({ ...cut, DEADLINE_MS: '1500' });
    await setup.proxy.shut();
    const id = word();
    const written = await first.call('POST', '/index', { json: { id, data: 'of a user' }, headers });
    assert.equal(written.status, 201, written.text);
    assert.equal(written.headers.get('via'), '1.1 understudy-service');
    assert.equal((await first.call('GET', `/documents/${id}`, { headers })).status, 200);
    assert.match(peer.output(), /"caller":"user"/, 'the peer knows who called');
    writeFileSync(ofFirst, `${newer}\n`);
    await sleep(50);
    const next = await first.call('GET', `/documents/${id}`, { headers });
    assert.equal(next.status, 200, 'it signs with the other one, without a restart');
    assert.equal(next.headers.get('via'), '1.1 understudy-service');
    assert.equal(
      (await first.call('DELETE', `/documents/${id}`, { headers })).status,
      403,
      'refused before it is passed on',
    );
    assert.equal((await first.call('GET', `/documents/${id}`)).status, 401);
    for (const { call } of [stranger, without]) {
      const answer = await eventually(
        () => call('GET', `/documents/${id}`, { headers }),
        ({ status }) => status === 429,
      );
      assert.equal(answer.status, 429, 'the refusal of the peer is not for the caller');
      assert.equal(answer.headers.get('via'), null);
    }
  });

  it('refuse a body that is not the one that was signed', async () => {
    const peer = await start({ ES_HOSTS: setup.engine.url, PEER_SECRET: newer });
    const [signed, sent] = ['{"id":"signed","data":"a"}', '{"id":"changed","data":"b"}'];
    const signature = sign(
      newer,
      { method: 'POST', path: '/index', caller: 'user', digest: digestOf(signed) },
      Date.now(),
    );
    const lines = [[peerHeader, signature] as const, ['Content-Type', 'application/json'] as const];
    const attack = { method: 'POST' as const, path: '/index', headers: lines };
    const changed = await send(peer.url, attack, sent);
    assert.equal(changed.status, 401, changed.text);
    assert.equal(changed.json['reason'], 'peer');
    assert.equal((await send(peer.url, attack, signed)).status, 201);
  });
});
