// Every operation against every wrong answer, carried out or not, for good or once: each caller gets one end, which is true. Nothing
// is acknowledged that was not done, nothing is called undone that was, and nothing is left under way.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, isClientError, type Client, type ClientOptions } from '@understudy/client';
import { wrongAnswers, type WrongAnswer } from './answers.ts';
import { WrongEngine, type Plan, type Request } from './engine.ts';
import { found, ids, operations, stored, type End, type Operation } from './operations.ts';

const atOnce = 16;
/** Long enough for a busy machine: an attempt that is given up makes every outcome unknown. */
const patient = { deadlineMs: 20_000, attempt: { minMs: 10_000, maxMs: 10_000 } };
/** For answers that nothing else ends. */
const impatient = { deadlineMs: 300, attempt: { minMs: 120, maxMs: 120 } };

interface Case {
  readonly operation: Operation;
  readonly answer: WrongAnswer;
  readonly applied: boolean;
  readonly times: number;
}

const casesOf = (operation: Operation): Case[] =>
  wrongAnswers
    .filter(({ name }) => !operation.cannotTell?.includes(name))
    .flatMap((answer) =>
      (answer.proves === 'ambiguous' ? [true, false] : [answer.proves !== 'refused']).flatMap((applied) =>
        // Once, and not carried out: that is an attempt which never was.
        (applied || answer.proves === 'refused' ? [Infinity, 1] : [Infinity]).map((times) => ({
          operation,
          answer,
          applied,
          times,
        })),
      ),
    );

async function makeEngine(plan: Plan): Promise<WrongEngine> {
  const engine = await new WrongEngine(plan).listen();
  engine.model.found = found;
  for (const id of ids) engine.model.store.set(id, { source: stored, version: 1, seqNo: 0 });
  return engine;
}

const clientFor = (engine: WrongEngine, options: Partial<ClientOptions> = {}): Client =>
  createClient({
    nodes: [engine.url],
    ...patient,
    maxAttempts: 3,
    backoff: { baseMs: 2, capMs: 4 },
    connections: { maxAnswerBytes: 1_000_000 },
    ...options,
  });

async function runCase(one: Case): Promise<void> {
  const { operation, answer, applied, times } = one;
  const engine = await makeEngine({ isTarget: operation.isTarget, answer: answer.send, applied, times });
  const client = clientFor(engine, { gather: operation.gather ?? false, ...(answer.hangs ? impatient : {}) });
  try {
    await judgeCase(one, engine, client);
    await nothingUnderWay(client);
    await client.close({ drainMs: 0 });
    await gone(engine);
  } finally {
    await client.close({ drainMs: 0 });
    await engine.close();
  }
}

async function judgeCase(
  { operation, answer, applied, times }: Case,
  engine: WrongEngine,
  client: Client,
): Promise<void> {
  const running = operation.run(client);
  const ends = await Promise.all(
    running.map((work) =>
      work.then(
        (value): End => ({ kind: 'done', value }),
        (error: unknown): End => ({ kind: 'failed', error }),
      ),
    ),
  );
  ends.forEach((end, n) => judge(end, { operation, answer, applied, times }, engine, n));
  const { once } = operation;
  if (once && answer.proves === 'ambiguous') {
    const arrived = engine.targets.filter(({ body }) => body.includes(once)).length;
    // On a busy machine a short deadline may pass before it arrives at all.
    assert.ok(arrived === 1 || (arrived === 0 && answer.hangs), `it was sent ${arrived} times`);
  }
}

function judge(end: End, { operation, answer, times }: Case, { model }: WrongEngine, n: number): void {
  if (end.kind === 'done') {
    assert.ok(operation.isTrue(end.value, model, n), `the result is not true: ${JSON.stringify(end.value)}`);
    return;
  }
  const { error } = end;
  assert.ok(isClientError(error), `not an error of the client: ${String(error)}`);
  assert.notEqual(answer.proves, 'right', `a right answer ended in an error: ${error.message}`);
  const { outcome } = error;
  if (!operation.isApplied) assert.equal(outcome, 'none', 'a read leaves nothing behind');
  else if (outcome === 'none')
    assert.ok(!operation.isApplied(model, n), `reported as not applied, and it is there: ${error.message}`);
  // Where all answers are refusals it is known that nothing was done. A bulk that is refused as a whole may have been done in part.
  const isPartly = error.status === 400 && /bulk|gathered/.test(operation.name);
  if (answer.proves === 'refused' && times === Infinity && !isPartly) assert.equal(outcome, 'none', error.message);
}

