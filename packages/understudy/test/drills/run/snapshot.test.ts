// On a real region a drill starts only when what it may lose could be restored.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Snapshot } from '../../../src/cluster/index.ts';
import { checkPreconditions } from '../../../src/drills/run/preconditions.ts';
import { drillsNamed, type SystemUnderTest } from '../../../src/drills/index.ts';
import { UnderstudyError } from '@understudy/foundation';
import { smallSystem } from '../small-system.ts';

const [drill] = drillsNamed(['noop']);
const hourMs = 3_600_000;

async function check(changes: Partial<Pick<SystemUnderTest, 'snapshot'>>, newest: () => Promise<Snapshot | undefined>) {
  const system = await smallSystem();
  const { world } = system;
  try {
    await checkPreconditions({ ...world, ...changes, engine: { ...world.engine, newestSnapshot: newest } }, drill!);
  } finally {
    await system.close();
  }
}

const taken = (hoursAgo: number) => () =>
  Promise.resolve({ repository: 'nightly', name: 'monday', startedMs: Date.now() - hoursAgo * hourMs });
const never = () => Promise.resolve(undefined);
const required = { snapshot: { maxAgeHours: 24 } };

test('a snapshot that is young enough lets the drill begin', () => check(required, taken(23.9)));

test('without a snapshot, or with an old one, the drill is refused at once and the way out is named', async () => {
  const code = 'drills-precondition';
  const remedy = /drills\.snapshot allows 24 h; take one, or set drills: \{snapshot: not-required\}/;
  await assert.rejects(check(required, never), { code, message: /no snapshot repository holds .* of documents/ });
  await assert.rejects(check(required, never), { code, message: remedy });
  await assert.rejects(check(required, taken(24.2)), { code, message: /monday in nightly, is 24\.2 h old/ });
});

test('snapshots that cannot be seen count as missing', async () => {
  const broken = () => Promise.reject(new UnderstudyError('cluster-refused', 'a refused to list: bucket is gone.'));
  await assert.rejects(check(required, broken), { code: 'drills-precondition', message: /cannot be seen: .*bucket/ });
});

test('where none is required none is looked for', () => {
  const asked = () => Promise.reject(new Error('it was looked for'));
  return check({ snapshot: null }, asked);
});
