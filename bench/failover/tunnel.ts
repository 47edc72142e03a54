// What a question of the tool to the engine costs through SSH: with TLS and a login, and without, in one run, rounds interleaved.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { EngineTransport } from '../../packages/understudy/src/cluster/index.ts';
import { engineHosts, observe, observeObjects } from '../../packages/understudy/src/observe/index.ts';
import { openSession, resolveIntent, type Session } from '../../packages/understudy/src/operation/index.ts';
import { apply, confirmUnlessDestructive, destroy } from '../../packages/understudy/src/reconcile/index.ts';
import { trackUnfinished } from '@understudy/foundation';
import { quantile } from '../clients/analysis.ts';
import { chosen, command, wholeNumber, type CommandContext } from './command.ts';
import { stacks, systemName, topologyText } from './stacks.ts';
import { madeSystem, openLab } from './system.ts';
import { markdown } from './table.ts';

const help = `bench/failover/tunnel: what a question of the tool to the engine costs, with TLS and users in the search cluster and without.

  node --conditions=understudy-source bench/failover/tunnel.ts [options]

  --rounds N      interleaved rounds (default 20)
  --questions N   of each round, one after another (default 50)

Example:
  bench/failover/tunnel.ts --rounds 5

Two systems in one lab. It needs root and this machine to itself; it removes what it made, Ctrl-C too.`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    questions: { type: 'string', default: '50' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

interface Side {
  readonly name: string;
  readonly session: Session;
  readonly transport: EngineTransport;
  /** Of one question, and of one whole observation of the system. */
  readonly questionsMs: number[];
  readonly looksMs: number[];
  cpuMs: number;
}

async function measure({ logger, signal }: CommandContext): Promise<number> {
  const rounds = wholeNumber('--rounds', values.rounds);
  const questions = wholeNumber('--questions', values.questions);
  const directory = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  await using _ = await openLab({ logger, signal, keep: false });
  await using made = new AsyncDisposableStack();
  made.defer(() => rm(directory, { recursive: true, force: true }));
  const sides: Side[] = [];
  for (const stack of chosen('stacks', 'plain,fast', stacks)) {
    const topologyPath = join(directory, `${stack.name}.yaml`);
    await writeFile(topologyPath, topologyText(stack));
    const session = made.use(await openSession({ topologyPath, target: 'lab', logger }));
    const unfinished = trackUnfinished(madeSystem(systemName(stack.name), topologyPath));
    made.defer(async () => {
      await destroy(session.world, systemName(stack.name));
      unfinished.release();
    });
    await apply(session.world, await resolveIntent(session), { confirm: confirmUnlessDestructive, signal });
    const { instances } = await observeObjects(session.world.linode, session.topology.name);
    const transport = session.world.transportFor(engineHosts(session.topology, instances));
    sides.push({ name: stack.security, session, transport, questionsMs: [], looksMs: [], cpuMs: 0 });
  }
  for (let round = 0; round <= rounds; round += 1) {
    logger({ level: 'info', subject: 'questions', text: `round ${round} of ${rounds}` });
    for (const side of sides) {
      signal.throwIfAborted();
      await ask(side, questions);
      // The first round opens connections and warms the engines up.
      if (round === 0) forget(side);
    }
  }
  process.stdout.write(table(sides));
  return 0;
}

async function ask(side: Side, questions: number): Promise<void> {
  const before = process.cpuUsage();
  for (let at = 0; at < questions; at += 1)
    side.questionsMs.push(await timed(() => side.transport.request('GET', '/_cluster/health')));
  const { user, system } = process.cpuUsage(before);
  side.cpuMs += (user + system) / 1000;
  side.looksMs.push(await timed(() => observe(side.session.world, side.session.topology)));
}

function forget(side: Side): void {
  side.questionsMs.length = 0;
  side.looksMs.length = 0;
  side.cpuMs = 0;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

function table(sides: readonly Side[]): string {
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const head = ['security', 'question p50', 'p99', 'processor time of the tool', 'a whole look p50'];
  const rows = sides.map(({ name, questionsMs, looksMs, cpuMs }) => [
    ...[name, ms(quantile(questionsMs, 0.5)), ms(quantile(questionsMs, 0.99)), ms(cpuMs / questionsMs.length)],
    ms(quantile(looksMs, 0.5)),
  ]);
  return `${markdown(head, rows)}\n`;
}

if (values.help) process.stdout.write(`${help}\n`);
else await command('failover', measure);
