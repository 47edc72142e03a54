// Changes of an application under load: does a user notice a release, a bad one, a rollback, or a change of what is around it?
import { parseArgs } from 'node:util';
import { exitCode } from '../../packages/understudy/src/terminal/index.ts';
import {
  chosen,
  collected,
  command,
  mergeFiles,
  wholeNumber,
  type CommandContext,
  type ResultFile,
} from '../failover/command.ts';
import { openLab } from '../failover/system.ts';
import { applications } from './applications.ts';
import { cases } from './cases.ts';
import { isGood, runCase, type ReleaseRun } from './run.ts';
import { openReleasesSystem } from './system.ts';
import { faultsOf, releasesTable } from './table.ts';

const listed = (all: readonly { readonly name: string; readonly about: string }[]): string =>
  all.map(({ name, about }) => `                       ${name.padEnd(16)} ${about}`).join('\n');

const help = `bench/releases: failed requests and gaps while an application is released, rolled back and reconfigured, in the lab.

  node --conditions=understudy-source bench/releases/index.ts [options]

  --applications LIST  which (default article-flask):
${listed(applications)}
  --cases LIST         which (default releases,rollback):
${listed(cases)}
  --rate LIST          requests a second, half of them writes and half searches (default 5,50)
  --releases N         releases of the case 'releases' (default 20)
  --repeat N           runs of each (default 1)
  --json               the result as JSON on stdout, with every failed request
  --from FILES         merge what --json wrote before, and measure nothing; separated by commas
  --keep               do not remove the last system
  --runs DIR           keep the output of the commands there

Examples:
  bench/releases/index.ts --cases rollback,port --rate 50
  bench/releases/index.ts --applications fastapi,express,go --cases one-each,rollback --json > others.json

It needs root and this machine to itself. It starts a lab when none runs, and removes what it made; Ctrl-C too.
Exit codes: 0 no request failed but those that a bad release answered, and each bad release was put back within 30 s; 1 otherwise;
2 not everything was measured.`;

const { values } = parseArgs({
  options: {
    applications: { type: 'string', default: 'article-flask' },
    cases: { type: 'string', default: 'releases,rollback' },
    rate: { type: 'string', default: '5,50' },
    releases: { type: 'string', default: '20' },
    repeat: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    from: { type: 'string' },
    keep: { type: 'boolean', default: false },
    runs: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

async function measure(context: CommandContext): Promise<ResultFile<ReleaseRun>> {
  const { logger, signal } = context;
  const chosenApplications = chosen('--applications', values.applications, applications);
  const chosenCases = chosen('--cases', values.cases, cases);
  const rates = values.rate.split(',').map((rate) => wholeNumber('--rate', rate));
  const releases = wholeNumber('--releases', values.releases);
  const times = wholeNumber('--repeat', values.repeat);
  const { keep, runs: runsDirectory } = values;
  return await collected(context, async (runs: ReleaseRun[]) => {
    await using _lab = await openLab({ logger, signal, keep });
    for (const application of chosenApplications) {
      await using system = await openReleasesSystem({ application, logger, signal, keep, runsDirectory });
      for (const work of chosenCases)
        for (const ratePerS of rates)
          for (let time = 0; time < times; time += 1) {
            signal.throwIfAborted();
            const run = await runCase({ system, application, work, releases, ratePerS, logger, signal });
            runs.push(run);
            const text = `${work.name} at ${ratePerS}/s: ${run.failed.length} of ${run.requests} failed, longest gap ${run.longestGapMs} ms`;
            logger({ level: 'info', subject: application.name, text: [text, ...faultsOf(run)].join('\n    ') });
          }
    }
  });
}

function show(result: ResultFile<ReleaseRun>): number {
  const { host, runs, complete } = result;
  process.stdout.write(values.json ? `${JSON.stringify(result, undefined, 2)}\n` : releasesTable(host, runs));
  if (!complete) return exitCode.unknown;
  return runs.every(isGood) ? exitCode.yes : exitCode.no;
}

if (values.help) process.stdout.write(`${help}\n`);
else {
  const { from } = values;
  await command('releases', async (context) =>
    show(from === undefined ? await measure(context) : await mergeFiles<ReleaseRun>('releases', from.split(','))),
  );
}
