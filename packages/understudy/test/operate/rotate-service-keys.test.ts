// The tool's own key and the secret of the service machines exchanged in the simulated region: at every moment each caller is let in, also
// when the tool is killed anywhere; afterwards the ones of before are refused. Who has an older copy changes nothing.
import assert from 'node:assert/strict';
import { cp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { UnderstudyError, type LogLine } from '@understudy/foundation';
import { createKey, exchangePlan, listKeys } from '../../src/operate/index.ts';
import { keepServiceKeyTexts, readKeyList, resolveIntent, serviceKeyTexts } from '../../src/operation/index.ts';
import { openServiceKeys } from '../../src/operation/service-keys/index.ts';
import { apply, confirmAll } from '../../src/reconcile/index.ts';
import type { World } from '../../src/observe/index.ts';
import { sampleText } from '../simulation/sample-intent.ts';
import { peerSecretsOn } from '../simulation/simulated-callers.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';
import {
  assertAllLetIn,
  base,
  made,
  nothing,
  opened,
  rotate,
  services,
  signedBy,
  stepsLeft,
  watched,
  withKey,
} from './service-key-operators.ts';

test('both are exchanged without a restart; every caller is let in at every moment, and the ones of before are refused', async () => {
  await using sim = await simulatedWorld();
  const { directory, session, keys } = await made(sim, 'whole');
  const users = await createKey(session, { id: 'web', scopes: ['read'] }, () => undefined);
  const starts = services.map((label) => sim.machine(label).serviceStarts);
  let looks = 0;
  const world = watched(sim.world, async () => {
    looks += 1;
    await assertAllLetIn(sim, directory);
  });
  const taken: string[] = [];
  const phases: string[] = [];
  const { isComplete, text, facts } = await rotate(await opened(world, directory), {
    onToolKey(next) {
      assert.deepEqual(withKey(sim, keys.toolKey), [200, 200], 'the old one is let in until nobody uses it');
      assert.deepEqual(withKey(sim, next), [200, 200]);
      taken.push(next.reveal());
      return Promise.resolve();
    },
    betweenPhases: (phase) => Promise.resolve(void phases.push(phase)),
  });
  assert.ok(looks > 10, String(looks));
  assert.deepEqual(phases, ['introduce', 'use', 'withdraw']);
  assert.equal(isComplete, true);
  assert.deepEqual(facts, { before: 'understudy-tool', after: 'understudy-tool-2', machines: services });
  const now = await openServiceKeys(directory);
  assert.equal(now.exchange, undefined);
  assert.deepEqual(new Set(taken), new Set([now.toolKey.reveal()]));
  assert.deepEqual(
    [withKey(sim, now.toolKey), withKey(sim, keys.toolKey)],
    [
      [200, 200],
      [401, 401],
    ],
  );
  assert.deepEqual(
    [signedBy(sim, now.peerSecrets[0]!), signedBy(sim, keys.peerSecrets[0]!)],
    [
      [200, 200],
      [401, 401],
    ],
  );
  assert.deepEqual(withKey(sim, users.key.bearer), [200, 200], "callers' keys stay");
  assert.deepEqual(
    services.map((label) => sim.machine(label).serviceStarts),
    starts,
  );
  assert.deepEqual(await stepsLeft(sim, await opened(sim.world, directory)), nothing);
  for (const name of await readdir(directory))
    assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600, name);
  for (const secret of [now.toolKey, now.peerSecrets[0]!, keys.toolKey, keys.peerSecrets[0]!])
    assert.ok(!text.includes(secret.reveal().slice(-43)));
  const again = await rotate(await opened(sim.world, directory));
  assert.deepEqual(again.facts, { before: 'understudy-tool-2', after: 'understudy-tool', machines: services });
  assert.deepEqual(await stepsLeft(sim, await opened(sim.world, directory)), nothing);
});

