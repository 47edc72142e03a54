// Importing access: everything is in place with the right permissions, again changes nothing; a later state takes the place of an earlier one,
// and what differs otherwise is never overwritten.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { systemClock, UnderstudyError } from '@understudy/foundation';
import { ensureKeyPair, pinnedKeys } from '../../src/machines/index.ts';
import { importAccess } from '../../src/operate/index.ts';
import {
  consolePasswordPath,
  keptConsolePassword,
  hostKeysPathOf,
  keyDirectory,
  ownKeyDirectory,
  securityDirectory,
  advanceServiceKeys,
  beginServiceKeys,
  serviceKeysDirectory,
  serviceKeyTexts,
} from '../../src/operation/index.ts';
import { openServiceKeys } from '../../src/operation/service-keys/index.ts';
import { selfSignedCertificate } from '../../src/operation/certificate.ts';
import { advance, beginAccounts, openSecurity, securityTexts, type SystemAccess } from '../../src/secure/index.ts';

const base = await mkdtemp(join(tmpdir(), 'understudy-access-'));
after(() => rm(base, { recursive: true, force: true }));

const pair = await ensureKeyPair(join(base, 'of-ann'), 'understudy');
const annsSecurity = join(base, 'security-of-ann');
await (await openSecurity({ directory: annsSecurity, systemName: 'demo', nowMs: systemClock.now() })).keep();
const texts = await securityTexts(annsSecurity);
assert.ok(texts);
const annsKeys = join(base, 'service-keys-of-ann');
await (await openServiceKeys(annsKeys)).keep();
const keysOfAnn = await serviceKeyTexts(annsKeys);
assert.ok(keysOfAnn);
const access: SystemAccess = {
  target: 'lab',
  system: 'demo',
  exportedAt: '2026-01-02T03:04:05.678Z',
  sshKey: { private: pair.privateKey.reveal(), public: pair.publicKey },
  hostKeys: [
    { address: '198.18.1.1', key: 'ssh-ed25519 AAAA' },
    { address: '198.18.1.2', key: 'ssh-ed25519 BBBB' },
  ],
  consolePassword: 'console-words',
  security: texts,
  acme: null,
  serviceKeys: keysOfAnn,
};
const certificateAt = async (issued: string): Promise<string> => {
  const { certificatePem, keyPem } = await selfSignedCertificate('demo', undefined, Date.parse(issued));
  const about = { directoryUrl: 'https://acme.example.org/directory', domains: ['demo.example.org'] };
  return JSON.stringify({ ...about, certificatePem, keyPem: keyPem.reveal() });
};
const code = (wanted: string) => (error: unknown) => error instanceof UnderstudyError && error.code === wanted;
let home = '';

beforeEach(async () => {
  home = await mkdtemp(join(base, 'ben-'));
  process.env['XDG_CONFIG_HOME'] = home;
});

const filesBelow = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

test('of certificates ordered by ACME the later one is kept, and the key of an account that is there stays', async () => {
  const [first, second, third] = await Promise.all(['2026-01-01', '2026-03-01', '2026-05-01'].map(certificateAt));
  const account = 'account-0123456789ab.key';
  const imported = async (text: string, key: string): Promise<boolean | undefined> => {
    const parts = await importAccess({ ...access, acme: { [account]: key, 'certificate-443.json': text } });
    return parts.find(({ what }) => what === 'acme')?.isNew;
  };
  const kept = async (name: string) => await readFile(join(home, 'understudy/acme/lab-demo', name), 'utf8');
  assert.equal(await imported(second!, 'of Ann'), true);
  assert.equal(await imported(first!, 'of Ben'), false);
  assert.equal(await kept('certificate-443.json'), second);
  assert.equal(await imported(third!, 'of Ben'), true);
  assert.equal(await kept('certificate-443.json'), third);
  assert.equal(await kept(account), 'of Ann');
});

test('the key of the system counts before the one that all systems share', async () => {
  await ensureKeyPair(join(home, 'understudy/ssh'), 'understudy');
  assert.equal(await keyDirectory('lab-demo'), join(home, 'understudy/ssh'));
  await importAccess(access);
  assert.equal(await keyDirectory('lab-demo'), ownKeyDirectory('lab-demo'));
  assert.equal((await ensureKeyPair(await keyDirectory('lab-demo'), 'understudy')).publicKey, pair.publicKey);
  assert.equal(await keyDirectory('lab-other'), join(home, 'understudy/ssh'));
});

test('everything is in place, secrets for the owner alone; again nothing is new', async () => {
  const parts = await importAccess(access);
  assert.deepEqual(
    parts.map(({ what }) => what),
    ['ssh-key', 'host-keys', 'console-password', 'authority-and-accounts', 'service-keys'],
  );
  const key = join(ownKeyDirectory('lab-demo'), 'id_ed25519');
  const kept = [securityDirectory('lab-demo'), serviceKeysDirectory('lab-demo')].map(filesBelow);
  const secrets = [key, consolePasswordPath('lab-demo'), ...(await Promise.all(kept)).flat()];
  assert.equal(secrets.length, 8);
  assert.equal((await keptConsolePassword('lab-demo'))?.reveal(), 'console-words');
  for (const path of secrets) assert.equal((await stat(path)).mode & 0o777, 0o600, path);
  assert.equal(pinnedKeys(hostKeysPathOf('lab')).length, 2);
  const before = await Promise.all((await filesBelow(home)).map((path) => readFile(path, 'utf8')));
  const again = await importAccess(access);
  assert.deepEqual(
    again.filter(({ isNew }) => isNew),
    [],
  );
  assert.deepEqual(await Promise.all((await filesBelow(home)).map((path) => readFile(path, 'utf8'))), before);
});

