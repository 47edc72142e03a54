// The newest snapshot that could give the index back: whole, with the index in it, in whichever repository.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineTransport, newestSnapshot } from '../../src/cluster/index.ts';

type Answers = Readonly<Record<string, [status: number, body: unknown]>>;

function engine(answers: Answers) {
  return engineTransport(['a'], (_node, { path }) => {
    const [status, body] = answers[path.replace(/\?.*/, '')] ?? [404, {}];
    return Promise.resolve({ status, text: JSON.stringify(body) });
  });
}

const snapshot = (name: string, at: number, state = 'SUCCESS', indices = ['documents']) => ({
  snapshot: name,
  state,
  indices,
  start_time_in_millis: at,
});

const two: Answers = {
  '/_snapshot/_all': [200, { nightly: { type: 's3' }, 'by hand': { type: 'fs' } }],
  '/_snapshot/nightly/_all': [
    200,
    {
      snapshots: [
        snapshot('monday', 100),
        snapshot('tuesday', 200),
        snapshot('failed', 900, 'FAILED'),
        snapshot('partial', 800, 'PARTIAL'),
        snapshot('running', 700, 'IN_PROGRESS'),
        snapshot('others', 600, 'SUCCESS', ['logs']),
      ],
    },
  ],
  '/_snapshot/by%20hand/_all': [200, {}],
};

test('the newest complete snapshot with the index is used, of all repositories', async () => {
  assert.deepEqual(await newestSnapshot(engine(two), 'documents'), {
    repository: 'nightly',
    name: 'tuesday',
    startedMs: 200,
  });
  const later = { ...two, '/_snapshot/by%20hand/_all': [200, { snapshots: [snapshot('now', 300)] }] } as Answers;
  assert.equal((await newestSnapshot(engine(later), 'documents'))?.repository, 'by hand');
});

test('no repository, or none with the index, is no snapshot', async () => {
  assert.equal(await newestSnapshot(engine({ '/_snapshot/_all': [200, {}] }), 'documents'), undefined);
  assert.equal(await newestSnapshot(engine(two), 'another'), undefined);
});

test('a repository that cannot be read is an error, not the absence of snapshots', async () => {
  const broken = { ...two, '/_snapshot/nightly/_all': [500, { error: { reason: 'bucket is gone' } }] } as Answers;
  await assert.rejects(newestSnapshot(engine(broken), 'documents'), {
    code: 'cluster-refused',
    message: /nightly.*bucket is gone/,
  });
});
