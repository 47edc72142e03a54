// What the figures of bench/clients are made of, on constructed runs: a bench that cannot see a failure would prove nothing.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { figuresOf, longestGapMs, type Figures, type RunFacts } from '../../../../bench/clients/analysis.ts';
import { application } from '../../../../bench/clients/contenders.ts';
import { checkGoals } from '../../../../bench/clients/goals.ts';
import type { Lane, OperationRecord, UsersReport, WireRecord } from '../../../../bench/clients/records.ts';

const lanes: readonly Lane[] = [
  { kind: 'write', shard: 0, perSecond: 10 },
  { kind: 'get', shard: 1, perSecond: 10 },
  { kind: 'search', shard: null, perSecond: 10 },
];

/** One operation each 100 ms for 10 s in every lane, each answered after 10 ms; the fault begins after 2 s and ends after 8. */
function run(change: (one: OperationRecord) => Partial<OperationRecord> = () => ({})): RunFacts {
  const operations = lanes.flatMap((_, lane) =>
    Array.from({ length: 100 }, (_, n): OperationRecord => {
      const one = { lane, dueMs: n * 100, endMs: n * 100 + 10 };
      return { ...one, ...change(one) };
    }),
  );
  const report: UsersReport = {
    operations,
    sent: [],
    answered: [],
    acknowledgedIds: [],
    hedges: [],
    lagMs: 1,
    stoppedMs: 10_000,
  };
  return {
    lanes,
    marks: { faultMs: 2000, undoneMs: 8000, returned: [] },
    healthyShards: [1],
    report,
    seesEngines: true,
    lost: 0,
  };
}

const withReport = (facts: RunFacts, report: Partial<UsersReport>): RunFacts => ({
  ...facts,
  report: { ...facts.report, ...report },
});

test('a quiet run has no failure, and gaps of one period', () => {
  const figures = figuresOf(run());
  assert.equal(figures.failed, 0);
  assert.equal(figures.requests, 3 * 80);
  assert.equal(figures.writeGapMs, 100);
  assert.equal(figures.healthyReadGapMs, 100);
  assert.equal(figures.readP99Ms, 10);
  assert.equal(figures.backInTrafficMs, null);
});

test('the longest gap begins at the last success before the fault and ends with the run at the latest', () => {
  assert.equal(longestGapMs([900, 3000, 3100], 1000, 4000), 2100);
  assert.equal(longestGapMs([900], 1000, 4000), 3100);
  assert.equal(longestGapMs([], 1000, 4000), 3000);
});

test('a stalled lane is not hidden by the others: late writes make a gap in their own lane', () => {
  const figures = figuresOf(
    run(({ lane, dueMs }) => (lane === 0 && dueMs >= 3000 && dueMs < 7000 ? { endMs: 7000 } : {})),
  );
  assert.equal(Math.round(figures.writeGapMs), 7000 - 2910);
  assert.equal(figures.readGapMs, 100);
  assert.equal(figures.failed, 0);
});

test('failures are counted with their reasons, those in flight when the fault began included, earlier ones not', () => {
  const figures = figuresOf(
    run(({ dueMs }) => (dueMs === 1900 ? { endMs: 2100, error: 'reset' } : dueMs === 500 ? { error: 'before' } : {})),
  );
  assert.equal(figures.failed, 3);
  assert.deepEqual(figures.errors, { reset: 3 });
});

test('a search without all shards is neither a failure nor a success', () => {
  const figures = figuresOf(
    run(({ lane, dueMs }) => (lane === 2 && dueMs >= 4000 && dueMs < 5000 ? { incomplete: true } : {})),
  );
  assert.equal(figures.failed, 0);
  assert.equal(figures.incomplete, 10);
  assert.equal(figures.readGapMs, 1100);
  assert.equal(figures.healthyReadGapMs, 100, 'it touches every shard, so it says nothing of the healthy ones');
});

test('reads of healthy shards are judged apart, and not at all when every shard was affected', () => {
  const slow = run(({ lane, dueMs, endMs }) => (lane === 2 ? { endMs: (endMs ?? dueMs) + 900 } : {}));
  assert.equal(figuresOf(slow).healthyReadP99Ms, 10);
  assert.equal(figuresOf(slow).readP99Ms, 910);
  const { healthyReadP99Ms, healthyReadGapMs } = figuresOf({ ...slow, healthyShards: [] });
  assert.deepEqual([healthyReadP99Ms, healthyReadGapMs], [null, null]);
});

test("requests to engines are counted while the fault lasts, a client's own requests included", () => {
  const at = (atMs: number, own = false): WireRecord => ({ atMs, node: 0, own });
  const sent = [at(1000), ...Array.from({ length: 90 }, (_, n) => at(2000 + n, n % 2 === 0)), at(9000)];
  assert.equal(figuresOf(withReport(run(), { sent })).engineRequests, 90 / 183);
});

