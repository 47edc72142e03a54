// What the failover benches make of their runs: pure, no lab.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { mergeFiles, thisHost } from '../../../../bench/failover/command.ts';
import { median, ratioOf, summarize, type OutageRun } from '../../../../bench/failover/outage.ts';
import { stacks, topologyText } from '../../../../bench/failover/stacks.ts';
import { outageTable, setAside } from '../../../../bench/failover/table.ts';
import { leastNodesSeen, logFindings } from '../../../../bench/false-failover/ejections.ts';
import { heapFigures } from '../../../../bench/false-failover/heap.ts';
import { connectionLifeS, settledLimits } from '../../../../bench/false-failover/limits.ts';
import {
  isFalseFailover,
  isMeasure,
  measuredLimits,
  sinceFault,
  whyNotCounted,
  type PriceRun,
} from '../../../../bench/false-failover/price.ts';
import { priceTables } from '../../../../bench/false-failover/table.ts';
import { failoverProfiles } from '../../src/engines/failover-profiles.ts';
import { parseTopology } from '../../src/topology/index.ts';

const host = { cpu: 'a processor', cpus: 2, memoryGb: 24, kernel: '6.18' };

function outage(more: Partial<OutageRun>): OutageRun {
  return {
    ...{
      stack: 'fast',
      drill: 'search-power-cut',
      writesPerS: 12,
      runId: 'r',
      result: 'PASS',
      reasons: [],
      target: 'bench-fast-search-1',
    },
    ...{ writeGapMs: 4_000, writeLane: 'index/0', endedBeforeUndo: true, failed: 0, requests: 1_000, rtoMs: 4_100 },
    ...{ acknowledged: 900, lost: 0, unexpected: 0, duplicate: 0 },
    ...more,
  };
}

function price(more: Partial<PriceRun>): PriceRun {
  return {
    ...{ profile: 'fast', case: 'pause-1s-master', about: 'stopped for 1 s', victim: 'master', pauseS: 1, runId: 'r' },
    ...{ result: 'PASS', reasons: [], target: 'bench-fast-search-1', ejections: [], elections: [], leastNodesSeen: 3 },
    ...{ writeGapMs: 1_100, failed: 0, requests: 1_000, lost: 0, heap: null, ended: [] },
    ...more,
  };
}

const elected = { elections: [{ master: 'bench-fast-search-2', afterMs: 5_200 }] };

describe('the stacks', () => {
  for (const stack of stacks)
    it(`${stack.name} is a topology that the tool accepts`, () => {
      const { name, search, balancer } = parseTopology(topologyText(stack), { path: '/nowhere/topology.yaml' });
      assert.equal(name, `bench-${stack.name}`);
      assert.equal(search.failover, stack.profile);
      assert.equal(search.index.shards, 3);
      assert.equal(balancer.listeners[0]?.port, 80);
    });
});

describe('outages', () => {
  it('shows worst and median of the valid runs, and the sum of lost writes', () => {
    const [summary, ...others] = summarize([
      outage({ writeGapMs: 4_000, failed: 1, rtoMs: 4_000 }),
      outage({ writeGapMs: 9_000, failed: 2, rtoMs: 9_500, lost: 1 }),
      outage({ writeGapMs: 5_000, result: 'FAIL', rtoMs: 5_000 }),
      outage({ writeGapMs: 60_000, result: 'INVALID', reasons: ['the generator stalled'] }),
    ]);
    assert.deepEqual(others, []);
    assert.equal(summary?.runs, 3);
    assert.deepEqual([summary.worstGapMs, summary.medianGapMs], [9_000, 5_000]);
    assert.deepEqual([summary.worstRtoMs, summary.medianRtoMs], [9_500, 5_000]);
    assert.deepEqual([summary.failed, summary.requests, summary.lost], [3, 3_000, 1]);
  });

  it('reports a gap that ended only with the undo as a lower bound', () => {
    const summaries = summarize([outage({}), outage({ endedBeforeUndo: false, writeGapMs: 30_000 })]);
    assert.match(outageTable(host, summaries, []), /≥ 30\.0 s \| ≥ 17\.0 s/);
  });

  it('keeps an RTO that was never reached out of the figures', () => {
    assert.equal(summarize([outage({}), outage({ rtoMs: null })])[0]?.worstRtoMs, null);
  });

  it('compares stacks by medians and by worsts, under the same load, and not at all when one is missing', () => {
    const summaries = summarize([outage({}), outage({ stack: 'stock', writeGapMs: 96_000 })]);
    const ratio = ratioOf(summaries, 'search-power-cut', 'stock', 'fast');
    assert.deepEqual([ratio?.medians, ratio?.worsts], [24, 24]);
    assert.equal(ratioOf(summaries, 'search-power-cut', 'article', 'fast'), undefined);
    const lighter = summarize([outage({}), outage({ stack: 'stock', writesPerS: 6 })]);
    assert.equal(ratioOf(lighter, 'search-power-cut', 'stock', 'fast'), undefined);
  });

  it('names the runs it left out, with their reasons', () => {
    const [line] = setAside([outage({ result: 'INVALID', reasons: ['the generator stalled'] }), outage({})]);
    assert.equal(line, 'not counted: search-power-cut on fast is INVALID: the generator stalled');
  });

  it('takes the mean of the two in the middle', () => {
    assert.deepEqual([median([3, 1, 2]), median([4, 1])], [2, 2.5]);
  });
});

