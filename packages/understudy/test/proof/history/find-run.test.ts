// A run is found by its name from any directory, or by its path; a miss lists the names that are near.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UnderstudyError } from '@understudy/foundation';
import { findRun } from '../../../src/proof/index.ts';

const runs = mkdtempSync(join(tmpdir(), 'understudy-runs-'));
after(() => rmSync(runs, { recursive: true }));
const names = [
  ...['20261101T070000Z-search-stop', '20261102T070000Z-search-stop', '20261103T070000Z-search-stop'],
  ...['20261104T070000Z-search-power-cut', '20261105T070000Z-service-kill', '20261106T070000Z-service-pause'],
];
for (const name of names) mkdirSync(join(runs, name));

test('a name, a path, and a path that is relative', async () => {
  const [name = ''] = names;
  assert.equal(await findRun(runs, name), join(runs, name));
  assert.equal(await findRun('/nowhere', join(runs, name)), join(runs, name));
  const before = process.cwd();
  process.chdir(runs);
  try {
    assert.equal(await findRun('/nowhere', name), join(process.cwd(), name));
  } finally {
    process.chdir(before);
  }
});

async function missed(word: string, folder = runs): Promise<UnderstudyError> {
  try {
    await findRun(folder, word);
  } catch (error) {
    assert.ok(error instanceof UnderstudyError);
    return error;
  }
  throw new Error(`${word} was found`);
}

test('a miss lists near names: the last runs of a drill for its name, a slip of the keyboard, a wrong path', async () => {
  const byDrill = await missed('search-stop');
  assert.equal(byDrill.code, 'proof-unknown-run');
  assert.deepEqual((byDrill.facts['near'] as string[]).slice(0, 3), names.slice(0, 3).reverse());
  assert.equal((await missed('20261105T070000Z-servce-kill')).message.split('\n')[1]?.trim(), names[4]);
  assert.equal((await missed(`/elsewhere/${names[3]}`)).message.split('\n')[1]?.trim(), names[3]);
  assert.match((await missed('', runs)).message, /no run ''/);
  assert.match((await missed('x', join(runs, 'none'))).message, /no runs yet/);
});
