// The measuring itself, in namespaces of its own (index.ts makes them): whatever this process starts ends with it.
import { contenderNames, type ContenderName } from './contenders.ts';
import { EngineCluster } from './cluster.ts';
import { drills } from './drills.ts';
import { findEngine } from '../../packages/service/test/harness/engine.ts';
import { Exclusive } from './exclusive.ts';
import { runDrill } from './run.ts';
import { readResults, saveResults, type RunResult } from './results.ts';

/** What index.ts asks for, already checked. */
export interface Job {
  readonly folder: string;
  readonly resultFile: string;
  readonly drills: readonly string[];
  readonly clients: readonly ContenderName[];
  readonly firstRound: number;
  readonly rounds: number;
  readonly seed: number;
  readonly perSecond: number;
  readonly exclusive: string | undefined;
  /** The program of INFINI Gateway. */
  readonly infinilabs: string | undefined;
  readonly verbose: boolean;
}

const job = JSON.parse(process.argv[2] ?? '') as Job;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function measure(name: string, client: ContenderName, round: number): Promise<RunResult> {
  const drill = drills.find((one) => one.name === name);
  if (!drill) throw new Error(`There is no drill ${name}; see --help for the drills.`);
  say(`round ${round}  ${name}  ${client}`);
  const { folder, infinilabs, perSecond } = job;
  const spec = {
    drill,
    client,
    folder,
    infinilabs,
    perSecond,
    seed: job.seed + round,
    say: job.verbose ? say : () => undefined,
  };
  const figures = await runDrill(cluster, spec);
  const { backInTrafficMs: back } = figures;
  const shown = {
    failed: figures.failed,
    incomplete: figures.incomplete,
    lost: figures.lost,
    writeGapMs: Math.round(figures.writeGapMs),
    healthyReadP99Ms: Math.round(figures.healthyReadP99Ms ?? -1),
    readP99Ms: Math.round(figures.readP99Ms),
    engineRequests: figures.engineRequests?.toFixed(2) ?? null,
    backInTrafficMs: back === Infinity ? 'never' : back && Math.round(back),
    lagMs: Math.round(figures.lagMs),
    invalid: figures.invalid,
    errors: figures.errors,
  };
  say(`         ${JSON.stringify(shown)}`);
  return { drill: name, client, round, figures };
}

const engine = await findEngine();
if ('missing' in engine) throw new Error(engine.missing);
const kept = readResults(job.resultFile);
const isKept = (drill: string, client: ContenderName, round: number): boolean =>
  kept.some((one) => one.drill === drill && one.client === client && one.round === round);
const cluster = new EngineCluster(engine, job.folder);
const quiet = new Exclusive(job.exclusive);
await quiet.hold();
say('starting three engines');
await cluster.start();
for (let at = 0; at < job.rounds; at++) {
  const round = job.firstRound + at;
  for (const name of job.drills) {
    // Each round begins with another client, so that none is always the first.
    const order = job.clients.map((_, i) => job.clients[(i + round) % job.clients.length] ?? contenderNames[0]);
    for (const client of order.filter((one) => !isKept(name, one, round))) {
      await quiet.hold();
      saveResults(job.resultFile, [await measure(name, client, round)]);
    }
  }
}
quiet.release();
process.exit(0);