/** Scripts of the exchange itself: two ask whether services answer, then three for each machine in each phase. */
const isOwn = (stdin: unknown): boolean => typeof stdin === 'string' && /\/whoami|^date \+%s%3N$/m.test(stdin);

/** A process that is killed at its n-th script of the exchange; `onKill` is told. */
function killedAt(sim: SimulatedWorld, n: number, moment: 'before' | 'after', onKill: () => void): World {
  const { world, connection } = sim.connect();
  let count = 0;
  const run: World['runner']['run'] = async (...asked) => {
    const isLast = isOwn(asked[2]?.stdin) && (count += 1) === n;
    const result = isLast && moment === 'before' ? undefined : await world.runner.run(...asked);
    if (result && !isLast) return result;
    connection.cut();
    onKill();
    return await new Promise<never>(() => undefined);
  };
  return { ...world, runner: { ...world.runner, run } };
}

test('killed at any moment and run again it goes on and ends, nobody is locked out, and apply leaves it in its phase', async () => {
  await using sim = await simulatedWorld();
  const { directory } = await made(sim, 'killed');
  const kills = [
    ...(
      [
        [3, 'before'],
        [3, 'after'],
        [6, 'after'],
        [8, 'after'],
      ] as const
    ).map((at) => [...at, 'introduce'] as const),
    ...(
      [
        [9, 'before'],
        [3, 'after'],
        [6, 'before'],
        [8, 'after'],
      ] as const
    ).map((at) => [...at, 'use'] as const),
    ...(
      [
        [9, 'before'],
        [3, 'after'],
        [5, 'before'],
        [6, 'after'],
        [8, 'after'],
      ] as const
    ).map((at) => [...at, 'withdraw'] as const),
  ];
  for (const [n, moment, phase] of kills) {
    const killed = Promise.withResolvers<'killed'>();
    const session = await opened(
      killedAt(sim, n, moment, () => killed.resolve('killed')),
      directory,
    );
    const how = await Promise.race([rotate(session).then(() => 'ended'), killed.promise]);
    const where = `script ${n}, ${moment}`;
    assert.equal(how, 'killed', where);
    assert.equal((await openServiceKeys(directory)).exchange?.phase, phase, where);
    await assertAllLetIn(sim, directory);
    if (moment === 'before') continue;
    const next = await opened(sim.world, directory);
    const [first] = await exchangePlan(next, 'service-keys');
    assert.equal(first, `One that was interrupted goes on ("${phase}").`);
    if (n !== 3) continue;
    await apply(sim.world, await resolveIntent(next), { confirm: confirmAll });
    await assertAllLetIn(sim, directory);
    assert.equal((await openServiceKeys(directory)).exchange?.phase, phase);
  }
  const said: LogLine[] = [];
  const world = { ...sim.world, logger: (line: LogLine) => void said.push(line) };
  await rotate(await opened(world, directory));
  assert.ok(said.some(({ text }) => text === 'goes on in the phase "withdraw"'));
  assert.deepEqual(await stepsLeft(sim, await opened(sim.world, directory)), nothing);
});

test('a process that ends between the last files of an exchange leaves one that ends', async () => {
  await using sim = await simulatedWorld();
  const { directory } = await made(sim, 'last-files');
  const stop = new Error('the process ends here');
  const atEnd = (phase: string) => (phase === 'use' ? Promise.reject(stop) : Promise.resolve());
  await assert.rejects(rotate(await opened(sim.world, directory), { betweenPhases: atEnd }), stop);
  const texts = (await serviceKeyTexts(directory))!;
  const { exchange: open } = await openServiceKeys(directory);
  await rm(directory, { recursive: true });
  await keepServiceKeyTexts(directory, { ...texts, 'tool-key': `${open?.next.toolKey.reveal()}\n` });
  await assertAllLetIn(sim, directory);
  await rotate(await opened(sim.world, directory));
  assert.deepEqual(await stepsLeft(sim, await opened(sim.world, directory)), nothing);
});

