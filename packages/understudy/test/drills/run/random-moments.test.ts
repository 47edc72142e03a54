// A frozen generator, a killed one, a slow disk under the history and a stepped clock, at random moments of short runs: no run
// passes in which the plant reached the measurement. UNDERSTUDY_FULL=1 plants at 40 moments each instead of 6;
// UNDERSTUDY_PLANT_SEED=N plants what a failed run printed once more.
import assert from 'node:assert/strict';
import { before, test, type TestContext } from 'node:test';
import pMap from 'p-map';
import { timeOf } from '../../../src/proof/checker/window.ts';
import { verify } from '../../../src/proof/index.ts';
import { pick, seededRandom } from '../../../src/proof/load/random.ts';
import {
  freeze,
  kill,
  loadWorkerPlants,
  overlapMs,
  plantedRun,
  slowDisk,
  stepClock,
  type Moment,
  type Plant,
  type PlantedRun,
} from './plants.ts';

const moments = process.env['UNDERSTUDY_FULL'] === '1' ? 40 : 6;
const baseSeed = Number(process.env['UNDERSTUDY_PLANT_SEED'] ?? Date.now() % 1e9);
/** As in plants.ts. */
const maxLagMs = 250;
/** Intents are written a second ahead, in slices of 100 ms; a lane of writes has one request in 67 ms. */
const aheadMs = 1_000;
const sliceMs = 100 + 67;
/** The tool looks at the wall clock every 100 ms. */
const betweenLooksMs = 100 + 50;

before(loadWorkerPlants);

interface Kind {
  /** The last moment after the first intent that is still worth trying. */
  readonly latestMs: number;
  /** A plant of this kind, and what it is in words. */
  readonly plant: (random: () => number) => readonly [Plant, string];
  /** Did it reach the measurement, so that the run must not count? */
  readonly harmed: (run: PlantedRun) => boolean;
  /** One of these must be among the reasons. */
  readonly codes: readonly string[];
}

const between = (random: () => number, least: number, most: number): number =>
  Math.round(least + random() * (most - least));

const kinds: Readonly<Record<string, Kind>> = {
  // Harmless: of the freeze, no more than the allowed lag lies between the first due request and the generator's last word.
  'a frozen generator': {
    latestMs: 2_500,
    plant: (random) => {
      const forMs = between(random, 300, 1_300);
      return [freeze(forMs), `frozen for ${forMs} ms`];
    },
    harmed: ({ end, planted }) =>
      end === null || overlapMs(planted, { fromMs: end.firstDueMs, toMs: end.endedMs }) > maxLagMs,
    codes: ['generator-stalled'],
  },
  // Harmless: the generator had said before that everything is on the disk.
  'a killed generator': {
    latestMs: 2_500,
    plant: () => [kill, 'killed'],
    harmed: ({ end, planted }) => end === null || planted.fromMs < end.endedMs,
    codes: ['aborted', 'generator-died'],
  },
  // Harmless: what is written ahead lasted until the disk was back or the load was stopped, up to the allowed lag.
  'a slow disk': {
    latestMs: 1_300,
    plant: (random) => {
      const forMs = between(random, 1_500, 2_500);
      return [slowDisk(forMs), `fsync stalled for ${forMs} ms`];
    },
    harmed: ({ end, planted }) => {
      const exhausted = { fromMs: planted.fromMs + aheadMs, toMs: planted.toMs };
      return end === null || overlapMs(exhausted, { fromMs: end.firstDueMs, toMs: end.stoppedMs }) > maxLagMs + sliceMs;
    },
    codes: ['generator-stalled'],
  },
  // Harmless: the clock was set when the run was over, up to the time between two looks at it.
  'a stepped clock': {
    latestMs: 2_500,
    plant: (random) => {
      const byMs = pick([1_500, -1_500, 20_000, -20_000, 3_600_000, -3_600_000], random) ?? 0;
      const forMs = random() < 0.5 ? null : between(random, 300, 900);
      return [stepClock(byMs, forMs), `clock set by ${byMs} ms${forMs === null ? '' : ` and back after ${forMs} ms`}`];
    },
    harmed: ({ journal, planted }) => {
      const run = {
        fromMs: timeOf(journal, 'workload-started') ?? 0,
        toMs: timeOf(journal, 'tool-watched') ?? Infinity,
      };
      return overlapMs(planted, run) > betweenLooksMs;
    },
    codes: ['clock-stepped'],
  },
};

/** Spread over the whole run: of six one while the process starts, one at the end, the others evenly in between. */
function momentOf({ latestMs }: Kind, at: number, random: () => number): Moment {
  if (at % 6 === 0) return { after: 'the start of the process', ms: between(random, 0, 800) };
  if (at % 6 === 5) return { after: 'undoing', ms: between(random, 0, 700) };
  return { after: 'the first intent', ms: Math.round(((at + random()) / moments) * latestMs) };
}

async function plantOnce(kind: Kind, at: number, seed: number): Promise<{ harmed: boolean; story: string }> {
  const random = seededRandom(seed);
  const moment = momentOf(kind, at, random);
  const [plant, what] = kind.plant(random);
  const run = await plantedRun(moment, plant, seed);
  const harmed = kind.harmed(run);
  const { result, reasons } = run.verdict;
  const codes = reasons.map(({ code }) => code);
  const story = `${what}, ${moment.ms} ms after ${moment.after}: ${result} (${codes.join(', ')}), ${harmed ? 'harmed' : 'harmless'}`;
  assert.deepEqual(await verify(run.directory), run.verdict, story);
  if (harmed) {
    assert.ok(result === 'INVALID' || result === 'ABORTED', `${story} in ${run.directory}`);
    assert.ok(
      kind.codes.some((code) => codes.includes(code)),
      `${story} in ${run.directory}`,
    );
  }
  return { harmed, story };
}

async function plantMany(t: TestContext, kind: Kind): Promise<void> {
  t.diagnostic(`UNDERSTUDY_PLANT_SEED=${baseSeed}, ${moments} moments`);
  const plants = Array.from({ length: moments }, (_, at) => at);
  const done = await pMap(plants, (at) => plantOnce(kind, at, baseSeed + at), { concurrency: 2 });
  for (const { story } of done) t.diagnostic(story);
  const harmed = done.filter((one) => one.harmed).length;
  assert.ok(harmed >= moments / 3, `only ${harmed} of ${moments} plants reached the measurement`);
}

for (const [name, kind] of Object.entries(kinds))
  test(`${name} at any moment of a run never gives a valid measurement`, (t) => plantMany(t, kind));
