import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock, UnderstudyError } from '@understudy/foundation';
import { lockOperation, operationLock } from '../../src/operation/index.ts';

const directory = (): Promise<string> => mkdtemp(join(tmpdir(), 'understudy-locks-'));
const request = (where: string, reason: string) => ({ directory: where, name: 'demo', reason, clock: systemClock });

test('a second operation is refused, and the error names the holder, its reason and its start', async () => {
  const where = await directory();
  const lock = await lockOperation(request(where, 'drill search-kill-master'));
  await assert.rejects(lockOperation(request(where, 'apply')), (error: UnderstudyError) => {
    assert.equal(error.code, 'operation-locked');
    assert.match(error.message, /^demo is busy: drill search-kill-master, process \d+ on .+, since 20/);
    return true;
  });
  assert.equal((await operationLock(where, 'demo'))?.reason, 'drill search-kill-master');
  await lock.release();
  assert.equal(await operationLock(where, 'demo'), undefined);
  await (await lockOperation(request(where, 'apply'))).release();
  assert.deepEqual(await readdir(where), []);
});

test('the lock of another topology is independent', async () => {
  const where = await directory();
  const one = await lockOperation(request(where, 'apply'));
  const other = await lockOperation({ ...request(where, 'apply'), name: 'other' });
  await Promise.all([one.release(), other.release()]);
});

test('the lock of a killed process is free', async () => {
  const where = await directory();
  const lockModule = new URL('../../src/operation/index.ts', import.meta.url).href;
  const groundModule = new URL('../../../foundation/src/index.ts', import.meta.url).href;
  const code = `
    const { lockOperation } = await import('${lockModule}');
    const { systemClock } = await import('${groundModule}');
    await lockOperation({ directory: '${where}', name: 'demo', reason: 'apply', clock: systemClock });
    console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--conditions=understudy-source', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await assert.rejects(lockOperation(request(where, 'heal')), { code: 'operation-locked' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await lockOperation(request(where, 'heal'))).release();
});

test('a pid that another process has now does not hold the lock', async () => {
  const where = await directory();
  await lockOperation(request(where, 'apply'));
  const path = join(where, 'demo.json');
  const holder = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...holder, processStart: '1' }));
  await (await lockOperation(request(where, 'heal'))).release();
});

test('when many processes find a stale lock at the same time, exactly one gets it', async () => {
  const where = await directory();
  await writeFile(join(where, 'demo.json'), '{"torn');
  const tries = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) => lockOperation(request(where, `try ${n}`))),
  );
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
});
