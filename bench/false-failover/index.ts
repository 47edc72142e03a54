// The cost of each profile: who is ejected and who is not, when a search machine pauses or is merely slow.
import { parseArgs } from 'node:util';
import { exitCode } from '../../packages/understudy/src/terminal/index.ts';
import { readHistory } from '../../packages/understudy/src/proof/index.ts';
import { runDrill, type SystemUnderTest, type RunOptions } from '../../packages/understudy/src/drills/index.ts';
import { chosen, type CommandContext, type ResultFile } from '../failover/command.ts';
import { carryOut, commonOptions, main } from '../failover/measure.ts';
import { stacks, type Stack } from '../failover/stacks.ts';
import { cases, type Case } from './cases.ts';
import { engineProcesses, findingsSince, leastNodesSeen, markLogs } from './ejections.ts';
import { takeHeapFigures } from './heap.ts';
import { isFailover, isFalseFailover, isMeasure, sinceFault, whyNotCounted, type PriceRun } from './price.ts';
import { priceTables } from './table.ts';

const profiles = stacks.filter(({ name }) => name !== 'article');

const help = `bench/false-failover: which search machine is ejected from the cluster although it runs, for each profile, in one lab.

  node --conditions=understudy-source bench/false-failover/index.ts [options]

  --profiles LIST   in this order (default ${profiles.map(({ name }) => name).join(',')})
  --cases LIST      full names or their beginnings (default all):
                    ${cases.map(({ name }) => name).join(' ')}
  --repeat N        runs of each (default 1)
  --json            the result as JSON on stdout
  --from FILES      merge what --json wrote before, and measure nothing; separated by commas
  --keep            keep the last system, for the next call on the same profile
  --runs DIR        keep the run folders there

Examples:
  bench/false-failover/index.ts                                      everything, about 40 minutes
  bench/false-failover/index.ts --profiles fast --cases pause,heap
  bench/false-failover/index.ts --profiles safe --json > safe.json
  bench/false-failover/index.ts --from stock.json,safe.json,fast.json

A false failover is the ejection of a node that answers again within 2 s, or that is merely slow.
It needs root and this machine to itself. It starts a lab when none runs, and removes what it made; Ctrl-C too.
Exit codes: 0 no false failover, 1 some, 2 a run proves nothing.`;

/** A slow machine makes everything wait: the generator may be behind, and steady means what two cores can hold. */
const options: RunOptions = {
  ratePerS: { index: 24, get: 12, search: 6 },
  steady: { maxLagMs: 2_000, maxGapMs: 1_500 },
};

const { values } = parseArgs({
  options: {
    profiles: { type: 'string', default: profiles.map(({ name }) => name).join(',') },
    cases: { type: 'string', default: '' },
    repeat: { type: 'string', default: '1' },
    ...commonOptions,
  },
});

async function measure(context: CommandContext): Promise<ResultFile<PriceRun>> {
  return await carryOut(context, {
    stacks: chosen('--profiles', values.profiles, profiles),
    cases: chosenCases(values.cases),
    repeat: values.repeat,
    keep: values.keep,
    runsDirectory: values.runs,
    measure: async (world, stack, one) => {
      const run = await priceOf(world, stack, one, context.signal);
      return { run, said: said(run) };
    },
  });
}

/** Error: `cli-usage` when a word begins no case's name. */
function chosenCases(text: string): readonly Case[] {
  const words = text.split(',');
  for (const word of words) if (!cases.some(({ name }) => name.startsWith(word))) chosen('--cases', word, cases);
  return cases.filter(({ name }) => words.some((word) => name.startsWith(word)));
}

async function priceOf(world: SystemUnderTest, { profile }: Stack, one: Case, signal: AbortSignal): Promise<PriceRun> {
  const marks = await markLogs(world);
  const before = await engineProcesses(world);
  const { verdict, directory } = await runDrill(world, one.drill, { ...options, signal });
  const findings = await findingsSince(world, marks);
  const after = await engineProcesses(world);
  const { engine } = await readHistory(directory);
  const effectiveMs = verdict.times.effectiveMs ?? Infinity;
  const target = world.machines.find(({ label }) => verdict.targets.includes(label));
  const writes = verdict.lanes.filter(({ operation }) => operation === 'index');
  return {
    profile,
    case: one.name,
    about: one.about,
    victim: one.victim,
    pauseS: one.pauseS,
    runId: verdict.runId,
    result: verdict.result,
    reasons: verdict.reasons.map(({ text }) => text),
    target: target?.label ?? 'none',
    ...sinceFault(findings, effectiveMs),
    leastNodesSeen: leastNodesSeen(engine, effectiveMs),
    writeGapMs: Math.max(0, ...writes.map(({ longestGap }) => longestGap.lengthMs)),
    failed: verdict.requests.failed,
    requests: verdict.requests.total,
    lost: verdict.documents.counts.lost,
    heap: one.drill.fault.name === 'full-heap' && target ? await takeHeapFigures(world, target) : null,
    ended: [...before].filter(([label, process]) => after.get(label) !== process).map(([label]) => label),
  };
}

function said(run: PriceRun): string {
  if (!isMeasure(run)) return `not counted, ${whyNotCounted(run)}`;
  const names = [
    ...run.ejections.map(({ node, reason, afterMs }) => `${node} ejected after ${afterMs} ms (${reason})`),
    ...run.elections.map(({ master, afterMs }) => `${master} elected after ${afterMs} ms`),
  ];
  const heap = run.heap === null ? '' : `; heap ${JSON.stringify(run.heap)}`;
  const gap = `write gap ${Math.round(run.writeGapMs)} ms, ${run.failed} failed, fewest nodes seen ${run.leastNodesSeen ?? 0}`;
  return `${isFalseFailover(run) ? 'FALSE FAILOVER: ' : ''}${isFailover(run) ? names.join(', ') : 'no failover'}; ${gap}${heap}`;
}

function show(result: ResultFile<PriceRun>): number {
  for (const run of result.runs)
    if (!isMeasure(run)) process.stderr.write(`not counted: ${run.case} on ${run.profile}, ${whyNotCounted(run)}\n`);
  process.stdout.write(values.json ? `${JSON.stringify(result, undefined, 2)}\n` : priceTables(result));
  if (result.runs.some((run) => isMeasure(run) && isFalseFailover(run))) return exitCode.no;
  return result.complete && result.runs.every(isMeasure) ? exitCode.yes : exitCode.unknown;
}

await main('false-failover', help, values, measure, show);
