// What the operator keeps of a system's security: made once, with modes that nobody else can read, and never made anew over a part of it.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import { compare } from 'bcryptjs';
import { openSecurity, type SystemSecurity } from '../../src/secure/index.ts';

let base = '';
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-secure-'));
});
after(() => rm(base, { recursive: true, force: true }));

const open = (name: string): Promise<SystemSecurity> =>
  openSecurity({ directory: join(base, 'config', name), systemName: 'demo', nowMs: Date.now() });

const passwords = ({ accounts }: SystemSecurity): string[] =>
  Object.values(accounts).map(({ password }) => password.reveal());

test('nothing is written before it is kept; then the next run reads the same', async () => {
  const made = await open('lab-demo');
  assert.deepEqual(await readdir(base), []);
  await made.keep();
  await made.keep();
  const read = await open('lab-demo');
  assert.equal(read.bundlePem, made.bundlePem);
  assert.deepEqual(passwords(read), passwords(made));
  assert.deepEqual(read.accounts.service.hash, made.accounts.service.hash);
  for (const name of ['authority.crt', 'authority.key', 'accounts.json'])
    assert.equal((await stat(join(base, 'config/lab-demo', name))).mode & 0o777, 0o600, name);
  assert.equal((await stat(join(base, 'config/lab-demo'))).mode & 0o777, 0o700);
  assert.deepEqual(await readdir(join(base, 'config')), ['lab-demo']);
});

test('each account has a random password of 256 bits, and a hash of it that the file realm reads', async () => {
  const { accounts } = await open('other');
  assert.deepEqual(Object.keys(accounts).sort(), ['monitor', 'operator', 'service']);
  for (const { password, hash } of Object.values(accounts)) {
    assert.match(password.reveal(), /^[A-Za-z0-9_-]{43}$/);
    assert.match(hash, /^\$2a\$10\$/);
    assert.ok(await compare(password.reveal(), hash));
  }
  assert.equal(new Set(passwords(await open('other'))).size, 3);
  assert.doesNotMatch(
    inspect(accounts, { depth: 9 }) + JSON.stringify(accounts),
    new RegExp(accounts.operator.password.reveal()),
  );
});

test('a directory with only a part of it is an error, and nothing is made', async () => {
  for (const lost of ['authority.key', 'authority.crt', 'accounts.json']) {
    const made = await open(`part-${lost}`);
    await made.keep();
    await rm(join(base, 'config', `part-${lost}`, lost));
    await assert.rejects(open(`part-${lost}`), {
      code: 'secure-unreadable',
      message: new RegExp(lost.replace('.', '\\.')),
    });
  }
});

test('accounts that cannot be read are an error that does not repeat them', async () => {
  const made = await open('broken');
  await made.keep();
  const path = join(base, 'config/broken/accounts.json');
  const text = await readFile(path, 'utf8');
  await truncate(path, text.length - 9);
  await assert.rejects(open('broken'), (error: Error) => {
    assert.equal((error as { code?: string }).code, 'secure-unreadable');
    assert.ok(!inspect(error, { depth: 9 }).includes(made.accounts.operator.password.reveal()));
    return text.includes(made.accounts.operator.password.reveal());
  });
});

test('of two that make it at the same time one is kept whole, and the other is told', async () => {
  const [first, second] = [await open('twice'), await open('twice')];
  await first.keep();
  await assert.rejects(second.keep(), { code: 'secure-not-kept', message: /run again/ });
  assert.equal((await open('twice')).bundlePem, first.bundlePem);
  await mkdir(join(base, 'config'), { recursive: true });
  assert.deepEqual(
    (await readdir(join(base, 'config'))).filter((name) => name.includes('.new-')),
    [],
  );
});
