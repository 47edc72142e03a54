import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readJournal } from '../../../src/proof/history/run-folder.ts';

const good = '{"atMs":1,"event":"started","facts":{"drill":"noop","fault":"nothing"}}';

async function readLinesOf(...lines: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-journal-'));
  await writeFile(join(directory, 'journal.jsonl'), lines.map((line) => `${line}\n`).join(''));
  return readJournal(directory);
}

test('a journal line is read with the facts of its event', async () => {
  const targets =
    '{"atMs":2,"event":"targets-resolved","facts":{"role":"elected-master","machines":["search-1"],"because":"elected now"}}';
  const [, resolved] = await readLinesOf(good, targets);
  assert.deepEqual(resolved, JSON.parse(targets));
});

const damaged: readonly (readonly [line: string, field: string])[] = [
  ['{"atMs":2,"event":"aborted","facts":{"reason":7}}', 'facts.reason'],
  ['{"atMs":2,"event":"aborted"}', 'facts'],
  ['{"atMs":"soon","event":"finished"}', 'atMs'],
  ['{"atMs":2,"event":"vanished"}', 'event'],
  ['{"atMs":2,"event":"workload-stopped","facts":{"generator":{"firstDueMs":1}}}', 'facts.generator.stoppedMs'],
  ['{"atMs":2,"event":"targets-resolved","facts":{"role":"x","machines":[3],"because":"y"}}', 'facts.machines.0'],
  ['[]', '(the whole line)'],
];
for (const [line, field] of damaged)
  test(`a journal line with a wrong ${field} is an error that names file, line and field: ${line}`, async () => {
    await assert.rejects(readLinesOf(good, line), {
      code: 'drills-folder-unreadable',
      message: /journal\.jsonl:2/,
      facts: { file: 'journal.jsonl', line: 2, field },
    });
  });