describe('results in files', () => {
  const empty = { schemaVersion: 1, bench: 'failover', host, profiles: failoverProfiles, complete: true, runs: [] };
  it('are merged when one machine measured them, and refused when two did', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'understudy-bench-test-'));
    const write = async (name: string, content: unknown): Promise<string> => {
      const path = join(directory, name);
      await writeFile(path, JSON.stringify(content));
      return path;
    };
    try {
      const one = await write('one.json', { ...empty, runs: [outage({})] });
      const two = await write('two.json', { ...empty, complete: false, runs: [outage({ stack: 'stock' })] });
      const far = await write('far.json', { ...empty, host: { ...thisHost(), cpus: 999 } });
      const old = await write('old.json', { ...empty, profiles: {} });
      const none = await write('none.json', { runs: [] });
      const otherBench = await write('other.json', { ...empty, bench: 'false-failover' });
      const merged = await mergeFiles<OutageRun>('failover', [one, two]);
      assert.deepEqual(
        merged.runs.map(({ stack }) => stack),
        ['fast', 'stock'],
      );
      assert.equal(merged.complete, false);
      await assert.rejects(mergeFiles('failover', [one, far]), /far\.json was measured on another machine/);
      await assert.rejects(mergeFiles('failover', [one, old]), /old\.json was measured .* with other profiles/);
      await assert.rejects(mergeFiles('failover', [none]), /none\.json is not a result/);
      await assert.rejects(mergeFiles('failover', [otherBench]), /other\.json is not a result .* of bench\/failover/);
      await assert.rejects(mergeFiles('failover', [join(directory, 'missing.json')]), /missing\.json cannot be read/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe("the engine's log", () => {
  const node = (name: string): string =>
    `{${name}}{a3bpF3VoQi-bBN9IcoJXHQ}{0tJv}{${name}}{10.20.0.12}{10.20.0.12:9300}{dim}{9.5.3}`;
  const log = [
    `[2026-11-25T13:22:14,223][INFO ][o.e.c.s.MasterService    ] [demo-search-1] elected-as-master ([2] nodes joined in term 5)[_FINISH_ELECTION_, ${node('demo-search-2')} completing election], term: 5, version: 19, delta: master node changed {previous [], current [${node('demo-search-1')}]}`,
    `[2026-11-25T13:22:17,455][INFO ][o.e.c.s.MasterService    ] [demo-search-1] node-left[${node('demo-search-3')} reason: disconnected, ${node('demo-search-2')} reason: followers check retry count exceeded [timeouts=3, failures=0]], term: 5, version: 20, delta: removed {${node('demo-search-3')}}`,
    `[2026-11-25T13:22:19,198][INFO ][o.e.c.c.NodeLeftExecutor ] [demo-search-1] node-left: [${node('demo-search-3')}] with reason [disconnected]`,
    `[2026-11-25T13:22:20,000][INFO ][o.e.c.s.MasterService    ] [demo-search-1] node-join[${node('demo-search-3')} joining], term: 5`,
  ].join('\n');

  it('gives each ejected node with reason and master, once', () => {
    const { ejections } = logFindings(log);
    assert.deepEqual(
      ejections.map(({ node, reason, by }) => [node, reason, by]),
      [
        ['demo-search-3', 'disconnected', 'demo-search-1'],
        ['demo-search-2', 'followers check retry count exceeded [timeouts=3, failures=0]', 'demo-search-1'],
      ],
    );
    assert.equal(ejections[0]?.atMs, Date.UTC(2026, 10, 25, 13, 22, 17, 455));
  });

  it('gives each elected node with its term', () => {
    assert.deepEqual(logFindings(log).elections, [
      { master: 'demo-search-1', term: 5, atMs: Date.UTC(2026, 10, 25, 13, 22, 14, 223) },
    ]);
  });

  it('counts nothing from before the fault', () => {
    const since = sinceFault(logFindings(log), Date.UTC(2026, 10, 25, 13, 22, 15));
    assert.deepEqual([since.elections.length, since.ejections.map(({ afterMs }) => afterMs)], [0, [2_455, 2_455]]);
  });

  it('is checked against the samples', () => {
    const sample = { machine: 'm', answered: true, status: 'green', master: 'm' } as const;
    const samples = [
      { ...sample, atMs: 1, nodes: 2 },
      { ...sample, atMs: 5, nodes: 3 },
      { atMs: 6, machine: 'm', answered: false },
    ];
    assert.deepEqual(
      [leastNodesSeen(samples, 0), leastNodesSeen(samples, 4), leastNodesSeen(samples, 6)],
      [2, 3, null],
    );
  });
});

describe('a failover', () => {
  it('of an engine that ended during the run is not counted', () => {
    const run = price({ pauseS: null, ...elected, ended: ['bench-fast-search-1'] });
    assert.equal(isMeasure(run), false);
    assert.equal(whyNotCounted(run), 'the engine of bench-fast-search-1 ended');
    assert.equal(isMeasure(price({ result: 'FAIL' })), true);
    assert.equal(whyNotCounted(price({ result: 'INVALID', reasons: ['no effect'] })), 'INVALID: no effect');
  });

  it('is false when the node answered again within two seconds, or was only slow', () => {
    assert.equal(isFalseFailover(price({ pauseS: 2, ...elected })), true);
    assert.equal(isFalseFailover(price({ pauseS: null, ...elected })), true);
    assert.equal(isFalseFailover(price({ pauseS: 3, ...elected })), false);
    assert.equal(isFalseFailover(price({ pauseS: null })), false);
  });

  it('gives the measured limits: the longest pause survived below the shortest that was not', () => {
    const runs = [1, 2, 3, 5, 10].map((pauseS) => price({ pauseS, ...(pauseS >= 5 ? elected : {}) }));
    const again = price({ pauseS: 5 });
    assert.deepEqual(measuredLimits([...runs, again]), [
      { profile: 'fast', victim: 'master', longestSurvivedS: 3, shortestEjectedS: 5 },
    ]);
    assert.equal(measuredLimits(runs.slice(0, 3))[0]?.shortestEjectedS, null);
  });

  it('is bold in the table when it is false, with the use of the heap', () => {
    const heap = { mostHeapPercent: 93, meanGcShare: 0.41, mostGcShare: 0.9, fullForS: 30 };
    const runs = [price({ case: 'heap-master', pauseS: null, heap, ...elected }), price({})];
    const text = priceTables({
      schemaVersion: 1,
      bench: 'false-failover',
      host,
      profiles: failoverProfiles,
      complete: true,
      runs,
    });
    assert.match(
      text,
      /\*\*false failover\*\*, bench-fast-search-2 elected after 5\.2 s .*heap 93 %, collector 41 % of the time/,
    );
    assert.match(text, /fast: 1 false failovers in 2 runs, 0 documents lost/);
  });
});

describe('the limits by the settings', () => {
  it('are those of the engine for a hang, and of the kernel for silence', () => {
    assert.equal(settledLimits(failoverProfiles.stock).hangS, 32);
    assert.deepEqual(settledLimits(failoverProfiles.safe), { hangS: 32, silentConnectionS: 12.6 });
    assert.equal(connectionLifeS(3), 3);
    assert.equal(connectionLifeS(3, 1_000), 2.4);
    assert.ok(settledLimits(failoverProfiles.fast).hangS > 2, 'who answers again within two seconds is kept');
    // Linux says 924.6 s for its default of 15: Documentation/networking/ip-sysctl.rst
    assert.equal(connectionLifeS(15), 924.6);
  });
});

describe('the figures of the heap', () => {
  it('weight the collector by time, over the time that the heap was full', () => {
    const line = (heap_percent: number, gc_share: number, for_s: number): string =>
      JSON.stringify({ at_s: 1, heap_percent, gc_share, for_s });
    const figures = heapFigures([line(40, 0.9, 1), line(90, 0.2, 3), line(95, 0.6, 1), ''].join('\n'));
    assert.deepEqual(figures && { ...figures, meanGcShare: Math.round(figures.meanGcShare * 100) }, {
      mostHeapPercent: 95,
      meanGcShare: 30,
      mostGcShare: 0.9,
      fullForS: 4,
    });
    assert.equal(heapFigures(''), null);
  });
});