test("an application's requests to engines are not seen: no figure is made of those to its servers", () => {
  const sent = [{ atMs: 3000, node: 0, own: false }];
  const marks = { faultMs: 2000, undoneMs: 8000, returned: [{ node: 0, atMs: 8500 }] };
  const figures = figuresOf({ ...withReport(run(), { sent, answered: sent }), marks, seesEngines: false });
  assert.deepEqual([figures.engineRequests, figures.backInTrafficMs], [null, null]);
});

test('hedges are a share of the reads while the fault lasts', () => {
  const hedges = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((second) => ({ atMs: second * 1000, count: second }));
  assert.equal(figuresOf(withReport(run(), { hedges })).hedgedShare, 6 / 122);
});

test('a node is back in traffic at its first answer to a user; without one the time is infinite', () => {
  const facts = run();
  const back = (node: number): RunFacts => ({
    ...facts,
    marks: { ...facts.marks, returned: [{ node, atMs: 8500 }] },
    report: { ...facts.report, answered: [8000, 9700].map((atMs) => ({ atMs, node: 1, own: false })) },
  });
  assert.equal(figuresOf(back(1)).backInTrafficMs, 1200);
  assert.equal(figuresOf(back(2)).backInTrafficMs, Infinity);
});

test('a run whose generator stalled, or that was not steady before the fault, is invalid and judges nothing', () => {
  assert.equal(figuresOf(run()).invalid, null);
  const stalled = figuresOf(withReport(run(), { lagMs: 400 }));
  assert.match(stalled.invalid ?? '', /400 ms behind/);
  const unsteady = figuresOf(run(({ lane, dueMs }) => (lane === 1 && dueMs < 1500 ? { error: 'early' } : {})));
  assert.match(unsteady.invalid ?? '', /no success for 1510 ms/);
  const results = [{ drill: 'search-pause', client: 'ours', round: 1, figures: stalled }] as const;
  assert.deepEqual([...new Set(checkGoals(results).map(({ met }) => met))], [undefined]);
});

test('goals are judged by the worst run of ours alone, with the distance', () => {
  const figures: Figures = figuresOf(run());
  const results = [
    { drill: 'search-pause', client: 'ours', round: 1, figures },
    { drill: 'search-pause', client: 'ours', round: 2, figures: { ...figures, writeGapMs: 9000, failed: 2 } },
    { drill: 'search-pause', client: 'bare', round: 1, figures: { ...figures, writeGapMs: 99_000 } },
  ] as const;
  const of = (what: string, drill = 'search-pause'): unknown => {
    const { met, measured, by } = checkGoals(results).find((one) => one.what === what && one.drill === drill)!;
    return { met, measured, by };
  };
  assert.deepEqual(of('longest write gap'), { met: false, measured: '9 s', by: 'by 50 %' });
  assert.deepEqual(of('failed requests'), { met: false, measured: '2', by: 'by 2' });
  assert.deepEqual(of('acknowledged writes lost'), { met: true, measured: '0', by: '' });
  assert.deepEqual(of('failed requests', 'search-kill-data'), { met: undefined, measured: undefined, by: '' });
});

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  t.after(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a search of an application is complete with a hit of each shard, and its servers are asked in turn', async (t) => {
  const asked: string[] = [];
  const answering = (name: string, hits: number): Promise<string> =>
    serve(t, (request, response) => {
      asked.push(`${name} ${request.method ?? ''} ${request.url ?? ''}`);
      response.end(JSON.stringify(Array.from({ length: hits }, () => ({}))));
    });
  const contender = application([await answering('first', 3), await answering('second', 2)], 5000);
  assert.deepEqual(await contender.search('', {}, undefined), { complete: true });
  assert.deepEqual(await contender.search('', {}, undefined), { complete: false });
  assert.deepEqual(asked, ['first GET /search?q=each', 'second GET /search?q=each']);
});

test('a request of an application fails at any status but 2xx, and when its user has waited long enough', async (t) => {
  let status = 201;
  const server = await serve(t, (_, response) => {
    if (status !== 0) response.writeHead(status).end('{"error":"not now","request_id":"5"}');
  });
  const contender = application([server], 300);
  await contender.write('', 'w1', { n: 1 });
  status = 500;
  await assert.rejects(contender.write('', 'w1', { n: 1 }), { code: 'http-500', message: '{"error":"not now"}' });
  status = 0;
  await assert.rejects(contender.write('', 'w1', { n: 1 }), { name: 'TimeoutError' });
});
