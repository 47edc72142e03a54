// Requirements that no release can come of: the cause is told from what pip and the index answer, with pip's own lines. And what a lock
// holds. Asks the package index of this machine.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { lockFor } from '../../src/release/python/lock.ts';
import { checkPip } from '../../src/release/python/target.ts';
import { releaseTools } from './tools.ts';

const { python } = await releaseTools();
const debian13 = { version: '3.13', glibc: '2.41' };
let base = '';
let directories = 0;

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-python-'));
});

after(() => rm(base, { recursive: true, force: true }));

async function lock(requirements: string, target = debian13) {
  const directory = join(base, `app-${(directories += 1)}`);
  await mkdir(directory);
  await writeFile(join(directory, 'requirements.txt'), requirements);
  return await lockFor(directory, target, join(base, 'cache'));
}

/** Sets variables for the programs that `work` runs. */
async function within(environment: Readonly<Record<string, string>>, work: () => Promise<void>): Promise<void> {
  const before = process.env;
  process.env = { ...before, ...environment };
  try {
    await work();
  } finally {
    process.env = before;
  }
}

describe('requirements.txt', { skip: python.missing, timeout: 300_000 }, () => {
  for (const { what, requirements, says } of [
    {
      what: 'a version without a wheel for that Python',
      requirements: 'orjson==2.0.7\n',
      says: /saw orjson==2\.0\.7 in requirements\.txt; allowed a version with a wheel, such as \d.*has no wheel for Python 3\.13 on x86_64.*\n {2}\| ERROR/s,
    },
    {
      what: 'a version that does not exist',
      requirements: 'six\nflask==99.0\n',
      says: /saw flask==99\.0 .*allowed a version that the index has: \d.*no such version of flask/s,
    },
    {
      what: "a repository's name in place of the package's",
      requirements: 'elasticsearch-py\n',
      says: /the index has no package elasticsearch-py; do: write elasticsearch, which the index has/,
    },
    {
      what: 'two that conflict',
      requirements: 'flask==3.1.2\nwerkzeug==2.0.0\n',
      says: /saw flask==3\.1\.2, werkzeug==2\.0\.0 .*not all together.*\| {5}flask 3\.1\.2 depends on werkzeug>=3\.1\.0/s,
    },
    {
      what: 'a line that is no requirement',
      requirements: 'flask = 3\n',
      says: /saw flask = 3 in requirements\.txt; allowed one requirement a line/,
    },
    {
      what: 'a wheel with another hash',
      requirements: `six==1.17.0 --hash=sha256:${'0'.repeat(64)}\n`,
      says: /saw six==1\.17\.0 .*none of the hashes.*pip says:\n.*Got {8}[0-9a-f]{64}/s,
    },
  ]) {
    it(`is refused with ${what}`, async () => {
      await assert.rejects(lock(requirements), (error: Error & { code?: string; problem?: { field: string } }) => {
        assert.equal(error.code, 'release-requirements');
        assert.equal(error.problem?.field, 'artifact');
        assert.match(error.message, says);
        return true;
      });
    });
  }

  it('without an answer from the index it is no fault of the file', async () => {
    const nowhere = { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_EXTRA_INDEX_URL: '', PIP_RETRIES: '0' };
    await within(nowhere, () =>
      assert.rejects(lock('six==1.16.0\n'), (error: Error & { code?: string; problem?: object }) => {
        assert.equal(error.code, 'release-index');
        assert.equal(error.problem, undefined);
        return true;
      }),
    );
  });

  it('markers count for the Python of the machines, and the lock is kept until the requirements change', async () => {
    const requirements =
      'six; python_version >= "3.13"\ntoml; python_version < "3.13"\ncolorama; sys_platform == "win32"\n';
    const first = await lock(requirements);
    assert.deepEqual(
      first.wheels.map(({ name }) => name),
      ['six'],
    );
    const older = await lock(requirements, { version: '3.11', glibc: '2.36' });
    assert.deepEqual(
      older.wheels.map(({ name }) => name),
      ['toml'],
    );
    const path = join(first.directory, 'requirements.lock');
    assert.equal(await readFile(path, 'utf8'), first.text);
    await within({ PATH: '/nowhere' }, async () => {
      assert.equal((await lockFor(first.directory, debian13, join(base, 'cache'))).text, first.text);
      await writeFile(join(first.directory, 'requirements.txt'), 'toml\n');
      await assert.rejects(lockFor(first.directory, debian13, join(base, 'cache')), {
        code: 'release-tool',
        message: /needs python3 .*saw no python3.*apt-get install python3 python3-pip/,
      });
    });
  });

  it('a python3 without pip is named with the command that installs it', async () => {
    await mkdir(join(base, 'bin'));
    await writeFile(join(base, 'bin/python3'), '#!/bin/sh\necho "No module named pip" >&2; exit 1\n', { mode: 0o755 });
    await within({ PATH: `${join(base, 'bin')}:/usr/bin:/bin` }, () =>
      assert.rejects(checkPip(), {
        code: 'release-tool',
        message: /python3 without pip.*apt-get install python3 python3-pip/,
      }),
    );
  });
});