test('a machine that does not answer is named, and nothing is exchanged anywhere', async () => {
  await using sim = await simulatedWorld();
  const { directory, keys } = await made(sim, 'silent');
  const files = await serviceKeyTexts(directory);
  for (const silent of ['demo-service-2', 'demo-search-1']) {
    const run: World['runner']['run'] = (target, ...rest) =>
      target.label === silent
        ? Promise.reject(
            new UnderstudyError('machines-unreachable', `${silent} cannot be reached over SSH: timed out.`),
          )
        : sim.world.runner.run(target, ...rest);
    const world = { ...sim.world, runner: { ...sim.world.runner, run } };
    await assert.rejects(rotate(await opened(world, directory)), {
      code: 'operate-partial-view',
      message: new RegExp(silent),
    });
  }
  sim.machine('demo-service-1').stop('understudy-service.service');
  await assert.rejects(rotate(await opened(sim.world, directory)), {
    code: 'operate-drift',
    message: /demo-service-1/,
  });
  sim.machine('demo-service-1').start('understudy-service.service');
  assert.deepEqual(await serviceKeyTexts(directory), files);
  assert.deepEqual(withKey(sim, keys.toolKey), [200, 200]);
});

test('a machine that goes down in the middle ends it, named; it goes on when the machine is back', async () => {
  await using sim = await simulatedWorld();
  const { directory } = await made(sim, 'down');
  for (const phase of ['introduce', 'use']) {
    let isDown = false;
    const run: World['runner']['run'] = (target, ...rest) =>
      isDown && target.label === 'demo-service-2'
        ? Promise.reject(
            new UnderstudyError('machines-unreachable', 'demo-service-2 cannot be reached over SSH: timed out.'),
          )
        : sim.world.runner.run(target, ...rest);
    const world = { ...sim.world, runner: { ...sim.world.runner, run } };
    const down = (proved: string) => Promise.resolve(void (isDown ||= proved === phase));
    await assert.rejects(rotate(await opened(world, directory), { betweenPhases: down }), {
      message: /demo-service-2/,
    });
    await assertAllLetIn(sim, directory);
  }
  await rotate(await opened(sim.world, directory));
  assert.deepEqual(await stepsLeft(sim, await opened(sim.world, directory)), nothing);
});

test('an older copy of the directory changes nothing and says why, whichever state it is of', async () => {
  await using sim = await simulatedWorld();
  const { directory, keys } = await made(sim, 'later');
  const copies: string[] = [];
  const copy = async (name: string): Promise<void> => {
    const path = join(base, `older-${name}`);
    await cp(directory, path, { recursive: true });
    copies.push(path);
  };
  await copy('first');
  const stopAt = async (phase: string): Promise<void> => {
    const stop = new Error('the process ends here');
    const ends = (proved: string) => (proved === phase ? Promise.reject(stop) : Promise.resolve());
    await assert.rejects(rotate(await opened(sim.world, directory), { betweenPhases: ends }), stop);
  };
  await stopAt('introduce');
  const refusedOf = async (path: string): Promise<void> => {
    const before = [await serviceKeyTexts(path), services.map((label) => [...sim.machine(label).files])];
    const older = await opened(sim.world, path);
    const refused = {
      code: 'service-keys-foreign',
      message: /another operator has exchanged the service keys.*understudy access/,
    };
    await assert.rejects(rotate(older), refused);
    await assert.rejects(
      createKey(older, { id: 'mine', scopes: ['read'] }, () => undefined),
      refused,
    );
    await assert.rejects(listKeys(older), refused);
    const { steps, obstacles } = await stepsLeft(sim, older);
    assert.deepEqual(steps, []);
    assert.equal(obstacles.length, 2, obstacles.join('\n'));
    await assert.rejects(apply(sim.world, await resolveIntent(older), { confirm: confirmAll }));
    assert.deepEqual([await serviceKeyTexts(path), services.map((label) => [...sim.machine(label).files])], before);
  };
  await refusedOf(copies[0]!);
  await copy('introduced');
  await rotate(await opened(sim.world, directory));
  for (const path of copies) await refusedOf(path);
  const now = await openServiceKeys(directory);
  assert.deepEqual(
    [withKey(sim, now.toolKey), withKey(sim, keys.toolKey)],
    [
      [200, 200],
      [401, 401],
    ],
  );
  assert.deepEqual((await listKeys(await opened(sim.world, directory))).behind, []);
});