/** What the client asks for itself (where shards are) may still be under way for a moment. */
async function nothingUnderWay(client: Client): Promise<void> {
  for (let n = 0; n < 100 && Object.values(underWay(client)).some((count) => count > 0); n++) await sleep(10);
  assert.deepEqual(underWay(client), { atNodes: 0, reads: 0, writes: 0, lanes: 0 });
}

function underWay(client: Client): Record<string, number> {
  const { nodes, reads, writes, lanes } = client.metrics();
  return {
    atNodes: nodes.reduce((sum, { inFlight }) => sum + inFlight, 0),
    reads: reads.inFlight + reads.queued,
    writes: writes.inFlight + writes.queued,
    lanes: lanes.inFlight + lanes.queued,
  };
}

async function gone(engine: WrongEngine): Promise<void> {
  // On busy processors an end takes its time; an idle connection that nobody ended lives for a minute.
  for (let n = 0; n < 600 && engine.connections > 0; n++) await sleep(5);
  assert.equal(engine.connections, 0, 'connections are left');
}

/** Runs all, some at a time; the failures of all, each with its name. */
async function runAll<T>(all: readonly T[], nameOf: (one: T) => string, run: (one: T) => Promise<void>): Promise<void> {
  const failures: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let one = all[next++]; one !== undefined; one = all[next++]) {
      try {
        await run(one);
      } catch (error) {
        failures.push(`${nameOf(one)}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  assert.deepEqual(failures, []);
}

test('there are enough wrong answers', () => {
  assert.ok(wrongAnswers.length >= 100, `${wrongAnswers.length}`);
  assert.equal(new Set(wrongAnswers.map(({ name }) => name)).size, wrongAnswers.length);
});

for (const operation of operations)
  test(`${operation.name}: each caller gets one outcome, and a true one, for every wrong answer`, async () => {
    const nameOf = ({ answer, applied, times }: Case): string =>
      `${answer.name} (${applied ? 'applied' : 'not applied'}, ${times === 1 ? 'once' : 'always'})`;
    await runAll(casesOf(operation), nameOf, runCase);
  });

const always = (isTarget: (request: Request) => boolean, answer: WrongAnswer): Plan => ({
  isTarget,
  answer: answer.send,
  applied: true,
  times: Infinity,
});

test('probes: with every wrong answer reads go on, and a node that was suspected is used again', async () => {
  const isProbe = ({ path }: Request): boolean =>
    path.startsWith('/_cluster/state') || path.startsWith('/_nodes/_local');
  await runAll(
    wrongAnswers,
    ({ name }) => name,
    async (answer) => {
      const plan = always(isProbe, answer);
      const engine = await makeEngine(plan);
      const client = clientFor(engine, { gather: false, nodeHealth: { probeEveryMs: 20, probeTimeoutMs: 60 } });
      await client.get({ index: 'a', id: 'd0' });
      // A connection that breaks is what makes a probe.
      const broken = await makeEngine({
        isTarget: () => true,
        applied: true,
        times: Infinity,
        answer: ({ socket }) => socket.destroy(),
      });
      const pair = clientFor(engine, {
        nodes: [engine.url, broken.url],
        gather: false,
        nodeHealth: { probeEveryMs: 20, probeTimeoutMs: 60 },
      });
      const ends = await Promise.allSettled(ids.map((id) => pair.get({ index: 'a', id })));
      for (const end of ends) assert.ok(end.status === 'fulfilled' || isClientError(end.reason));
      plan.times = 0;
      for (let n = 0; n < 100 && pair.metrics().nodes[0]?.state !== 'up'; n++) await sleep(10);
      assert.equal((await pair.get({ index: 'a', id: 'd0' })).found, true);
      for (const one of [client, pair]) {
        await nothingUnderWay(one);
        await one.close({ drainMs: 0 });
      }
      await gone(engine);
      await engine.close();
      await broken.close();
    },
  );
});

test('sniffing: with every wrong answer the seeds stay and serve', async () => {
  await runAll(
    wrongAnswers,
    ({ name }) => name,
    async (answer) => {
      const engine = await makeEngine(always(({ path }) => path.startsWith('/_nodes/_all'), answer));
      const client = clientFor(engine, { gather: false, sniff: { everyMs: 10 } });
      for (let n = 0; n < 100 && engine.targets.length === 0; n++) await sleep(5);
      assert.ok(engine.targets.length > 0);
      await sleep(20);
      assert.equal((await client.get({ index: 'a', id: 'd0' })).found, true);
      assert.deepEqual(
        client.metrics().nodes.map(({ url }) => url),
        [engine.url],
      );
      await client.close({ drainMs: 0 });
      try {
        await nothingUnderWay(client);
        await gone(engine);
      } finally {
        await engine.close();
      }
    },
  );
});
