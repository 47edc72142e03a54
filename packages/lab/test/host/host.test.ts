import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { entryFiles, limitFiles } from '../../src/host/cgroup.ts';
import { loopsUnder, mountsUnder } from '../../src/host/inventory.ts';
import { isContainerInit } from '../../src/host/processes.ts';
import { Serial } from '../../src/host/serial.ts';
import { raiseSettings, restoreSettings } from '../../src/host/settings.ts';
import { hostShell } from '../../src/host/shell.ts';

describe('limits of a machine', () => {
  const limits = { memoryMb: 2048, vcpus: 2 };

  it('are in the trees of their controllers: one tree (v2)', () => {
    assert.deepEqual(
      [...limitFiles({ kind: 'unified', root: '/cg' }, 'm12', limits)],
      [
        ['/cg/understudy/m12/memory.max', '2147483648'],
        ['/cg/understudy/m12/cpu.weight', '200'],
      ],
    );
    assert.deepEqual(entryFiles({ kind: 'unified', root: '/cg' }, 'm12'), ['/cg/understudy/m12/cgroup.procs']);
  });

  it('are in the trees of their controllers: a tree each (v1)', () => {
    const layout = { kind: 'split', memory: '/cg/memory', cpu: '/cg/cpu', bare: ['/cg/unified'] } as const;
    assert.deepEqual(
      [...limitFiles(layout, 'm12', limits)],
      [
        ['/cg/memory/understudy/m12/memory.limit_in_bytes', '2147483648'],
        ['/cg/cpu/understudy/m12/cpu.shares', '2048'],
      ],
    );
    assert.deepEqual(entryFiles(layout, 'm12'), [
      '/cg/memory/understudy/m12/cgroup.procs',
      '/cg/cpu/understudy/m12/cgroup.procs',
      '/cg/unified/understudy/m12/cgroup.procs',
    ]);
  });
});

describe('what the kernel lists', () => {
  it('shows mounts under a directory, the latest first', () => {
    const mountinfo = [
      '20 1 0:1 / / rw - ext4 a b',
      '21 20 7:0 / /lab/a\\040b/disk rw - ext4 c d',
      '22 21 0:9 / /lab/a\\040b/root rw - overlay e f',
      '23 20 0:9 / /labour rw - tmpfs g h',
    ].join('\n');
    assert.deepEqual(mountsUnder(mountinfo, '/lab'), ['/lab/a b/root', '/lab/a b/disk']);
  });

  it('shows loop devices by their image, and none for an empty text', () => {
    const json = JSON.stringify({
      loopdevices: [
        { name: '/dev/loop0', 'back-file': '/lab/machines/1/disk.ext4' },
        { name: '/dev/loop1', 'back-file': '/other' },
        { name: '/dev/loop2', 'back-file': null },
      ],
    });
    assert.deepEqual(loopsUnder(json, '/lab'), ['/dev/loop0']);
    assert.deepEqual(loopsUnder('', '/lab'), []);
  });

  it('distinguishes the first process of a machine from the others', () => {
    assert.deepEqual(['NSpid:\t40\t1\n', 'NSpid:\t1\n', 'NSpid:\t41\t7\n', ''].map(isContainerInit), [
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('settings of the host', () => {
  it('are raised when they are too low, and restored afterwards', async () => {
    const root = await mkdtemp(join(tmpdir(), 'settings-'));
    try {
      const [maps, watches] = [
        join(root, 'proc/sys/vm/max_map_count'),
        join(root, 'proc/sys/fs/inotify/max_user_instances'),
      ];
      await mkdir(join(root, 'proc/sys/vm'), { recursive: true });
      await mkdir(join(root, 'proc/sys/fs/inotify'), { recursive: true });
      await writeFile(maps, '65530\n');
      await writeFile(watches, '8192\n');
      await raiseSettings(root, root);
      await raiseSettings(root, root);
      assert.deepEqual([await readFile(maps, 'utf8'), await readFile(watches, 'utf8')], ['262144', '8192\n']);
      await restoreSettings(root, root);
      assert.equal(await readFile(maps, 'utf8'), '65530');
    } finally {
      await rm(root, { recursive: true });
    }
  });
});

describe('commands on the host', () => {
  it('return their output, or an error that names command and reason', async () => {
    assert.equal(await hostShell.run(['cat'], 'text'), 'text');
    await assert.rejects(hostShell.run(['sh', '-c', 'echo because >&2; exit 3']), {
      code: 'lab-command-failed',
      message: /ended with 3, expected 0: because/,
    });
    assert.equal((await hostShell.attempt(['no-such-program-here'])).code, 127);
  });
});

describe('work about one thing', () => {
  it('is done one after another, also after a failure, and beside other things', async () => {
    const serial = new Serial();
    const done: string[] = [];
    const step = (name: string, ms: number) => async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      done.push(name);
      if (name === 'a1') throw new Error('failed');
    };
    const results = await Promise.allSettled([
      serial.run('a', step('a1', 40)),
      serial.run('a', step('a2', 1)),
      serial.run('b', step('b1', 1)),
    ]);
    assert.deepEqual(done, ['b1', 'a1', 'a2']);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
  });
});
