// Runs one operation as a fault of a drill: apply is run, with kills or a power cut as requested, and run again until it succeeds.
import { cpuQuota } from '../false-failover/quota.ts';
import { UnderstudyError } from '@understudy/foundation';
import type { Session } from '../../packages/understudy/src/operation/index.ts';
import type { Fault, FaultContext } from '../../packages/understudy/src/drills/index.ts';
import { labPowerCut, labPowerOn } from '@understudy/lab';
import { applyOnce, type ApplyEnd } from './apply-process.ts';
import { changedSince, type Traces } from './traces.ts';

export interface Disturbance {
  /** How often apply is killed, at random moments that the seed determines. */
  readonly kills: number;
  /** The power of a remaining search machine is cut during the operation, for `powerOffMs`. */
  readonly powerCut: boolean;
  /** Each search machine gets half of one processor. */
  readonly starved: boolean;
}

export interface OperationSettings {
  readonly session: Session;
  readonly topologyPath: string;
  readonly logPath: string;
  readonly before: Traces;
  readonly trouble: Disturbance;
  /** Called when apply has succeeded. */
  readonly done: () => Promise<void>;
}

export interface OperationOutcome {
  readonly applies: readonly ApplyEnd[];
  readonly converged: boolean;
  readonly durationMs: number;
  /** The machine whose power was cut; null when none was. */
  readonly victim: string | null;
}

const powerOffMs = 20_000;
/** In the middle of this range an apply has observed the system and started its first steps. */
const killWithinMs = { least: 1_500, most: 12_000 };
/** Limit of applies that fail without having been killed. */
const mostFailures = 5;
const starvedPercent = 50;

/** The operation as a fault of a drill, and its outcome after the injection. */
export function operationFault(settings: OperationSettings): {
  readonly fault: Fault;
  readonly outcome: () => OperationOutcome | null;
} {
  let outcome: OperationOutcome | null = null;
  const { starved } = settings.trouble;
  const quota = cpuQuota(starvedPercent, 'every-search-machine');
  const fault: Fault = {
    name: 'operation',
    standsFor: 'planned work: an operator changes the file and runs apply',
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
      outcome = await runApplies(context, settings);
      if (outcome.converged) await settings.done();
    },
    effective: () => {
      const codes = outcome?.applies.map(({ code, killed }) => (killed ? 'killed' : `exit ${String(code)}`)) ?? [];
      return Promise.resolve({ seen: codes.length > 0, detail: `apply: ${codes.join(', ')}` });
    },
    async undo(context) {
      if (starved) await quota.undo(searching(context));
    },
    undone: (context) =>
      starved
        ? quota.undone(searching(context))
        : Promise.resolve({ seen: true, detail: 'an operation is not undone' }),
  };
  return { fault, outcome: () => outcome };
}

/** With the search machines that belong to the system now as its targets. */
function searching(context: FaultContext): FaultContext {
  return { ...context, targets: context.system.machines.filter(({ role }) => role === 'search') };
}

async function runApplies(context: FaultContext, settings: OperationSettings): Promise<OperationOutcome> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, context.signal]);
  const cutting = settings.trouble.powerCut ? cutPower(context, settings, signal) : Promise.resolve(null);
  // It is awaited after the applies; this handler prevents an unhandled rejection until then.
  cutting.catch(() => undefined);
  const startedMs = performance.now();
  const applies = await untilDone(context, settings).finally(() => over.abort());
  const durationMs = performance.now() - startedMs;
  return { applies, converged: applies.at(-1)?.code === 0, durationMs, victim: await cutting };
}

/** Waits until the operation has visibly started; null if it ends first. Resolves with the machine when its power is on again. */
async function cutPower(
  context: FaultContext,
  { session, before }: OperationSettings,
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
  world.logger({ level: 'info', subject: victim, text: `its power is cut for ${powerOffMs / 1_000} s` });
  await world.clock.sleep(powerOffMs, signal).finally(() => labPowerOn(victim));
  return victim;
}

/** Cuts the first machine for which the lab allows it; the lab refuses machines that are being created or deleted. */
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

async function untilDone(
  context: FaultContext,
  { topologyPath, logPath, trouble }: OperationSettings,
): Promise<ApplyEnd[]> {
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
