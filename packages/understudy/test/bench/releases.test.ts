// What the bench of releases is made of, without a lab: the releases that it writes, its load, its table.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { applications, faults, writeRelease } from '../../../../bench/releases/applications.ts';
import { cases } from '../../../../bench/releases/cases.ts';
import { underLoad } from '../../../../bench/releases/load.ts';
import { isGood, type ReleaseRun } from '../../../../bench/releases/run.ts';
import { topologyText, usual } from '../../../../bench/releases/system.ts';
import { releasesTable } from '../../../../bench/releases/table.ts';
import { parseTopology } from '../../src/topology/index.ts';

const base = await mkdtemp(path.join(tmpdir(), 'understudy-bench-releases-'));
after(() => rm(base, { recursive: true }));

for (const application of applications)
  it(`${application.name}: each release and each fault is another text, and its topology is accepted`, async () => {
    const texts = new Set<string>();
    const kinds = [undefined, ...faults.filter((fault) => application.faults[fault] !== undefined)];
    for (const [number, fault] of kinds.entries()) {
      const folder = path.join(base, application.name);
      await writeRelease({ application, folder, builtIn: import.meta.dirname, number, fault });
      const text = await readFile(path.join(folder, application.file), 'utf8');
      assert.equal(text.includes('bad release'), fault !== undefined);
      texts.add(text);
    }
    assert.equal(texts.size, kinds.length);
    const { service } = parseTopology(topologyText(application, usual), { path: path.join(base, 'topology.yaml') });
    assert.equal(service.instances, 2);
  });

it('a series of twenty has four bad releases, one of each kind, and a good one after each', () => {
  const [flask] = applications;
  const names =
    cases
      .find(({ name }) => name === 'releases')
      ?.changes(flask!, 20)
      .map(({ name }) => name) ?? [];
  assert.equal(names.length, 20);
  assert.deepEqual(
    names.filter((name) => name !== 'release'),
    faults.map((fault) => `bad release: ${fault}`),
  );
  for (const [place, name] of names.entries()) if (name !== 'release') assert.equal(names[place + 1], 'release');
});

it('the load sends when a request is due, whatever is answered, and repeats none', async () => {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    request.resume();
    const stuck = asked > 10 && asked <= 12;
    response.statusCode = stuck ? 500 : 200;
    setTimeout(() => response.end(stuck ? 'bad release' : '{}'), stuck ? 300 : 0);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { traffic } = await underLoad(`http://127.0.0.1:${port}`, 50, () => sleep(1_000));
  server.close();
  assert.equal(traffic.requests, asked);
  assert.ok(asked > 100 && asked < 160, `${asked} requests in 3 s`);
  assert.deepEqual(
    traffic.failed.map(({ cause, byBadRelease }) => [cause, byBadRelease]),
    [
      ['500 bad release', true],
      ['500 bad release', true],
    ],
  );
});

it('the table has a line for each run, and below it what failed, when, and during which change', () => {
  const run: ReleaseRun = {
    ...{ application: 'express', name: 'one-each', ratePerS: 50, requests: 900, longestGapMs: 210, longestLagMs: 9 },
    changes: [
      { name: 'release', cutsAnswers: false, fromMs: 2_000, tookMs: 40_000, putBackMs: null, wrong: null },
      {
        name: 'bad release: bad-start',
        cutsAnswers: false,
        fromMs: 42_000,
        tookMs: 20_000,
        putBackMs: 8_300,
        wrong: null,
      },
    ],
    failed: [{ atMs: 43_100, kind: 'write', tookMs: 12, cause: '503 no server', byBadRelease: false }],
  };
  const host = { cpu: 'a processor', cpus: 2, memoryGb: 24, kernel: '6.18' };
  const table = releasesTable(host, [run]);
  assert.match(table, /\| express \| one-each \| 50 \| 2 \| 900 \| 1 \| 0 \| 210 \| 20\.0 to 40\.0 \| 8\.3 \|/);
  assert.match(table, /43\.1 s \(bad release: bad-start\): write: 503 no server \(1 times, after 0\.0 s\)/);
  assert.equal(isGood(run), false);
  assert.equal(isGood({ ...run, failed: [] }), true);
});