test("callers' keys that another operator made since are taken over by an exchange, and keys are made in the middle of one", async () => {
  await using sim = await simulatedWorld();
  const { directory } = await made(sim, 'ann');
  const bens = join(base, 'ben');
  await cp(directory, bens, { recursive: true });
  const theirs = await createKey(await opened(sim.world, bens), { id: 'theirs', scopes: ['read'] }, () => undefined);
  const stop = new Error('the process ends here');
  const ends = (proved: string) => (proved === 'introduce' ? Promise.reject(stop) : Promise.resolve());
  await assert.rejects(rotate(await opened(sim.world, directory), { betweenPhases: ends }), stop);
  const mine = await createKey(await opened(sim.world, directory), { id: 'mine', scopes: ['read'] }, () => undefined);
  assert.deepEqual(mine.undone, []);
  await assertAllLetIn(sim, directory);
  await rotate(await opened(sim.world, directory));
  for (const { bearer } of [theirs.key, mine.key]) assert.deepEqual(withKey(sim, bearer), [200, 200]);
  const list = readKeyList(sim.machine('demo-service-1').files.get('/etc/understudy/service-keys.json')?.content ?? '');
  assert.deepEqual(list?.keys.map(({ id }) => id).sort(), ['mine', 'theirs', 'understudy-tool-2']);
  assert.deepEqual(await stepsLeft(sim, await opened(sim.world, directory)), nothing);
});

test('what is not proved ends it: a service that still accepts the old key or the old secret', async () => {
  for (const [name, header] of [
    ['key', 'Authorization'],
    ['secret', 'X-Understudy-Peer'],
  ] as const) {
    await using sim = await simulatedWorld({ factor: 5_000 });
    const { directory } = await made(sim, `deaf-${name}`);
    const run: World['runner']['run'] = async (target, argv, options) => {
      const result = await sim.world.runner.run(target, argv, options);
      const asked = typeof options?.stdin === 'string' && options.stdin.includes(`ask '${header}`);
      const isDeaf = asked && target.label === 'demo-service-2';
      return isDeaf ? { ...result, stdout: result.stdout.replaceAll('401', '200') } : result;
    };
    const world = { ...sim.world, runner: { ...sim.world.runner, run } };
    await assert.rejects(rotate(await opened(world, directory)), {
      code: 'operate-not-proved',
      message: new RegExp(`demo-service-2: .*the old ${name === 'key' ? 'key' : '(key|secret)'} gets 200`),
    });
    assert.equal((await openServiceKeys(directory)).exchange?.phase, 'withdraw');
    await rotate(await opened(sim.world, directory));
    assert.deepEqual(await stepsLeft(sim, await opened(sim.world, directory)), nothing);
  }
});

test('clocks that differ by more than a signature is valid, and an application that takes no requests of other machines', async () => {
  await using sim = await simulatedWorld();
  const { directory, keys } = await made(sim, 'clocks');
  sim.machine('demo-service-1').clockAheadMs = 3_600_000;
  sim.machine('demo-service-2').takesPeers = false;
  await rotate(await opened(sim.world, directory));
  assert.deepEqual(withKey(sim, keys.toolKey), [401, 401]);
  assert.deepEqual(peerSecretsOn(sim.machine('demo-service-1')).length, 1);
});

test('without keys there is nothing to exchange', async () => {
  await using sim = await simulatedWorld();
  const { session } = await made(sim, 'public', `${sampleText}service: { auth: public }\n`);
  await assert.rejects(rotate(session), {
    code: 'service-keys-off',
    message: /service.auth of topology.yaml is public/,
  });
});
