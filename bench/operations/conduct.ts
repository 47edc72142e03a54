// One operation carried out: apply is run, killed or robbed of a machine as asked, and run again until it ends well.
import { cpuQuota } from '../false-failover/quota.ts';
import { UnderstudyError } from '@understudy/foundation';
import type { Session } from '../../packages/understudy/src/operation/index.ts';
import type { Fault, FaultContext } from '../../packages/understudy/src/drills/index.ts';
import { labPowerCut, labPowerOn } from '@understudy/lab';
import { applyOnce, type ApplyEnd } from './apply-process.ts';
import { changedSince, type Traces } from './traces.ts';

export interface Trouble {
  /** How often apply is killed at a moment of the seed's choice. */
  readonly kills: number;
  /** A search machine that stays loses its power in the middle, and has it back after `darkMs`. */
  readonly powerCut: boolean;
  /** Each search machine gets half of one processor. */
  readonly starved: boolean;
}

export interface Conduct {
  readonly session: Session;
  readonly topologyPath: string;
  readonly logPath: string;
  readonly before: Traces;
  readonly trouble: Trouble;
  /** Called when apply has ended well. */
  readonly done: () => Promise<void>;
}

export interface Conducted {
  readonly applies: readonly ApplyEnd[];
  readonly converged: boolean;
  readonly durationMs: number;
  /** The machine whose power was cut; null when none was. */
  readonly victim: string | null;
}

const darkMs = 20_000;
/** An apply has looked and begun its first steps by the middle of it. */
const killWithinMs = { least: 1_500, most: 12_000 };
/** Applies that end badly without having been killed. */
const mostFailures = 5;
const starvedPercent = 50;

/** The operation as a fault of a drill, and what came of it once it was injected. */
export function operationFault(conduct: Conduct): {
  readonly fault: Fault;
  readonly conducted: () => Conducted | null;
} {
  let conducted: Conducted | null = null;
  const { starved } = conduct.trouble;
  const quota = cpuQuota(starvedPercent, 'every-search-machine');
  const fault: Fault = {
    name: 'operation',
    standsFor: 'planned work: somebody changes the file and runs apply',
    doesNotMeasure: [
      'indices with more data than the load writes',
      'the time that a real region takes to make machines',
    ],
    target: 'nothing',
    breaksQuorum: false,
    lasting: false,
    localUndo: () => null,
    support: () => Promise.resolve(null),
    async inject(context) {
      if (starved) await quota.inject(searching(context));
      conducted = await carriedOut(context, conduct);
      if (conducted.converged) await conduct.done();
    },
    effective: () => {
      const codes = conducted?.applies.map(({ code, killed }) => (killed ? 'killed' : `exit ${String(code)}`)) ?? [];
      return Promise.resolve({ seen: codes.length > 0, detail: `apply: ${codes.join(', ')}` });
    },
    async undo(context) {
      if (starved) await quota.undo(searching(context));
    },
    undone: (context) =>
      starved
        ? quota.undone(searching(context))
        : Promise.resolve({ seen: true, detail: 'what an operation did is there to stay' }),
  };
  return { fault, conducted: () => conducted };
}

/** With the search machines that belong to the system now as its targets. */
function searching(context: FaultContext): FaultContext {
  return { ...context, targets: context.system.machines.filter(({ role }) => role === 'search') };
}

async function carriedOut(context: FaultContext, conduct: Conduct): Promise<Conducted> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, context.signal]);
  const cutting = conduct.trouble.powerCut ? cutPower(context, conduct, signal) : Promise.resolve(null);
  // It is awaited after the applies; until then nobody would hear of its failure.
  cutting.catch(() => undefined);
  const startedMs = performance.now();
  const applies = await untilDone(context, conduct).finally(() => over.abort());
  const durationMs = performance.now() - startedMs;
  return { applies, converged: applies.at(-1)?.code === 0, durationMs, victim: await cutting };
}

/** Once the operation is seen to have begun, unless it is over before. Resolves with the machine when it has its power back. */
async function cutPower(
  context: FaultContext,
  { session, before }: Conduct,
  over: AbortSignal,
): Promise<string | null> {
  const { system: world, random, signal } = context;
  const waitMs = random() * 4_000;
  const first = random();
  try {
    await changedSince(session, before, over);
    await world.clock.sleep(waitMs, over);
  } catch (error) {
    if (over.aborted) return null;
    throw error;
  }
  const search = searching(context).targets.map(({ label }) => label);
  const start = Math.floor(first * search.length);
  const victim = await cutFirst([...search.slice(start), ...search.slice(0, start)]);
  world.logger({ level: 'info', subject: victim, text: `its power is cut for ${darkMs / 1_000} s` });
  await world.clock.sleep(darkMs, signal).finally(() => labPowerOn(victim));
  return victim;
}

/** The first that can be cut: the lab refuses it for a machine that is being made or deleted at this moment. */
async function cutFirst(labels: readonly string[]): Promise<string> {
  const refusals: unknown[] = [];
  for (const label of labels) {
    try {
      await labPowerCut(label);
      return label;
    } catch (error) {
      if (!(error instanceof UnderstudyError && refused.has(error.code))) throw error;
      refusals.push(error);
    }
  }
  throw new AggregateError(refusals, `no power was cut: ${refusals.map(String).join('; ')}`);
}

const refused: ReadonlySet<string> = new Set(['lab-refused', 'lab-machine-unknown']);

async function untilDone(context: FaultContext, { topologyPath, logPath, trouble }: Conduct): Promise<ApplyEnd[]> {
  const { system: world, random, signal } = context;
  const ends: ApplyEnd[] = [];
  for (;;) {
    const kills = ends.filter(({ killed }) => killed).length;
    const { least, most } = killWithinMs;
    const killAfterMs = kills < trouble.kills ? least + random() * (most - least) : null;
    const end = await applyOnce({ topologyPath, logPath, killAfterMs, signal });
    signal.throwIfAborted();
    ends.push(end);
    const how = end.killed ? 'was killed' : `ended with exit code ${String(end.code)}`;
    const text = `apply ${ends.length} ${how} after ${(end.tookMs / 1_000).toFixed(1)} s`;
    world.logger({ level: 'info', subject: 'operation', text });
    const failures = ends.filter(({ code, killed }) => !killed && code !== 0).length;
    if (end.code === 0 || failures >= mostFailures) return ends;
    await world.clock.sleep(1_000, signal);
  }
}
