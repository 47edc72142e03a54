import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { QueueFile } from '../../src/queue/queue-file.ts';
import { encodeRecord } from '../../src/queue/record.ts';

describe('a queue file', () => {
  let directory: string;
  const line = (fence: number) =>
    encodeRecord({ fence, document: { id: `id-${fence}`, content: 'text', data: { text: 'text' } } });
  const offsets = (file: QueueFile) => [...file.batches(100, 1_000_000)].flat();
  const fences = async (file: QueueFile) =>
    await Promise.all(offsets(file).map(async (offset) => (await file.read(offset))?.fence));

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'understudy-queue-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('has every confirmed write on the disk, in the order of acceptance', async () => {
    const file = await QueueFile.create(directory);
    await Promise.all([1, 2, 3].map((fence) => file.append(line(fence))));
    await file.append(line(4));
    assert.equal(String(await readFile(file.path)), [1, 2, 3, 4].map((fence) => String(line(fence))).join(''));
    assert.deepEqual(await fences(file), [1, 2, 3, 4]);
    await file.close();
  });

  it('belongs to one process at a time, and is taken over by the next one', async () => {
    const first = await QueueFile.create(directory);
    await Promise.all([1, 2, 3].map((fence) => first.append(line(fence))));
    await first.settle(offsets(first).slice(0, 2));
    assert.equal(await QueueFile.takeOver(first.path), undefined);
    await first.close();
    const second = (await QueueFile.takeOver(first.path)) as QueueFile;
    assert.equal(second.takesWrites, false);
    assert.deepEqual(await fences(second), [3]);
    await second.close();
  });

  it('is taken over with a truncated last line, and continued after it', async () => {
    const first = await QueueFile.create(directory);
    await Promise.all([1, 2].map((fence) => first.append(line(fence))));
    await first.close();
    await appendFile(first.path, line(3).subarray(0, 20));
    const second = (await QueueFile.takeOver(first.path)) as QueueFile;
    assert.equal(second.damaged, 1);
    await second.settle(offsets(second).slice(0, 1));
    await second.close();
    const third = (await QueueFile.takeOver(first.path)) as QueueFile;
    assert.equal(third.damaged, 0);
    assert.deepEqual(await fences(third), [2]);
    await third.close();
  });

  it('gives pending writes in batches, each bounded', async () => {
    const file = await QueueFile.create(directory);
    const lines = [1, 2, 3, 4, 5].map(line);
    await Promise.all(lines.map((one) => file.append(one)));
    const size = (lines[0] as Buffer).length;
    const counts = (writes: number, bytes: number) => [...file.batches(writes, bytes)].map(({ length }) => length);
    assert.deepEqual(counts(2, 1_000_000), [2, 2, 1]);
    assert.deepEqual(counts(100, 3 * size), [3, 2]);
    assert.deepEqual(counts(100, 1), [1, 1, 1, 1, 1]);
    await file.close();
  });

  it('is removed when all its writes are settled', async () => {
    const file = await QueueFile.create(directory);
    await file.append(line(1));
    assert.equal(file.isDone, false);
    await file.settle(offsets(file));
    assert.equal(file.isDone, true);
    await file.close();
    assert.deepEqual(await readdir(directory), []);
    assert.equal(await QueueFile.takeOver(file.path), undefined);
  });

  const mounts = process.getuid?.() === 0 ? false : 'a disk of its own needs root';
  it('refuses when the disk is full, keeps what it confirmed, and accepts no more', { skip: mounts }, async () => {
    const run = promisify(execFile);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'understudy-queue-test', directory]);
    try {
      const file = await QueueFile.create(directory);
      await file.append(line(1));
      const large = encodeRecord({ fence: 2, document: { id: 'large', content: '', data: 'x'.repeat(100_000) } });
      await assert.rejects(file.append(large), /ENOSPC|The disk is full/);
      assert.equal(file.takesWrites, false);
      assert.equal(String(await readFile(file.path)), String(line(1)));
      await file.close();
      const next = (await QueueFile.takeOver(file.path)) as QueueFile;
      assert.deepEqual([next.damaged, await fences(next)], [0, [1]]);
      await next.close();
    } finally {
      await run('umount', [directory]);
    }
  });
});
