// Runs the contract against both implementations and a real engine, or against CONTRACT_URL alone (a balancer, a release).
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, describe } from 'node:test';
import { blocked } from './contract/blocks.ts';
import { caller } from './contract/call.ts';
import { documents } from './contract/documents.ts';
import { extended } from './contract/extended.ts';
import { health } from './contract/health.ts';
import { outage } from './contract/outage.ts';
import { refusals } from './contract/refusals.ts';
import { findEngine, startEngine, type TestEngine } from './harness/engine.ts';
import { freePort } from './harness/free-port.ts';
import { flask, node, type Implementation, type RunningService } from './harness/implementations.ts';

const given = process.env['CONTRACT_URL'];
const found = await findEngine();
const deadlineMs = 1500;

if (given !== undefined) {
  describe(`the service at ${given}`, () => whole(() => given));
} else if ('missing' in found) {
  describe('both implementations against a real engine', { skip: found.missing }, () => undefined);
} else {
  const missing = new Map([
    [node, await node.prepare()],
    [flask, await flask.prepare()],
  ]);
  let engine: TestEngine;
  before(async () => {
    engine = await startEngine(found);
  });
  after(() => engine.stop());
  for (const implementation of [node, flask]) {
    describe(`the ${implementation.name} implementation`, { skip: missing.get(implementation) ?? false }, () => {
      withEngine(implementation, () => engine.url);
      withoutEngine(implementation);
    });
  }
}

function whole(base: () => string): void {
  const call = caller(base);
  documents(call);
  refusals(call);
  health(call);
}

function withEngine(implementation: Implementation, engineUrl: () => string): void {
  let service: RunningService;
  before(async () => {
    service = await implementation.start({ ES_HOSTS: engineUrl(), WORKERS: '2' });
    // An engine's first writes take so long on a busy machine that a client may send them twice.
    const call = caller(() => service.url);
    for (let n = 0; n < 20; n += 1) await call('POST', '/index', { json: { id: `warm-${n}`, data: 'warm' } });
  });
  after(() => service.stop());
  whole(() => service.url);
  const call = caller(() => service.url);
  if (implementation === node) extended(call);
  // Last: the index is closed and made anew.
  blocked(call, engineUrl, implementation === node);
}

function withoutEngine(implementation: Implementation): void {
  let refused: RunningService;
  let silent: RunningService;
  let mute: Server;
  const held = new Set<Socket>();
  before(async () => {
    mute = createServer((socket) => held.add(socket.on('error', () => socket.destroy())));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    const start = (enginePort: number) =>
      implementation.start({ ES_HOSTS: `http://127.0.0.1:${enginePort}`, DEADLINE_MS: String(deadlineMs) });
    [refused, silent] = await Promise.all([freePort().then(start), start(port)]);
  });
  after(async () => {
    await Promise.all([refused.stop(), silent.stop()]);
    for (const socket of held) socket.destroy();
    mute.close();
  });
  outage(
    'refuses connections',
    caller(() => refused.url),
    deadlineMs,
  );
  outage(
    'accepts and never answers',
    caller(() => silent.url),
    deadlineMs,
  );
}
