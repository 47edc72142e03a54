// The callers of the service on real machines: keys made, used, revoked and listed by the command line, while users go on.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { labPowerCut } from '@understudy/lab';
import { resolveIntent } from '../../../src/operation/session.ts';
import { observe } from '../../../src/observe/index.ts';
import { plan } from '../../../src/reconcile/index.ts';
import type { StandingSystem } from './system.ts';

const main = path.join(import.meta.dirname, '../../../src/cli/main.ts');
const node = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning', main];

let base = '';
let topologyPath = '';
let url = '';

async function understudy(words: readonly string[]) {
  const child = spawn(process.execPath, [...node, ...words, '-t', topologyPath, '--target', 'lab'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: base,
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { ...said, code };
}

/** Through the balancer, on a connection of its own, so that machines and processes take turns. */
async function exchange(target: string, key?: string, body?: object) {
  const answer = await fetch(`${url}${target}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      connection: 'close',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  return { status: answer.status, text: await answer.text() };
}

async function ask(target: string, key?: string, body?: object): Promise<number> {
  return (await exchange(target, key, body)).status;
}

async function statuses(key: string): Promise<number[]> {
  const all = await Promise.all(Array.from({ length: 16 }, () => ask('/whoami', key)));
  return [...new Set(all)];
}

const leastRequests = 30;

/** Five requests a second with a key, until the body has ended; the answers that are not good, with their times. */
async function underLoad<Result>(key: string, body: () => Promise<Result>) {
  const bad: string[] = [];
  const open: Promise<void>[] = [];
  const ended = new AbortController();
  const one = async (n: number): Promise<void> => {
    const startedMs = performance.now();
    const asked =
      n % 2 === 0 ? exchange('/index', key, { id: `load-${n}`, data: 'of a user' }) : exchange('/search?q=user', key);
    const what = await asked.then(
      ({ status, text }) => (status < 300 ? undefined : `${status} ${text}`),
      (error: unknown) => String(error),
    );
    if (what !== undefined) bad.push(`${n}: ${what} after ${Math.round(performance.now() - startedMs)} ms`);
  };
  const load = (async () => {
    for (let n = 0; !ended.signal.aborted || n < leastRequests; n += 1) {
      open.push(one(n));
      await sleep(200);
    }
  })();
  try {
    const result = await body();
    return { result, bad, duringBody: open.length };
  } finally {
    ended.abort();
    await load;
    await Promise.all(open);
  }
}

async function stepsNow(system: StandingSystem): Promise<string[]> {
  await using session = await system.session();
  const { steps, obstacles } = plan(await resolveIntent(session), await observe(session.world, session.topology));
  return [...steps.map(({ id }) => String(id)), ...obstacles.map(({ reason }) => reason)];
}

/** Keys of users, as they are by default. */
export function callersOn(system: () => StandingSystem): void {
  describe('keys on real machines', { timeout: 900_000 }, () => {
    before(() => {
      ({ base, topologyPath, url } = system());
    });

    it('are asked for by default, and nothing is left to do after apply', async () => {
      assert.deepEqual(await stepsNow(system()), []);
      assert.equal(await ask('/search?q=x'), 401);
      assert.equal(await ask('/index', undefined, { id: 'a', data: 'b' }), 401);
      for (const inside of ['/metrics', '/docs', '/readyz']) assert.equal(await ask(inside), 401, inside);
      assert.equal(await ask('/healthz'), 200);
    });

    it('are made, listed and revoked while users go on without a failed request', async () => {
      const user = await understudy(['keys', 'create', 'user', '--scope', 'read,write']);
      assert.equal(user.code, 0, user.stderr);
      const userKey = user.stdout.trim();
      assert.match(userKey, /^us_user_[\w-]{43}$/);
      const { bad, duringBody } = await underLoad(userKey, async () => {
        const made = await understudy(['keys', 'create', 'web', '--scope', 'read', '--rate', '500', '--json']);
        assert.equal(made.code, 0, made.stderr);
        const { key, done } = JSON.parse(made.stdout) as { key: string; done: string[] };
        assert.deepEqual(done, ['demo-service-1', 'demo-service-2']);
        assert.deepEqual(await statuses(key), [200], 'usable on every machine when the command has ended');
        assert.equal(await ask('/index', key, { id: 'a', data: 'b' }), 403);
        const revoked = await understudy(['keys', 'revoke', 'web']);
        assert.equal(revoked.code, 0, revoked.stderr);
        assert.deepEqual(await statuses(key), [401], 'refused on every machine when the command has ended');
        const listed = await understudy(['keys', 'list']);
        assert.match(listed.stdout, /^user +read,write/m);
        assert.doesNotMatch(listed.stdout, /^web/m);
        for (const { stdout, stderr } of [made, revoked, listed]) assert.ok(!`${stderr}${stdout}`.includes(userKey));
      });
      assert.ok(duringBody > 5, `${duringBody} requests while the commands ran`);
      assert.deepEqual(bad, []);
      assert.deepEqual(await stepsNow(system()), []);
    });

    it('a revocation that a machine missed is not called done, and apply brings it there', async () => {
      const made = await understudy(['keys', 'create', 'lost', '--scope', 'read']);
      const key = made.stdout.trim();
      await labPowerCut('demo-service-2');
      const revoked = await understudy(['keys', 'revoke', 'lost']);
      assert.equal(revoked.code, 2, revoked.stderr);
      assert.match(revoked.stderr, /demo-service-2/);
      assert.equal(revoked.stdout, '');
      const applied = await understudy(['apply', '--yes']);
      assert.equal(applied.code, 0, applied.stderr);
      assert.match(applied.stderr, /demo-service-2.*list \d+ of the keys/);
      assert.deepEqual(await statuses(key), [401]);
      assert.equal((await understudy(['keys', 'revoke', 'lost'])).code, 64, 'there is none any more');
    });

    it('leave no secret outside of the operator directory', async () => {
      await using session = await system().session();
      const directory = path.join(base, 'config/understudy/service/lab-demo');
      const tool = (await readFile(path.join(directory, 'tool-key'), 'utf8')).trim().slice(-43);
      const seen = await observe(session.world, session.topology);
      assert.ok(!JSON.stringify(seen).includes(tool));
    });
  });
}