test('another key, another authority or another host key is refused, and nothing is written', async () => {
  await mkdir(ownKeyDirectory('lab-demo'), { recursive: true });
  await writeFile(join(ownKeyDirectory('lab-demo'), 'id_ed25519'), 'another');
  const keyAlone = await filesBelow(home);
  await assert.rejects(importAccess(access), code('operate-access-conflict'));
  assert.deepEqual(await filesBelow(home), keyAlone);
  await rm(ownKeyDirectory('lab-demo'), { recursive: true });

  await writeFile(hostKeysPathOf('lab'), '198.18.1.2 ssh-ed25519 CCCC\n');
  await assert.rejects(importAccess(access), code('machines-host-key'));
  assert.deepEqual(await filesBelow(home), [hostKeysPathOf('lab')]);
  await rm(hostKeysPathOf('lab'));

  const other = await openSecurity({
    directory: securityDirectory('lab-demo'),
    systemName: 'demo',
    nowMs: systemClock.now(),
  });
  await other.keep();
  const theirs = await filesBelow(home);
  await assert.rejects(importAccess(access), code('operate-access-conflict'));
  assert.deepEqual(await filesBelow(home), theirs);
});

test('a damaged authority is refused, and none of it stays', async () => {
  const broken = { ...access, security: { ...texts, 'accounts.json': '{"words":' } };
  await assert.rejects(importAccess(broken), code('secure-unreadable'));
  await assert.rejects(stat(securityDirectory('lab-demo')), { code: 'ENOENT' });
  assert.equal(await keyDirectory('lab-demo'), join(home, 'understudy/ssh'));
});

test('what was exchanged since takes the place of what is there, which is kept; an older copy is refused', async () => {
  await importAccess(access);
  const next = await ensureKeyPair(join(base, 'of-ann-later'), 'understudy');
  await beginAccounts(annsSecurity, ['service']);
  await advance(annsSecurity, 'accounts', 'introduce');
  const later: SystemAccess = {
    ...access,
    sshKey: { private: next.privateKey.reveal(), public: next.publicKey, former: [pair.publicKey] },
    security: (await securityTexts(annsSecurity))!,
  };
  const parts = await importAccess(later);
  const replaced = new Map(parts.map((part) => [part.what, part.replaced]));
  assert.equal((await ensureKeyPair(ownKeyDirectory('lab-demo'), 'understudy')).publicKey, next.publicKey);
  assert.equal(await readFile(replaced.get('ssh-key')!, 'utf8'), pair.privateKey.reveal());
  assert.deepEqual(await securityTexts(securityDirectory('lab-demo')), later.security);
  const before = await securityTexts(replaced.get('authority-and-accounts')!);
  assert.equal(before?.['accounts.json'], texts['accounts.json']);
  assert.equal(before['rotation.json'], undefined);
  assert.deepEqual(
    (await importAccess(later)).filter(({ isNew }) => isNew),
    [],
  );
  const all = await Promise.all((await filesBelow(home)).map((path) => readFile(path, 'utf8')));
  await assert.rejects(importAccess(access), code('operate-access-conflict'));
  await assert.rejects(
    importAccess({ ...later, sshKey: access.sshKey }),
    (error: Error) => code('operate-access-conflict')(error) && error.message.includes('a later SSH key'),
  );
  assert.deepEqual(await Promise.all((await filesBelow(home)).map((path) => readFile(path, 'utf8'))), all);
});

test('service keys that were exchanged since take the place of those that are there; older, other and damaged ones are refused', async () => {
  await importAccess(access);
  const path = serviceKeysDirectory('lab-demo');
  const states = [];
  await beginServiceKeys(annsKeys, 0);
  for (const phase of ['introduce', 'use', 'withdraw'] as const) {
    states.push({ ...access, serviceKeys: (await serviceKeyTexts(annsKeys))! });
    await advanceServiceKeys(annsKeys, phase);
  }
  states.push({ ...access, serviceKeys: (await serviceKeyTexts(annsKeys))! });
  let before: SystemAccess = access;
  for (const later of states) {
    const part = (await importAccess(later)).find(({ what }) => what === 'service-keys');
    assert.ok(part?.isNew);
    assert.deepEqual(await serviceKeyTexts(part.replaced ?? ''), before.serviceKeys, 'the one before it is kept');
    assert.deepEqual(await serviceKeyTexts(path), later.serviceKeys);
    assert.deepEqual(
      (await importAccess(later)).filter(({ isNew }) => isNew),
      [],
    );
    before = later;
  }
  const last = states.at(-1)!.serviceKeys;
  assert.notEqual(last['tool-key'], keysOfAnn['tool-key']);
  assert.notEqual(last['peer-secret'], keysOfAnn['peer-secret']);
  const refused = async (given: SystemAccess['serviceKeys'], wanted: string, words: RegExp): Promise<void> => {
    const all = await Promise.all((await filesBelow(home)).map((file) => readFile(file, 'utf8')));
    await assert.rejects(importAccess({ ...access, serviceKeys: given }), { code: wanted, message: words });
    assert.deepEqual(await Promise.all((await filesBelow(home)).map((file) => readFile(file, 'utf8'))), all);
  };
  for (const { serviceKeys } of [access, ...states.slice(0, -1)])
    await refused(serviceKeys, 'operate-access-conflict', /later keys of the service/);
  const others = join(base, `service-keys-of-others-${states.length}`);
  await (await openServiceKeys(others)).keep();
  await refused((await serviceKeyTexts(others))!, 'operate-access-conflict', /other keys of the service/);
  await refused({ ...last, 'peer-secret': 'another' }, 'operate-access-conflict', /other keys of the service/);
  for (const name of ['keys.json', 'rotation.json'])
    await refused({ ...last, [name]: '{"words":' }, 'service-keys-unreadable', new RegExp(name));
});
