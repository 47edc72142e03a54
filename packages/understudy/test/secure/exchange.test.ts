// The phases of an exchange as the operator's files keep them: what counts in each, what an interruption leaves, and which copy is newer.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import { X509Certificate } from 'node:crypto';
import { compare } from 'bcryptjs';
import { Secret } from '@understudy/foundation';
import {
  advance,
  beginAccounts,
  beginAuthority,
  openSecurity,
  securityTexts,
  succession,
  type SystemSecurity,
} from '../../src/secure/index.ts';

let base = '';
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-exchange-'));
});
after(() => rm(base, { recursive: true, force: true }));

const request = (name: string, passphrase?: Secret) => ({
  directory: join(base, name),
  systemName: 'demo',
  nowMs: Date.now(),
  passphrase,
});
const open = (name: string, passphrase?: Secret): Promise<SystemSecurity> => openSecurity(request(name, passphrase));

async function kept(name: string, passphrase?: Secret): Promise<SystemSecurity> {
  const made = await open(name, passphrase);
  await made.keep();
  return made;
}

const bundled = ({ bundlePem }: SystemSecurity): number => bundlePem.split('BEGIN CERTIFICATE').length - 1;
const userNames = ({ users }: SystemSecurity): string[] => users.map(({ user }) => user);

test('an authority: trusted first, then signing, then alone; the bundle is the same until the old one goes', async () => {
  const first = await kept('authority');
  assert.equal(first.exchange.authority, undefined);
  await beginAuthority(request('authority'));
  await beginAuthority(request('authority'));
  const introduced = await open('authority');
  assert.equal(bundled(introduced), 2);
  assert.equal(introduced.signerPem, first.signerPem);
  await advance(first.directory, 'authority', 'introduce');
  const used = await open('authority');
  assert.equal(used.bundlePem, introduced.bundlePem);
  assert.notEqual(used.signerPem, first.signerPem);
  await advance(first.directory, 'authority', 'use');
  const alone = await open('authority');
  assert.equal(alone.bundlePem, used.signerPem);
  assert.equal(
    alone.former.authority.certificatePem,
    first.signerPem,
    'the old one is kept until it is proved to be gone',
  );
  await advance(first.directory, 'authority', 'withdraw');
  const ended = await open('authority');
  assert.equal(ended.exchange.authority, undefined);
  assert.equal(ended.signerPem, used.signerPem);
  assert.equal(await readFile(join(first.directory, 'authority.crt'), 'utf8'), used.signerPem);
  const rotation = await readFile(join(first.directory, 'rotation.json'), 'utf8');
  assert.doesNotMatch(rotation, /PRIVATE KEY/);
  assert.equal((await stat(join(first.directory, 'rotation.json'))).mode & 0o777, 0o600);
  for (const file of await readdir(first.directory)) assert.doesNotMatch(file, /^\./);
});

test('a phase that was proved before is not left again', async () => {
  const { directory } = await kept('twice');
  await beginAccounts(directory, ['service']);
  await advance(directory, 'accounts', 'introduce');
  await advance(directory, 'accounts', 'introduce');
  assert.equal((await open('twice')).exchange.accounts?.phase, 'use');
  await advance(directory, 'authority', 'introduce');
  assert.equal((await open('twice')).exchange.accounts?.phase, 'use');
});

test('passwords: two users of an account, of which one is used; afterwards one, and its names take turns', async () => {
  const first = await kept('passwords');
  await beginAccounts(first.directory, ['operator', 'service']);
  await beginAccounts(first.directory, ['monitor']);
  const introduced = await open('passwords');
  const both = ['operator', 'operator-2', 'service', 'service-2', 'monitor'].map((name) => `understudy-${name}`);
  assert.deepEqual(userNames(introduced), both);
  assert.equal(introduced.accounts.service.user, 'understudy-service');
  await advance(first.directory, 'accounts', 'introduce');
  const used = await open('passwords');
  assert.deepEqual(used.users, introduced.users);
  const { user, password, hash } = used.accounts.service;
  assert.equal(user, 'understudy-service-2');
  assert.ok(await compare(password.reveal(), hash));
  assert.match(hash, /^\$2a\$10\$/);
  await advance(first.directory, 'accounts', 'use');
  const alone = ['operator-2', 'service-2', 'monitor'].map((name) => `understudy-${name}`);
  assert.deepEqual(userNames(await open('passwords')), alone);
  await advance(first.directory, 'accounts', 'withdraw');
  const ended = await open('passwords');
  assert.deepEqual(userNames(ended), alone);
  assert.equal(ended.accounts.monitor.password.reveal(), first.accounts.monitor.password.reveal());
  await beginAccounts(first.directory, ['service']);
  assert.equal((await open('passwords')).exchange.accounts?.next.service?.user, 'understudy-service');
});

