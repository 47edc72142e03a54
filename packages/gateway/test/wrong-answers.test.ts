// Every wrong answer that the client is tested with, seen through the gateway: the application gets one end in time, an error of the
// gateway is true about what was done, what must not be repeated arrives once, and nothing is left under way.
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import { wrongAnswers, type WrongAnswer } from '../../client/test/wrong-answers/answers.ts';
import { WrongEngine, type Request } from '../../client/test/wrong-answers/engine.ts';
import { startGateway, type RunningGateway } from './harness/running.ts';

const atOnce = 8;
const patient = {
  attempt: { minMs: 10_000 },
  maxAttempts: 3,
  backoff: { baseMs: 2, capMs: 4 },
  hedging: false,
} as const;

interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** It must not be repeated once it may have been carried out. */
  readonly isOnce: boolean;
  readonly isRead: boolean;
  readonly isTarget: (request: Request) => boolean;
  readonly gather?: boolean;
}

const is =
  (method: string, start: string) =>
  (request: Request): boolean =>
    request.method === method && request.path.startsWith(start);

const operations: readonly Operation[] = [
  operation('search', 'POST', '/a/_search', '{"size":1}', 'read'),
  operation('index by id', 'PUT', '/a/_doc/n0', '{"n":0}', 'repeatable'),
  operation('index without id', 'POST', '/a/_doc', '{"n":0}', 'once'),
  operation('update', 'POST', '/a/_update/d0', '{"doc":{"n":0}}', 'once'),
  {
    ...operation('gathered index', 'PUT', '/a/_doc/n0', '{"n":0}', 'repeatable'),
    gather: true,
    isTarget: is('POST', '/_bulk'),
  },
  operation('bulk', 'POST', '/_bulk', '{"index":{"_index":"a","_id":"n0"}}\n{"n":0}\n', 'repeatable'),
  operation(
    'bulk that must not be repeated',
    'POST',
    '/_bulk',
    '{"update":{"_index":"a","_id":"d0"}}\n{"doc":{}}\n',
    'once',
  ),
];

function operation(
  name: string,
  method: string,
  path: string,
  body: string,
  how: 'read' | 'repeatable' | 'once',
): Operation {
  return { name, method, path, body, isOnce: how === 'once', isRead: how === 'read', isTarget: is(method, path) };
}

type End = { readonly status: number; readonly body: string } | 'broken';

function ask(url: string, { method, path, body }: Operation, deadlineMs: number): Promise<End> {
  return new Promise((resolve) => {
    const contentType = path.endsWith('_bulk') ? 'application/x-ndjson' : 'application/json';
    const headers = { 'content-type': contentType, 'x-understudy-deadline-ms': String(deadlineMs) };
    const sent = httpRequest(url + path, { method, headers, agent: false }, (response) => {
      buffer(response).then(
        (bytes) => resolve({ status: response.statusCode ?? 0, body: bytes.toString() }),
        () => resolve('broken'),
      );
    });
    sent.on('error', () => resolve('broken'));
    sent.end(body);
  });
}

async function runCase(one: Operation, answer: WrongAnswer, applied: boolean): Promise<void> {
  const plan = { isTarget: one.isTarget, answer: answer.send, applied, times: 0 };
  const engine = await new WrongEngine(plan).listen();
  engine.model.store.set('d0', { source: { n: 9 }, version: 1, seqNo: 0 });
  const gather = { writes: one.gather ? ('on' as const) : ('off' as const) };
  const running = await startGateway([engine.url], [], { ...patient, gather });
  try {
    // The headers of an answer are learnt from this one; the model has no `_shards`, which the gateway would miss.
    if (one.gather) await learn(running, engine);
    engine.targets.length = 0;
    plan.times = Infinity;
    const before = JSON.stringify([...engine.model.store]);
    const startedMs = performance.now();
    const end = await ask(running.url, one, answer.hangs ? 300 : 20_000);
    assert.ok(performance.now() - startedMs < 15_000, 'it took too long');
    judge(end, one, answer, engine, before);
    await nothingUnderWay(running);
  } finally {
    await running[Symbol.asyncDispose]();
    await engine.close();
  }
}

async function learn(running: RunningGateway, engine: WrongEngine): Promise<void> {
  const carryOut = engine.model.carryOut.bind(engine.model);
  engine.model.carryOut = (request) => {
    const { status, body } = carryOut(request);
    return { status, body: request.method === 'PUT' ? { ...(body as object), _shards: {} } : body };
  };
  await ask(running.url, { ...operations[1]!, path: '/a/_doc/first' }, 20_000);
}

function judge(end: End, one: Operation, answer: WrongAnswer, engine: WrongEngine, before: string): void {
  if (one.isOnce && answer.proves === 'ambiguous') {
    const arrived = engine.targets.length;
    assert.ok(arrived === 1 || (arrived === 0 && answer.hangs), `it was sent ${arrived} times`);
  }
  if (end === 'broken' || !end.body.includes('understudy_')) return;
  const { error } = JSON.parse(end.body) as { error: { outcome: string } };
  const isDone = JSON.stringify([...engine.model.store]) !== before;
  if (error.outcome === 'none') assert.ok(!isDone, `called undone, and it is there: ${end.body}`);
  // Clients repeat these statuses by themselves.
  if (one.isOnce && isDone)
    assert.ok(![429, 502, 503, 504].includes(end.status), `status ${end.status} invites a repetition`);
}

async function nothingUnderWay({ gateway }: RunningGateway): Promise<void> {
  const underWay = (): number => {
    const { nodes, reads, writes, lanes } = gateway.forwarder.metrics();
    const atNodes = nodes.reduce((sum, { inFlight }) => sum + inFlight, 0);
    return atNodes + reads.inFlight + reads.queued + writes.inFlight + writes.queued + lanes.inFlight + lanes.queued;
  };
  for (let n = 0; n < 200 && underWay() > 0; n++) await sleep(10);
  assert.equal(underWay(), 0, 'something is still under way');
}

for (const one of operations)
  test(`${one.name}: one end, and a true one, whatever is answered`, async () => {
    const cases = wrongAnswers.flatMap((answer) =>
      (answer.proves === 'ambiguous' && !one.isRead ? [true, false] : [answer.proves !== 'refused']).map((applied) => ({
        answer,
        applied,
      })),
    );
    const failures: string[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let at = cases[next++]; at; at = cases[next++])
        await runCase(one, at.answer, at.applied).catch((error: unknown) => {
          failures.push(`${at.answer.name} (${at.applied ? 'applied' : 'not applied'}): ${String(error)}`);
        });
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    assert.deepEqual(failures, []);
  });
