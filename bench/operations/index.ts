// The tool's own operations under load: each is an apply of a changed file, judged by the drills' checker.
import { parseArgs } from 'node:util';
import { exitCode } from '../../packages/understudy/src/terminal/index.ts';
import type { FailoverProfile } from '../../packages/understudy/src/engines/index.ts';
import {
  chosen,
  collected,
  command,
  mergeFiles,
  wholeNumber,
  type CommandContext,
  type ResultFile,
} from '../failover/command.ts';
import { seconds } from '../failover/table.ts';
import type { Disturbance } from './operation-fault.ts';
import { operations } from './operations.ts';
import { runOperation, type OperationRun } from './run.ts';
import { openSystem } from './system.ts';
import { operationsTable, disturbanceText } from './table.ts';

const help = `bench/operations: failed requests, gaps and lost writes while apply changes a running system, in the lab.

  node --conditions=understudy-source bench/operations/index.ts [options]

  --operations LIST  which (default shrink-5-3):
${operations.map(({ name, about }) => `                       ${name.padEnd(13)} ${about}`).join('\n')}
  --failover LIST    profiles: fast, safe, stock (default fast)
  --power-cut        cut the power of another search machine during the operation, for 20 s
  --kill N           SIGKILL of apply at N random moments, and apply again until it succeeds
  --starved          each search machine gets half of one processor
  --repeat N         runs of each (default 1); each has the next seed
  --seed N           of the first run (default 1)
  --rate N           writes a second (default 12), as many gets, half as many searches
  --json             the result as JSON on stdout
  --from FILES       merge what --json wrote before, and measure nothing; separated by commas
  --keep             do not remove the last system
  --runs DIR         keep the run folders and the output of apply there

Examples:
  bench/operations/index.ts --operations shrink-5-3 --failover fast,stock
  bench/operations/index.ts --operations upgrade-8.19 --kill 3 --repeat 3 --json > kills.json

It needs root and this machine to itself. It starts a lab when none runs, and removes what it made; Ctrl-C too.
Exit codes: 0 every run is PASS, 1 one is not, 2 not everything was measured.`;

const profiles = (['fast', 'safe', 'stock'] as const).map((name: FailoverProfile) => ({ name }));

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: 'shrink-5-3' },
    failover: { type: 'string', default: 'fast' },
    'power-cut': { type: 'boolean', default: false },
    kill: { type: 'string' },
    starved: { type: 'boolean', default: false },
    repeat: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '12' },
    json: { type: 'boolean', default: false },
    from: { type: 'string' },
    keep: { type: 'boolean', default: false },
    runs: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

async function measure(context: CommandContext): Promise<ResultFile<OperationRun>> {
  const { logger, signal } = context;
  const asked = chosen('--operations', values.operations, operations);
  const failovers = chosen('--failover', values.failover, profiles);
  const times = wholeNumber('--repeat', values.repeat);
  const firstSeed = wholeNumber('--seed', values.seed);
  const writesPerS = wholeNumber('--rate', values.rate);
  const kills = values.kill === undefined ? 0 : wholeNumber('--kill', values.kill);
  const trouble: Disturbance = { kills, powerCut: values['power-cut'], starved: values.starved };
  return await collected(context, async (runs: OperationRun[]) => {
    await using system = await openSystem({ logger, signal, keep: values.keep, runsDirectory: values.runs });
    for (const { name: failover } of failovers)
      for (let seed = firstSeed; seed < firstSeed + times; seed += 1)
        // One operation after the other: growing after shrinking needs no new system in between.
        for (const operation of asked) {
          signal.throwIfAborted();
          const about = { operation: operation.name, failover, trouble, seed, writesPerS, signal };
          const run = await system.with(operation, failover, (place) => runOperation({ ...about, ...place }));
          runs.push(run);
          logger({ level: 'info', subject: operation.name, text: summary(run) });
        }
  });
}

function summary(run: OperationRun): string {
  const gaps = `write gap ${seconds(run.writeGapMs)}, read gap ${seconds(run.readGapMs)}`;
  const kept = `lost ${run.lost} of ${run.acknowledged}, ${run.failed} failed, ${gaps}`;
  const how = `${run.result} with ${run.failover} (${disturbanceText(run)}), ${run.applies} applies, ${seconds(run.durationMs)}`;
  return [`${how}; ${kept}`, ...run.reasons.map(({ code, text }) => `${code}: ${text}`)].join('\n    ');
}

function show(result: ResultFile<OperationRun>): number {
  const { host, runs, complete } = result;
  process.stdout.write(values.json ? `${JSON.stringify(result, undefined, 2)}\n` : operationsTable(host, runs));
  if (!complete) return exitCode.unknown;
  return runs.every((run) => run.result === 'PASS') ? exitCode.yes : exitCode.no;
}

if (values.help) process.stdout.write(`${help}\n`);
else {
  const { from } = values;
  await command('operations', async (context) =>
    show(from === undefined ? await measure(context) : await mergeFiles<OperationRun>('operations', from.split(','))),
  );
}
