import assert from 'node:assert/strict';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemClock } from '@understudy/foundation';
import { AppendFile } from '../../../src/proof/history/append-file.ts';
import { defaultSteadyState } from '../../../src/proof/goals.ts';
import type { PlannedWrite, Outcome } from '../../../src/proof/history/records.ts';
import { Generator } from '../../../src/proof/load/generator.ts';
import { httpWire } from '../../../src/proof/load/wire.ts';
import { workloadPlan } from '../../drills/plans.ts';

const corpus = [{ title: 'curl', text: 'command line tool for transferring data' }];

async function listen(t: TestContext, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function drive(url: string, forMs: number, changes: Parameters<typeof workloadPlan>[0] = {}, directory?: string) {
  const folder = directory ?? (await mkdtemp(join(tmpdir(), 'understudy-generator-')));
  const intents = await AppendFile.open(join(folder, 'intents.jsonl'));
  const outcomes = await AppendFile.open(join(folder, 'outcomes.jsonl'));
  const wire = httpWire();
  const generator = new Generator({
    plan: workloadPlan({ urls: [url], ...changes }),
    steady: defaultSteadyState,
    corpus,
    clock: systemClock,
    wire,
    plannedWrites: intents,
    outcomes,
  });
  setTimeout(() => generator.stop(), forMs);
  const end = await generator.run();
  await Promise.all([intents.close(), outcomes.close(), wire.close()]);
  return {
    end,
    intents: await lines<PlannedWrite>(join(folder, 'intents.jsonl')),
    outcomes: await lines<Outcome>(join(folder, 'outcomes.jsonl')),
  };
}

async function lines<T>(path: string): Promise<T[]> {
  const text = await readFile(path, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

test('every write is recorded on disk before it is sent, and has one outcome later', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-generator-'));
  const early: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      if (request.url === '/index') {
        const { id } = JSON.parse(text) as { id: string };
        void readFile(join(directory, 'intents.jsonl'), 'utf8').then((intents) => {
          if (!intents.includes(`"id":"${id}"`)) early.push(id);
          response.writeHead(201).end(JSON.stringify({ result: 'created' }));
        });
      } else response.writeHead(200).end('[]');
    });
  });
  const { intents, outcomes } = await drive(await listen(t, server), 2_300, {}, directory);
  assert.deepEqual(early, []);
  const writes = outcomes.filter((outcome) => outcome.operation === 'index');
  assert.ok(writes.filter((write) => write.outcome === 'acknowledged').length >= 25);
  assert.deepEqual(
    writes.map((write) => write.seq).sort((a, b) => a - b),
    intents.map((intent) => intent.seq).sort((a, b) => a - b),
  );
});

test('a server that hangs does not slow the schedule, and its time-outs are unknown writes', async (t) => {
  const server = createServer(() => undefined);
  const { outcomes, end } = await drive(await listen(t, server), 2_200, {
    deadlineMs: { index: 600, get: 600, search: 600 },
  });
  const writes = outcomes.filter((outcome) => outcome.operation === 'index' && outcome.outcome !== 'unsent');
  // 30 a second for about 1.2 s (the first is due 1 s after the start); a busy machine may stop it a little later.
  const wanted = ((end.stoppedMs - end.firstDueMs) / 1_000) * 30;
  assert.ok(writes.length >= wanted * 0.85 && writes.length <= wanted + 2, `sent ${writes.length} of ${wanted}`);
  assert.ok(writes.every((write) => write.outcome === 'unknown' && write.error === 'deadline'));
  assert.ok(writes.every((write) => write.endMs - write.dueMs >= 595));
});

test('without a listener on the port the writes are rejected: nothing was sent', async () => {
  const { outcomes } = await drive('http://127.0.0.1:9', 1_600);
  const writes = outcomes.filter((outcome) => outcome.operation === 'index' && outcome.outcome !== 'unsent');
  assert.ok(writes.length > 10);
  assert.ok(writes.every((write) => write.outcome === 'rejected'));
});

test('requests that a slow disk delayed until the stop are recorded with their delay', async (t) => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200).end(JSON.stringify({ result: 'created' }));
  });
  const written: Outcome[] = [];
  const wire = httpWire();
  t.after(() => wire.close());
  const generator = new Generator({
    plan: workloadPlan({ urls: [await listen(t, server)] }),
    steady: defaultSteadyState,
    corpus,
    clock: systemClock,
    wire,
    plannedWrites: { append: () => systemClock.sleep(3_000) },
    outcomes: { append: (...records) => Promise.resolve(void written.push(...(records as Outcome[]))) },
  });
  setTimeout(() => generator.stop(), 2_000);
  const { stoppedMs } = await generator.run();
  const late = written.filter((outcome) => outcome.outcome === 'unsent' && outcome.dueMs < stoppedMs);
  assert.ok(late.length >= 20, `named ${late.length}`);
  assert.ok(late.every((outcome) => outcome.operation === 'index' && outcome.sentMs === stoppedMs));
});

test('a generator that did not run at the end records the requests that it never planned, also reads', async (t) => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200).end(JSON.stringify({ result: 'created' }));
  });
  const url = await listen(t, server);
  setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500), 1_990);
  // Due while nothing runs: the stop comes before the late requests are sent, or just after.
  const { outcomes } = await drive(url, 2_000);
  const lag = (operation: string): number =>
    Math.max(...outcomes.filter((o) => o.operation === operation).map((o) => o.sentMs - o.dueMs));
  for (const operation of ['index', 'search']) assert.ok(lag(operation) > 1_300, `${operation} ${lag(operation)}`);
});
