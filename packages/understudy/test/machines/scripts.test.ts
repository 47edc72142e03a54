// The scripts that machines run, run by the local shell: reading only, and writing only below a temporary directory.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { packCommand, releaseOf, switchScript, unpackScript, writeFilesScript } from '../../src/machines/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'understudy-scripts-'));
const owner = execFileSync('sh', ['-c', 'echo "$(id -un):$(id -gn)"']).toString().trim();

test('files are written completely, with mode and owner', () => {
  const content = `it's "quoted" $HOME \`id\`\n\nlast line without end`;
  const file = { path: join(directory, 'deep/er/file.conf'), content, mode: '0640', owner };
  const run = spawnSync('sh', ['-s'], { input: writeFilesScript([file], ['echo then']) });
  assert.equal(run.status, 0, run.stderr.toString());
  assert.equal(run.stdout.toString(), 'then\n');
  assert.equal(readFileSync(file.path, 'utf8'), content);
  assert.equal((statSync(file.path).mode & 0o7777).toString(8), '640');
});

test('the name of a release depends only on its content', async () => {
  const make = (name: string, text: string): string => {
    const home = join(directory, name);
    mkdirSync(join(home, 'bin'), { recursive: true });
    writeFileSync(join(home, 'bin/node'), text);
    chmodSync(join(home, 'bin/node'), 0o755);
    return home;
  };
  const [one, same, other] = await Promise.all(
    [make('one', 'a'), make('same', 'a'), make('other', 'b')].map((home) => releaseOf(home)),
  );
  assert.match(one!.id, /^[0-9a-f]{16}$/);
  assert.equal(one!.id, same!.id);
  assert.notEqual(one!.id, other!.id);
});

test('a release is unpacked next to the others, activated by one rename, and only the newest five are kept', async () => {
  // The scripts name fixed places on a machine; here they are moved below the temporary directory.
  const root = join(directory, 'machine');
  const moved = (script: string): string => script.replaceAll('/opt/understudy', root);
  const homes: string[] = [];
  for (const text of ['1', '2', '3', '4', '5', '6', '7']) {
    const home = join(directory, `release-${text}`);
    mkdirSync(join(home, 'bin'), { recursive: true });
    writeFileSync(join(home, 'service.mjs'), text);
    writeFileSync(join(home, 'bin/prepare'), '#!/bin/sh\necho prepared > prepared\n', { mode: 0o755 });
    const release = await releaseOf(home);
    const [tar = '', ...args] = packCommand(release);
    const archive = gzipSync(execFileSync(tar, args));
    for (let repeat = 0; repeat < 2; repeat += 1) {
      const unpacked = spawnSync('sh', ['-c', moved(unpackScript(release.id))], { input: archive });
      assert.equal(unpacked.status, 0, unpacked.stderr.toString());
    }
    const switched = spawnSync('sh', ['-s'], { input: moved(switchScript(release.id)) });
    assert.equal(switched.status, 0, switched.stderr.toString());
    assert.equal(readFileSync(join(root, 'current/service.mjs'), 'utf8'), text);
    assert.equal(readFileSync(join(root, 'current/prepared'), 'utf8'), 'prepared\n');
    homes.push(join(root, 'releases', release.id));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual(
    homes.map((home) => existsSync(home)),
    [false, false, true, true, true, true, true],
  );
  assert.equal(statSync(homes[6]!).uid, userInfo().uid);
});
