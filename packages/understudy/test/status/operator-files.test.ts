// What a status takes from the operator's own files: the user of its repair commands, and exchanges that have not ended.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { seen } from '@understudy/foundation';
import { ensureKeyPair, privateKeyPath } from '../../src/machines/index.ts';
import {
  advanceServiceKeys,
  beginServiceKeys,
  nextKeyDirectory,
  operatorFiles,
  type Session,
} from '../../src/operation/index.ts';
import { openServiceKeys } from '../../src/operation/service-keys/index.ts';
import { advance, beginAccounts, beginAuthority, openSecurity } from '../../src/secure/index.ts';
import { assessHealth } from '../../src/status/index.ts';
import { cluster, topology, well } from './changes.ts';

const base = await mkdtemp(join(tmpdir(), 'understudy-operator-files-'));
after(() => rm(base, { recursive: true, force: true }));
process.env['XDG_CONFIG_HOME'] = base;
const nextKey = nextKeyDirectory(`lab-${topology.name}`);
const secured = { ...topology, search: { ...topology.search, security: 'on' as const } };
const [secrets, keys] = [join(base, 'security'), join(base, 'keys')];
const request = { directory: secrets, systemName: 'demo', nowMs: Date.parse(well.at) };

async function session(): Promise<Session> {
  const [security, serviceKeys] = [await openSecurity(request), await openServiceKeys(keys)];
  return {
    topology,
    target: { name: 'lab' },
    security,
    serviceKeys,
    readServiceKeys: () => openServiceKeys(keys),
  } as never;
}

const noticesNow = async (): Promise<string[]> => {
  const { notices, verdict } = assessHealth(well, topology, await operatorFiles(await session()));
  assert.equal(verdict, 'healthy', 'an exchange that is interrupted keeps serving');
  return notices.map(({ id, reason, repair }) => `${id}: ${/"(\w+)"/.exec(reason)?.[1] ?? reason}, ${repair}`);
};

test('exchanges that have not ended are notices, with the command that goes on', async () => {
  await (await openSecurity(request)).keep();
  await (await openServiceKeys(keys)).keep();
  assert.deepEqual(await noticesNow(), []);
  await beginAccounts(secrets, ['service']);
  await beginAuthority(request);
  await advance(secrets, 'authority', 'introduce');
  await beginServiceKeys(keys, 0);
  await ensureKeyPair(nextKey, 'understudy');
  assert.deepEqual(await noticesNow(), [
    'exchange-interrupted: use, understudy secure rotate authority',
    'exchange-interrupted: introduce, understudy secure rotate passwords',
    'exchange-interrupted: introduce, understudy secure rotate ssh-keys',
    'exchange-interrupted: introduce, understudy secure rotate service-keys',
  ]);
  for (const phase of ['introduce', 'use', 'withdraw'] as const) {
    await advance(secrets, 'accounts', phase);
    await advance(secrets, 'authority', phase);
    await advanceServiceKeys(keys, phase);
  }
  await rm(privateKeyPath(nextKey));
  assert.deepEqual(await noticesNow(), ['exchange-interrupted: withdraw, understudy secure rotate ssh-keys']);
  await rm(nextKey, { recursive: true });
  assert.deepEqual(await noticesNow(), []);
});

test('a repair through the engine logs in as the user that there is after an exchange of passwords', async () => {
  const off = cluster({ watermarks: seen({ enabled: false } as never) })(well);
  const repair = async (): Promise<string> =>
    assessHealth(off, secured, await operatorFiles(await session())).findings.find(
      ({ id }) => id === 'disk-watermarks-off',
    )?.repair ?? '';
  assert.match(await repair(), / -u understudy-operator -X PUT /);
  await beginAccounts(secrets, ['operator']);
  assert.match(await repair(), / -u understudy-operator -X PUT /, 'nobody uses the next one yet');
  await advance(secrets, 'accounts', 'introduce');
  assert.match(await repair(), / -u understudy-operator-2 -X PUT /);
  for (const phase of ['use', 'withdraw'] as const) await advance(secrets, 'accounts', phase);
  assert.match(await repair(), / -u understudy-operator-2 -X PUT /);
});
