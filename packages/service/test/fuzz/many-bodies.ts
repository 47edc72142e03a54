// Sends random bodies to the service and a real engine:
//   node --conditions=understudy-source packages/service/test/fuzz/many-bodies.ts [count, default 100000] [seed]
// Ends 0 when nothing crashed and no answer was one that no caller may cause, 1 otherwise, 2 when it cannot run here.
import { caller } from '../contract/call.ts';
import { findEngine, startEngine } from '../harness/engine.ts';
import { node } from '../harness/implementations.ts';
import { attack } from './bodies.ts';

const [count = 100_000, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
const found = await findEngine();
if ('missing' in found) {
  console.error(`Cannot run: ${found.missing}.`);
  process.exitCode = 2;
} else {
  const engine = await startEngine(found);
  const service = await node.start({ ES_HOSTS: engine.url, WORKERS: '1' });
  try {
    const start = performance.now();
    const { sent, statuses, bad } = await attack(
      caller(() => service.url),
      count,
      32,
      seed,
    );
    const crashed = /worker ended|internal fault/.test(service.output());
    const seconds = Math.round((performance.now() - start) / 1000);
    console.log(JSON.stringify({ seed, sent, seconds, statuses, bad: bad.slice(0, 5), crashed }, null, 2));
    process.exitCode = bad.length > 0 || crashed ? 1 : 0;
  } finally {
    await service.stop();
    await engine.stop();
  }
}
