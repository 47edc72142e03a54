// What a new machine is created with: keys, a password for its console that is kept here and nowhere else, and no swap.
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { consolePassword } from '../../src/operation/console-password.ts';
import { consolePasswordPath } from '../../src/operation/index.ts';
import { apply, confirmAll } from '../../src/reconcile/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

test('the password is made once, for the owner alone', async (t) => {
  const base = await mkdtemp(join(tmpdir(), 'understudy-console-'));
  t.after(() => rm(base, { recursive: true, force: true }));
  process.env['XDG_CONFIG_HOME'] = base;
  const made = await Promise.all([consolePassword('lab-demo'), consolePassword('lab-demo')]);
  const again = await consolePassword('lab-demo');
  for (const one of made) assert.equal(one.reveal(), again.reveal());
  assert.match(again.reveal(), /^[\w-]{24}$/);
  assert.equal((await stat(consolePasswordPath('lab-demo'))).mode & 0o777, 0o600);
  assert.notEqual((await consolePassword('lab-other')).reveal(), again.reveal());

  const created: Record<string, unknown>[] = [];
  await using sim = await simulatedWorld({
    listener: ({ method, url, sent }) => {
      if (method === 'POST' && url.endsWith('/linode/instances')) created.push(sent as Record<string, unknown>);
    },
  });
  const intent = { ...(await sampleIntent()), consolePassword: () => consolePassword('lab-demo') };
  await apply(sim.world, intent, { confirm: confirmAll });
  assert.equal(created.length, 5);
  for (const { root_pass, swap_size, authorized_keys, metadata } of created) {
    assert.deepEqual([root_pass, swap_size, authorized_keys], [again.reveal(), 0, intent.authorizedKeys]);
    const userData = Buffer.from((metadata as { user_data: string }).user_data, 'base64').toString();
    assert.ok(!userData.includes(again.reveal()));
  }
});
