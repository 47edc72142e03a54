// Several drills in one command: a drill that cannot be run ends it, and the verdicts before it are kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnderstudyError } from '@understudy/foundation';
import { untilOneCannot } from '../../src/cli/commands/drill-run.ts';

const runs = ['first', 'second', 'third'].map((name) => ({ drill: { name } }));
const refusal = new UnderstudyError('drills-precondition', 'The cluster is yellow.', { facts: {} });
const refusing =
  (name: string, error: Error = refusal) =>
  ({ drill }: (typeof runs)[number]): Promise<string> =>
    drill.name === name ? Promise.reject(error) : Promise.resolve(drill.name);

test('what was run before a drill that cannot be run is a result, and no other drill is tried', async () => {
  const { signal } = new AbortController();
  assert.deepEqual(await untilOneCannot(runs, signal, refusing('none')), { results: ['first', 'second', 'third'] });
  const { results, stopped } = await untilOneCannot(runs, signal, refusing('second'));
  assert.deepEqual([results, stopped?.drill, stopped?.error], [['first'], 'second', refusal]);
});

test('the first drill, an interruption and a bug are errors of the command', async () => {
  const { signal } = new AbortController();
  await assert.rejects(untilOneCannot(runs, signal, refusing('first')), refusal);
  await assert.rejects(untilOneCannot(runs, signal, refusing('second', new TypeError('a bug'))), TypeError);
  const interrupted = new AbortController();
  const run = (one: (typeof runs)[number]): Promise<string> => {
    if (one.drill.name === 'second') interrupted.abort();
    return refusing('second')(one);
  };
  await assert.rejects(untilOneCannot(runs, interrupted.signal, run), refusal);
});
