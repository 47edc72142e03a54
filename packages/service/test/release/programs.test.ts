// What a start command's first word leads to, and what is refused because it would not start.
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { locateProgram, programsOf } from '../../src/release/programs.ts';

let directory = '';
let programs: Record<string, string>;
const ofImage = { python3: '/usr/bin/python3', sh: '/usr/bin/sh' };

/** The first bytes of an ELF file for a processor. */
function elf(machine: number): Buffer {
  const header = Buffer.alloc(64);
  header.write('\u007fELF', 'latin1');
  header.set([2, 1, 1], 4);
  header.writeUInt16LE(machine, 18);
  return header;
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-programs-'));
  for (const place of ['bin', 'node_modules/.bin']) await mkdir(join(directory, place), { recursive: true });
  const put = (path: string, content: string | Buffer, mode = 0o755) =>
    writeFile(join(directory, path), content, { mode });
  await put('bin/server', elf(62));
  await put('bin/prepare', '#!/bin/sh\n');
  await put('node_modules/.bin/next', '#!/usr/bin/env node\n');
  await put('start', '#!/bin/sh\n');
  await put('arm', elf(183));
  await put('notes', 'no program\n');
  await put('locked', '#!/bin/sh\n', 0o644);
  programs = await programsOf(directory, ['venv/bin/gunicorn', 'venv/bin/python3']);
});

after(() => rm(directory, { recursive: true }));

const locate = (word: string, runtime = 'none', image: Record<string, string> | undefined = ofImage) =>
  locateProgram(word, { directory, programs, ofImage: image, runtime });

test('a bare name is looked for in the environment, in node_modules, in bin, in the release, then in the image', async () => {
  assert.equal(await locate('gunicorn'), 'venv/bin/gunicorn');
  assert.equal(await locate('python3'), 'venv/bin/python3');
  assert.equal(await locate('next'), 'node_modules/.bin/next');
  assert.equal(await locate('server'), 'bin/server');
  assert.equal(await locate('start'), 'start');
  assert.equal(await locate('sh'), '/usr/bin/sh');
  assert.equal(await locate('./start'), 'start');
  assert.equal(await locate('/usr/bin/python3'), '/usr/bin/python3');
});

test('an image of the user may have any absolute program, a known one only its own', async () => {
  assert.equal(
    await locateProgram('/srv/own', { directory, programs, ofImage: undefined, runtime: 'none' }),
    '/srv/own',
  );
  await assert.rejects(locate('/srv/own'), { code: 'release-command', message: /no program of the image/ });
});

for (const [word, runtime, message] of [
  ['gunicron', 'python', /saw gunicron; .*do: write gunicorn\?/],
  ['uvicorn', 'python', /add the package that has uvicorn to requirements\.txt/],
  ['./strat', 'none', /saw \.\/strat; .*no such file; do: write start\?/],
  ['../start', 'none', /leads out of the release/],
  ['prepare', 'none', /neither the release nor the image/],
  ['./arm', 'binary', /another processor than x86_64/],
  ['./notes', 'none', /neither a Linux program nor a script/],
  ['./start', 'binary', /saw \.\/start, a script; .*runtime: none/],
  ['./locked', 'none', /not executable; .*chmod \+x locked/],
  ['__proto__', 'none', /neither the release nor the image/],
] as const) {
  test(`${word} is refused under ${runtime}`, async () => {
    await assert.rejects(locate(word, runtime), { code: 'release-command', message });
  });
}

test('the refusal of a program carries its field for the topology', async () => {
  await chmod(join(directory, 'start'), 0o644);
  await assert.rejects(locate('./start'), (error: Error & { problem?: { field: string; saw: string } }) => {
    assert.equal(error.problem?.field, 'command');
    assert.match(error.problem.saw, /not executable/);
    return true;
  });
  await chmod(join(directory, 'start'), 0o755);
});
