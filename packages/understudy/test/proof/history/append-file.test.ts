import assert from 'node:assert/strict';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppendFile } from '../../../src/proof/history/append-file.ts';
import { readHistory, readJournal } from '../../../src/proof/history/run-folder.ts';
import { runPlan } from '../../drills/plans.ts';

const folder = () => mkdtemp(join(tmpdir(), 'understudy-history-'));

test('records are in the file when append resolves, in the order of the calls', async () => {
  const path = join(await folder(), 'x.jsonl');
  const file = await AppendFile.open(path);
  await Promise.all(Array.from({ length: 500 }, (_, at) => file.append({ at })));
  const text = await readFile(path, 'utf8');
  assert.deepEqual(
    text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { at: number }).at),
    Array.from({ length: 500 }, (_, at) => at),
  );
  await file.close();
});

test('an incomplete last line after a crash is dropped; damage in the middle is an error', async () => {
  const directory = await folder();
  await writeFile(join(directory, 'journal.jsonl'), '{"atMs":1,"event":"preconditions-met"}\n{"atMs":2,"ev');
  assert.deepEqual(await readJournal(directory), [{ atMs: 1, event: 'preconditions-met' }]);
  await writeFile(join(directory, 'journal.jsonl'), '{"atMs":1,"ev\n{"atMs":2,"event":"started"}\n');
  await assert.rejects(readJournal(directory), {
    code: 'drills-folder-unreadable',
    facts: { file: 'journal.jsonl', line: 1 },
  });
});

test('a folder without a plan, or of another format, is refused', async () => {
  const directory = await folder();
  await assert.rejects(readHistory(directory), { code: 'drills-folder-unreadable' });
  await writeFile(join(directory, 'plan.json'), JSON.stringify({ ...runPlan(), format: 99 }));
  await assert.rejects(readHistory(directory), { code: 'drills-folder-version' });
});
