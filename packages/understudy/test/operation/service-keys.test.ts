// The keys of the service's callers on the operator's computer: made once, readable by the owner alone, and without the secret in any list.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UnderstudyError, type Secret } from '@understudy/foundation';
import { isFreeName, keyListText, makeKey, readKeyList, writeKeyList } from '../../src/operation/index.ts';
import { openServiceKeys } from '../../src/operation/service-keys/index.ts';

const base = await mkdtemp(join(tmpdir(), 'understudy-service-keys-'));
after(() => rm(base, { recursive: true, force: true }));
const code = (wanted: string) => (error: unknown) => error instanceof UnderstudyError && error.code === wanted;

const reveal = (secret: Secret): string => secret.reveal();

test('are made in memory, kept whole when they are first used, and then always the same', async () => {
  const directory = join(base, 'one/lab-demo');
  const made = await openServiceKeys(directory);
  await assert.rejects(stat(directory), { code: 'ENOENT' });
  await Promise.all([made.keep(), made.keep()]);
  const again = await openServiceKeys(directory);
  assert.equal(again.toolKey.reveal(), made.toolKey.reveal());
  assert.deepEqual(again.peerSecrets.map(reveal), made.peerSecrets.map(reveal));
  assert.deepEqual(again.list, made.list);
  for (const name of await readdir(directory))
    assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600, name);
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
});

test('another command that made them first is not overwritten', async () => {
  const directory = join(base, 'two/lab-demo');
  const [first, second] = [await openServiceKeys(directory), await openServiceKeys(directory)];
  await first.keep();
  await assert.rejects(second.keep(), code('service-keys-not-kept'));
  assert.equal((await openServiceKeys(directory)).toolKey.reveal(), first.toolKey.reveal());
});

test('a missing or damaged part is named, and nothing is made anew', async () => {
  for (const name of ['keys.json', 'tool-key', 'peer-secret']) {
    const directory = join(base, `three-${name}`);
    await (await openServiceKeys(directory)).keep();
    await rm(join(directory, name));
    await assert.rejects(openServiceKeys(directory), code('service-keys-unreadable'));
  }
  const directory = join(base, 'four');
  await mkdir(directory);
  for (const name of ['keys.json', 'tool-key', 'peer-secret']) await writeFile(join(directory, name), 'x');
  await assert.rejects(openServiceKeys(directory), code('service-keys-unreadable'));
});

test('a list has the hash of the secret and never the secret', async () => {
  const directory = join(base, 'five');
  const keys = await openServiceKeys(directory);
  await keys.keep();
  const { record, bearer } = makeKey({ id: 'web', scopes: ['write', 'read'], requestsPerSecond: 5 }, 0);
  const secret = bearer.reveal().slice('us_web_'.length);
  assert.match(secret, /^[\w-]{43}$/);
  assert.equal(record.sha256, createHash('sha256').update(secret).digest('hex'));
  assert.deepEqual([record.scopes, record.requestsPerSecond, record.burst], [['read', 'write'], 5, 5]);
  const list = { generation: 2, keys: [...keys.list.keys, record] };
  await writeKeyList(directory, list);
  const text = await readFile(join(directory, 'keys.json'), 'utf8');
  assert.equal(text, keyListText(list));
  assert.deepEqual(readKeyList(text), list);
  for (const hidden of [secret, keys.toolKey.reveal(), keys.toolKey.reveal().slice(-43)])
    assert.ok(!text.includes(hidden));
});

test('names of keys', () => {
  for (const name of ['web', 'a', 'importer-2']) assert.ok(isFreeName(name), name);
  for (const name of ['', 'Web', '2', '-a', 'a_b', 'a b', 'understudy-tool', 'understudy-tool-2', 'x'.repeat(33)])
    assert.ok(!isFreeName(name), name);
});
