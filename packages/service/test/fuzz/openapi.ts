// Attacks the service, before a real engine, by its OpenAPI document:
//   node --conditions=understudy-source packages/service/test/fuzz/openapi.ts [seconds, default 600]
// Ends 0 when it found no 5xx and no break of the document, 1 when it did, 2 when it cannot run here.
import { findEngine, startEngine } from '../harness/engine.ts';
import { node } from '../harness/implementations.ts';
import { prepareSchemathesis, schemathesis } from './schemathesis.ts';

const found = await findEngine();
const missing = 'missing' in found ? found.missing : await prepareSchemathesis();
if ('missing' in found || missing !== undefined) {
  console.error(`Cannot run: ${String(missing)}.`);
  process.exitCode = 2;
} else {
  const engine = await startEngine(found);
  const service = await node.start({ ES_HOSTS: engine.url, WORKERS: '2', METRICS: 'public' });
  try {
    const { good, said } = await schemathesis(service.url, Number(process.argv[2] ?? 600));
    console.log(said);
    const faulted = /worker ended|internal fault/.test(service.output());
    if (faulted) console.error(`The service faulted:\n${service.output()}`);
    process.exitCode = good && !faulted ? 0 : 1;
  } finally {
    await service.stop();
    await engine.stop();
  }
}
