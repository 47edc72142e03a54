// No operation makes Node warn, however many machines a system has: one signal that is given to all of them has one listener.
import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Secret, silentLogger, systemClock } from '@understudy/foundation';
import { createLinodeClient } from '../../src/linode/index.ts';
import { createSshRunner, ensureKeyPair } from '../../src/machines/index.ts';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import { observe } from '../../src/observe/index.ts';
import { assessHealth } from '../../src/status/index.ts';
import { loopbackSshd } from '../machines/loopback-sshd.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

const many = 60;

/** The warnings that Node gave while `work` ran. */
async function warningsOf(work: (signal: AbortSignal) => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = [];
  const note = (warning: Error): unknown => warnings.push(warning.stack ?? warning.message);
  process.on('warning', note);
  const controller = new AbortController();
  // Signals have no limit of their own in Node 22 to 26; with one, a listener for each machine would be a warning.
  setMaxListeners(4, controller.signal);
  try {
    await work(controller.signal);
    await setImmediate();
  } finally {
    controller.abort(new Error('the test is over'));
    process.off('warning', note);
  }
  return warnings;
}

test('apply, plan and status of a system with 60 service machines', async () => {
  const intent = await sampleIntent();
  const topology = { ...intent.topology, service: { ...intent.topology.service, instances: many } };
  const wide = { ...intent, topology };
  await using sim = await simulatedWorld({ factor: 20 });
  const warnings = await warningsOf(async (signal) => {
    await apply(sim.world, wide, { confirm: confirmAll, signal });
    const observation = await observe(sim.world, topology);
    assert.deepEqual(plan(wide, observation).steps, []);
    assert.equal(assessHealth(observation, topology).verdict, 'healthy');
  });
  assert.deepEqual(warnings, []);
});

test('requests to Linode that wait for their turn, and pauses', async () => {
  const answer = { label: 'x' };
  const warnings = await warningsOf(async (signal) => {
    const linode = createLinodeClient({
      ...{ baseUrl: 'https://api.example/v4', token: new Secret('x'), logger: silentLogger, signal, concurrency: 2 },
      fetch: async () => {
        await systemClock.sleep(1, signal);
        return Response.json({ errors: [{ reason: 'Not found' }], answer }, { status: 404 });
      },
    });
    await Promise.allSettled(Array.from({ length: many }, (_, id) => linode.instances.get(id)));
    await Promise.all(Array.from({ length: many }, () => systemClock.sleep(5, signal)));
  });
  assert.deepEqual(warnings, []);
});

test('commands, streams and tunnels over one SSH connection', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-warnings-'));
  const keys = await ensureKeyPair(folder, 'understudy');
  await using sshd = await loopbackSshd({ publicKey: keys.publicKey });
  const echo = createServer((socket) => socket.pipe(socket).on('error', () => undefined));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const { port } = echo.address() as AddressInfo;
  const hostKeys = { refusal: () => undefined, forget: () => undefined };
  const runner = createSshRunner({ privateKey: keys.privateKey, hostKeys, clock: systemClock, port: sshd.port });
  const target = { label: 'demo-search-1', address: '127.0.0.1' };
  const each = <Result>(work: () => Promise<Result>) => Promise.all(Array.from({ length: many }, work));
  const warnings = await warningsOf(async (signal) => {
    await each(() => runner.run(target, ['true'], { signal }));
    await each(() => runner.stream(target, ['true'], { stdout: new PassThrough(), stderr: new PassThrough(), signal }));
    for (const stream of await each(() => runner.tunnel(target, { address: '127.0.0.1', port }))) stream.destroy();
  });
  await runner.close();
  echo.close();
  await rm(folder, { recursive: true });
  assert.deepEqual(warnings, []);
});
