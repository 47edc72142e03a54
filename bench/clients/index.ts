// What users observe while search machines fail: with three clients (the bare official one, the article's settings, ours) and with Flask
// applications with and without a gateway. Three real engines on machines of their own network, the product's `fast` profile, the same
// faults and the same seeded schedule.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { raiseSettings, restoreSettings } from '@understudy/lab/host';
import { prepareApplications } from './applications.ts';
import { contenderNames, isApplication, type ContenderName } from './contenders.ts';
import { drills } from './drills.ts';
import { checkGoals } from './goals.ts';
import type { Job } from './inside.ts';
import { readResults, toJson } from './results.ts';
import { table } from './table.ts';

const help = `bench/clients: the search drills with three clients, and with applications with and without a gateway, side by side.

  node --conditions=understudy-source bench/clients/index.ts [options]

  --drills NAME,NAME    only these; default: all
  --clients NAME,NAME   of ${contenderNames.join(', ')}; default: all
  --rounds N            how often everything is measured; 1
  --round N             number of the first round; 1
  --seed N              of the schedule of requests; 1
  --per-second N        requests of users a second; 60
  --save FILE           keep the results there; what it holds already is not measured again
  --print FILE          only print what such a file holds
  --infinilabs PATH     program of INFINI Gateway; without it infinilabs is left out
  --exclusive COMMAND   on a shared machine: held while a client is measured, such as 'flock /tmp/quiet'
  --verbose             print the events of the client
  --keep                keep the folder with the engines' data and logs
  --json                results and goals as JSON on standard output; progress is on standard error

Drills:
${drills.map(({ name, summary }) => `  ${name.padEnd(24)}${summary}`).join('\n')}

Needs root (network namespaces), an engine (bin/demo keeps one) and Java 21; Python for the applications. Plan two hours for all of it,
an hour for the three clients.

Examples:
  bench/clients/index.ts --drills search-kill-master,search-pause
  bench/clients/index.ts --drills slow-node --clients ours --verbose
  bench/clients/index.ts --drills search-pause --clients article-flask,article-flask-gateway
  bench/clients/index.ts --save clients.json && bench/clients/index.ts --print clients.json --json
`;

const { values } = parseArgs({
  options: {
    drills: { type: 'string' },
    clients: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    round: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    'per-second': { type: 'string', default: '60' },
    save: { type: 'string' },
    print: { type: 'string' },
    infinilabs: { type: 'string' },
    exclusive: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function refuse(text: string): never {
  process.stderr.write(`${text}\nSee --help.\n`);
  process.exit(64);
}

function chosen<T extends string>(option: string, given: string | undefined, known: readonly T[]): readonly T[] {
  if (given === undefined) return known;
  return given.split(',').map((name) => {
    const found = known.find((one) => one === name);
    return found ?? refuse(`--${option}: there is no "${name}"; there are ${known.join(', ')}.`);
  });
}

/** Without its program there is nothing to measure of INFINI Gateway. */
function chosenClients(): readonly ContenderName[] {
  const clients = chosen<ContenderName>('clients', values.clients, contenderNames);
  if (values.infinilabs !== undefined || !clients.includes('infinilabs')) return clients;
  process.stderr.write('infinilabs is left out: --infinilabs does not say where its program is.\n');
  const others = clients.filter((name) => name !== 'infinilabs');
  return others.length > 0 ? others : refuse('--clients: nothing else was chosen.');
}

function count(option: string, given: string): number {
  const value = Number(given);
  return Number.isInteger(value) && value > 0
    ? value
    : refuse(`--${option}: expected a whole number from 1, got "${given}".`);
}

function print(file: string): void {
  const results = readResults(file);
  if (results.length === 0) refuse(`${file} holds no results.`);
  process.stdout.write(values.json ? `${toJson({ results, goals: checkGoals(results) })}\n` : table(results, drills));
}

/** Runs the job in namespaces of its own: everything in them ends when it ends, however it ends. */
function runJob(job: Job): Promise<number> {
  const inside = fileURLToPath(new URL('./inside.ts', import.meta.url));
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'unshare', '--net', '--pid', '--mount-proc', '--fork', '--kill-child=SIGKILL'],
      ...[process.execPath, '--conditions=understudy-source', '--disable-warning=ExperimentalWarning', inside],
      JSON.stringify(job),
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => child.kill('SIGKILL'));
  return new Promise((done) => {
    child.once('exit', (code, signal) => {
      if (code !== 0) process.stderr.write(`The measuring ended early, with ${signal ?? `code ${code ?? 'none'}`}.\n`);
      done(code ?? 130);
    });
  });
}

async function main(): Promise<number> {
  const job = {
    drills: chosen(
      'drills',
      values.drills,
      drills.map(({ name }) => name),
    ),
    clients: chosenClients(),
    rounds: count('rounds', values.rounds),
    firstRound: count('round', values.round),
    seed: count('seed', values.seed),
    perSecond: count('per-second', values['per-second']),
    exclusive: values.exclusive,
    infinilabs: values.infinilabs === undefined ? undefined : resolve(values.infinilabs),
    verbose: values.verbose,
  };
  if (process.getuid?.() !== 0) refuse('Network namespaces need root: run it with sudo.');
  await prepareApplications(job.clients.filter(isApplication));
  const folder = mkdtempSync(join(tmpdir(), 'understudy-clients-'));
  const resultFile = values.save === undefined ? join(folder, 'results.json') : resolve(values.save);
  try {
    // As in the lab: an engine outside of loopback insists on one of them.
    await raiseSettings(folder);
    const code = await runJob({ ...job, folder, resultFile });
    if (code === 0) print(resultFile);
    return code;
  } finally {
    await restoreSettings(folder);
    if (values.keep) process.stderr.write(`The engines' folder is ${folder}.\n`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

if (values.help) process.stdout.write(help);
else if (values.print !== undefined) print(values.print);
else process.exitCode = await main();