test('a process that ends between two files of the last step leaves the new authority, and the old one to be proved gone', async () => {
  const { directory, signerPem: formerPem } = await kept('half');
  await beginAuthority(request('half'));
  for (const phase of ['introduce', 'use'] as const) await advance(directory, 'authority', phase);
  const { signerPem } = await open('half');
  const before = join(base, 'half-before');
  await cp(directory, before, { recursive: true });
  await advance(directory, 'authority', 'withdraw');
  const texts = async (of: string, name: string) => readFile(join(of, name), 'utf8');
  for (const written of [['authority.key'], ['authority.key', 'authority.crt']]) {
    const half = join(base, `half-${written.length}`);
    await cp(before, half, { recursive: true });
    for (const name of written) await writeFile(join(half, name), await texts(directory, name));
    const seen = await openSecurity({ ...request('half'), directory: half });
    assert.equal(seen.signerPem, signerPem);
    assert.equal(seen.bundlePem, signerPem);
    assert.equal(seen.former.authority.certificatePem, formerPem);
    await seen.assertSigns();
    const subject = { label: 'demo-search-1', addresses: ['10.20.0.11', '127.0.0.1'] };
    const { certificatePem } = await seen.probe(subject, 'former', Date.now());
    assert.ok(new X509Certificate(certificatePem).verify(new X509Certificate(formerPem).publicKey));
    await advance(half, 'authority', 'withdraw');
    const ended = await openSecurity({ ...request('half'), directory: half });
    assert.equal(ended.signerPem, signerPem);
    await ended.assertSigns();
  }
});

test('a process that ends between the last two files of passwords leaves the old users to be proved gone', async () => {
  const first = await kept('half-passwords');
  const { directory } = first;
  await beginAccounts(directory, ['operator', 'service']);
  for (const phase of ['introduce', 'use'] as const) await advance(directory, 'accounts', phase);
  const rotation = await readFile(join(directory, 'rotation.json'), 'utf8');
  await advance(directory, 'accounts', 'withdraw');
  await writeFile(join(directory, 'rotation.json'), rotation);
  const seen = await open('half-passwords');
  assert.equal(seen.exchange.accounts?.phase, 'withdraw');
  for (const name of ['operator', 'service'] as const) {
    assert.equal(seen.former.accounts[name].user, first.accounts[name].user);
    assert.equal(seen.former.accounts[name].password.reveal(), first.accounts[name].password.reveal());
    assert.notEqual(seen.accounts[name].user, first.accounts[name].user);
  }
  await advance(directory, 'accounts', 'withdraw');
  const ended = await open('half-passwords');
  assert.equal(ended.exchange.accounts, undefined);
  assert.equal(ended.accounts.service.user, 'understudy-service-2');
});

test('with a passphrase both keys are encrypted, and nothing signs without it', async () => {
  const words = new Secret('words of the operator');
  const { directory } = await kept('sealed', words);
  await beginAuthority(request('sealed', words));
  const rotation = await readFile(join(directory, 'rotation.json'), 'utf8');
  assert.match(rotation, /ENCRYPTED PRIVATE KEY/);
  await (await open('sealed', words)).assertSigns();
  await assert.rejects((await open('sealed')).assertSigns(), { code: 'secure-passphrase' });
  const subject = { label: 'demo-search-1', addresses: ['10.20.0.11', '127.0.0.1'] };
  const { certificatePem } = await (await open('sealed', words)).probe(subject, 'next', Date.now());
  const probe = new X509Certificate(certificatePem);
  const [, next] = (await open('sealed', words)).bundlePem.split(/(?<=-----END CERTIFICATE-----\n)/);
  assert.ok(probe.verify(new X509Certificate(next ?? '').publicKey));
  assert.ok(Date.parse(probe.validTo) - Date.now() <= 3_600_000);
});

test('a damaged rotation.json is an error that does not quote it; one without the other files is an error', async () => {
  const { directory } = await kept('damaged');
  await beginAuthority(request('damaged'));
  const path = join(directory, 'rotation.json');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.slice(0, -20));
  await assert.rejects(open('damaged'), (error: Error) => {
    assert.equal((error as { code?: string }).code, 'secure-unreadable');
    assert.doesNotMatch(inspect(error, { depth: 9 }), /PRIVATE/);
    return true;
  });
  await writeFile(path, text);
  for (const name of ['authority.crt', 'authority.key', 'accounts.json']) await rm(join(directory, name));
  await assert.rejects(open('damaged'), { code: 'secure-unreadable', message: /authority\.crt/ });
});

test('nothing to exchange is an error', async () => {
  await assert.rejects(beginAuthority(request('nothing')), { code: 'secure-none' });
  await assert.rejects(beginAccounts(join(base, 'nothing'), ['service']), { code: 'secure-none' });
});

test('of two copies the one that went through the state of the other is newer; otherwise they are of two systems', async () => {
  const { directory } = await kept('line');
  const first = (await securityTexts(directory))!;
  await beginAccounts(directory, ['service']);
  const second = (await securityTexts(directory))!;
  await advance(directory, 'accounts', 'introduce');
  const third = (await securityTexts(directory))!;
  assert.equal(succession(directory, first, third), 'newer');
  assert.equal(succession(directory, second, third), 'newer');
  assert.equal(succession(directory, third, second), 'older');
  await kept('another');
  await beginAccounts(join(base, 'another'), ['service']);
  assert.equal(succession(directory, first, (await securityTexts(join(base, 'another')))!), 'other');
  // Two operators that began from the same state.
  await writeFile(join(directory, 'rotation.json'), second['rotation.json'] ?? '');
  await advance(directory, 'accounts', 'introduce');
  assert.equal(succession(directory, third, (await securityTexts(directory))!), 'other');
});
