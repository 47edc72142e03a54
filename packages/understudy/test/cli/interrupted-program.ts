// A program that is ended by its test: the real code of commands, benches, apply and drills, with a body that ignores its signal.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { command } from '../../../../bench/failover/command.ts';
import { madeSystem, startedLab } from '../../../../bench/failover/system.ts';
import { action } from '../../src/cli/action.ts';
import { nothing } from '../../src/drills/faults/nothing.ts';
import { runDrill } from '../../src/drills/index.ts';
import { endsWithProcess, trackUnfinished, silentLogger } from '@understudy/foundation';
import { apply, confirmAll } from '../../src/reconcile/index.ts';
import { noopDrill } from '../drills/noop-drill.ts';
import { smallSystem } from '../drills/small-system.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

const [mode = '', directory = ''] = process.argv.slice(2);

/** Never resolves, and keeps the process alive. */
const never = (): Promise<never> => new Promise(() => void setInterval(() => undefined, 1000));
const ready = (): void => void process.stdout.write(`ready ${process.pid}\n`);

/** Children that ignore SIGTERM: one in this process group, two detached, of which one must outlive this process. */
async function stubbornChildren(): Promise<void> {
  const start = async (detached: boolean): Promise<number> => {
    const child = spawn('sh', ['-c', 'trap "" TERM INT; echo ready; while :; do sleep 0.2; done'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached,
    });
    await once(child.stdout, 'data');
    return child.pid ?? 0;
  };
  const [usual, bound, outliving] = [await start(false), await start(true), await start(true)];
  endsWithProcess(bound);
  process.stdout.write(`children ${usual} ${bound} ${outliving}\n`);
  ready();
}

/** The real apply over the region in memory; one machine never answers a command. */
async function hangingApply(): Promise<never> {
  const sim = await simulatedWorld();
  const { runner } = sim.world;
  const hanging: typeof runner = {
    ...runner,
    run: (target, argv, options) => {
      ready();
      return argv.join(' ') === '' ? runner.run(target, argv, options) : never();
    },
  };
  await apply({ ...sim.world, runner: hanging, logger: silentLogger }, await sampleIntent(), { confirm: confirmAll });
  return await never();
}

/** The real drill over a small system; the fault is injected and its undo never ends. */
async function hangingDrill(signal: AbortSignal): Promise<never> {
  const { world } = await smallSystem();
  const fault = {
    ...nothing,
    name: 'test-fault',
    inject: () => Promise.resolve(ready()),
    undo: () => never(),
  };
  await runDrill(
    { ...world, runsDirectory: directory, selfCommand: (words) => ['understudy', ...words, '--target', 'lab'] },
    noopDrill({ steadyMs: 400, faultMs: 60_000, recoveryMs: 3_000 }, { fault }),
    { ratePerS: { get: 0 }, steady: { maxLagMs: 5_000, maxGapMs: 2_000 }, signal },
  );
  return await never();
}

const bodies: Readonly<Record<string, (signal: AbortSignal) => Promise<never>>> = {
  nothing: () => {
    ready();
    return never();
  },
  children: async () => {
    await stubbornChildren();
    return await never();
  },
  'a worker': () => {
    new Worker('for (;;);', { eval: true }).once('online', ready);
    return never();
  },
  'an apply': hangingApply,
  'a drill': hangingDrill,
};

const benches: Readonly<Record<string, () => Promise<never>>> = {
  'a bench': () => {
    trackUnfinished(startedLab);
    trackUnfinished(madeSystem('bench-fast', '/tmp/understudy-bench-x/fast.yaml'));
    ready();
    return never();
  },
};

const bench = benches[mode];
if (bench) await command('failover', () => bench());
else await action(({ signal }) => bodies[mode]?.(signal) ?? Promise.reject(new Error(`no mode ${mode}`)))({}, {});
