// One drill from preconditions to verdict. Whatever happens on the way, the fault is undone and the folder is sealed.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trackUnfinished, type Clock } from '@understudy/foundation';
import {
  writeVerdict,
  type Verdict,
  type MachineState,
  type RunPlan,
  writeManifest,
  rawFiles,
  readHistory,
  runClock,
  writeReports,
  seededRandom,
  startWorkload,
  type Workload,
  watchTool,
} from '../../proof/index.ts';
import type { Drill } from '../drill.ts';
import { resolveTargets } from '../faults/targets.ts';
import { onClock, type SystemUnderTest, type Guard } from '../system-under-test.ts';
import { steadyFor } from './steady-check.ts';
import { watchBudget } from './error-budget.ts';
import { FaultSession, faultContext } from './fault-session.ts';
import { collectReads } from './final-reads.ts';
import { Journal } from './journal.ts';
import { learnWorkload } from './learn-workload.ts';
import { machineStates } from './machine-state.ts';
import { planRun, type RunOptions } from './plan-run.ts';
import { checkPreconditions } from './preconditions.ts';
import { startSamplers, type Samplers } from './samplers.ts';
import { undoCommand } from './undo-run.ts';
import { messageOf, pollUntil } from './poll-until.ts';

/** Beyond the deadlines of the last requests: the generator writes down and closes. */
const stopGraceMs = 10_000;

export interface RunResult {
  readonly directory: string;
  readonly verdict: Verdict;
}

/**
 * Runs one drill. The caller holds the operation lock. Errors before anything is touched: `drills-precondition`,
 * `drills-workload`, `drills-no-target`, those of engine, balancer and machines. Afterwards every end is a verdict.
 */
export async function runDrill(system: SystemUnderTest, drill: Drill, options: RunOptions = {}): Promise<RunResult> {
  const before = await checkPreconditions(system, drill, options.signal);
  const plan = planRun(system, drill, options, await learnWorkload(system));
  for (const { operation, because } of plan.workload.notSent ?? [])
    system.logger({ level: 'info', subject: drill.name, text: `no requests of ${operation}: ${because}` });
  const directory = join(system.runsDirectory, plan.runId);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, rawFiles.plan), `${JSON.stringify(plan, null, 2)}\n`);
  const clock = runClock(system.clock, plan);
  const journal = await Journal.open(directory, clock);
  const run = new Run({
    system: onClock(system, clock),
    wallClock: system.clock,
    drill,
    options,
    plan,
    directory,
    journal,
    before,
  });
  try {
    await run.execute();
  } finally {
    await journal.note('finished');
    await journal.close();
  }
  await writeManifest(directory);
  const verdict = await writeVerdict(directory);
  await writeReports(directory);
  return { directory, verdict };
}

interface RunParts {
  /** Its clock is the run's. */
  readonly system: SystemUnderTest;
  readonly wallClock: Clock;
  readonly drill: Drill;
  readonly options: RunOptions;
  readonly plan: RunPlan;
  readonly directory: string;
  readonly journal: Journal;
  readonly before: readonly MachineState[];
}

class Run {
  readonly #parts: RunParts;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #generatorDied = new AbortController();
  readonly #random: () => number;

  constructor(parts: RunParts) {
    this.#parts = parts;
    const outside = parts.options.signal;
    this.#signal = outside ? AbortSignal.any([outside, this.#stop.signal]) : this.#stop.signal;
    this.#random = seededRandom(parts.plan.seed);
  }

  async execute(): Promise<void> {
    const { system, drill, journal, directory, plan } = this.#parts;
    await journal.note('started', { drill: drill.name, fault: drill.fault.name });
    if (!(await this.#supported())) return;
    await journal.note('preconditions-met');
    // It starts while steady state is waited for, and is there before the fault.
    const guard = system.startGuard?.(directory) ?? Promise.resolve(null);
    guard.catch(() => undefined);
    const samplers = await startSamplers(system, directory, plan.steady.holdMs);
    const endWatch = watchTool(this.#parts.wallClock, system.clock);
    const credential = await system.credential?.now();
    const startedMs = system.clock.now();
    const workload = startWorkload(directory, credential);
    const unwatch = system.credential?.watch((next) => workload.useCredential(next));
    workload.died.catch((error: unknown) => {
      this.#generatorDied.abort(error);
      this.#stop.abort(error);
    });
    await journal.note('workload-started', { pid: workload.pid }, startedMs);
    using _ = trackUnfinished({
      what: `the documents of the run ${plan.runId} in the index ${plan.workload.index}`,
      remedy: undoCommand(system, directory),
    });
    try {
      await this.#injectAndRecover(workload, samplers, guard);
      this.#signal.throwIfAborted();
    } catch (error) {
      await journal.note('aborted', { reason: messageOf(this.#signal.aborted ? this.#signal.reason : error) });
    } finally {
      unwatch?.();
      const end = await workload.stop(Math.max(...Object.values(plan.workload.deadlineMs)) + stopGraceMs);
      await journal.note('workload-stopped', { generator: end });
      await journal.note('tool-watched', { ...(await endWatch()), longestNoteMs: Math.round(journal.longestNoteMs) });
      await samplers.stop();
      // It reads the journal before it ends, and tries once more to undo a fault that is still open.
      await guard.then((started) => started?.dismiss()).catch(() => undefined);
      await this.#readBack();
      await this.#compareMachines();
    }
  }

  /** Asked before any load, so that a fault that cannot work here ends the run at once. */
  async #supported(): Promise<boolean> {
    const { system, drill, journal } = this.#parts;
    const targets = await resolveTargets(drill.fault.target, system, seededRandom(this.#parts.plan.seed));
    const context = faultContext(system, targets.machines, this.#random, this.#signal);
    const reason = await drill.fault.support(context);
    if (reason !== null) await journal.note('unsupported', { reason });
    return reason === null;
  }

  async #injectAndRecover(workload: Workload, samplers: Samplers, guard: Promise<Guard | null>): Promise<void> {
    const { system, drill, journal, plan, directory } = this.#parts;
    if (!(await this.#steady(workload))) return;
    const targets = await resolveTargets(drill.fault.target, system, this.#random);
    const labels = targets.machines.map(({ label }) => label);
    this.#say(`${drill.fault.name} on ${labels.join(', ') || 'nothing'}`);
    await journal.note('targets-resolved', {
      role: drill.fault.target,
      machines: labels,
      because: targets.because,
    });
    const context = faultContext(system, targets.machines, this.#random, this.#signal);
    const session = new FaultSession(drill.fault, context, journal);
    const overseen = new AbortController();
    const fault = trackUnfinished({
      what: `the fault ${drill.fault.name} on ${labels.join(', ') || 'no machine'}`,
      remedy: undoCommand(system, directory),
    });
    try {
      await guard;
      await session.arm();
      // A random moment, so that the fault does not always meet the same phase of the checks.
      await system.clock.sleep(this.#random() * 1_000, this.#signal);
      const budget = {
        ratio: drill.errorBudget,
        steady: plan.steady,
        spent: (reason: string) => this.#stop.abort(new Error(reason)),
      };
      void watchBudget(budget, workload, system.clock, overseen.signal);
      if (await session.inject()) {
        const ended = await session.hold(plan.durations.faultMs);
        if (ended !== null) await journal.note('not-effective', { seen: ended });
      }
    } finally {
      overseen.abort();
      this.#say('undoing');
      if (await session.undo()) fault.release();
      await this.#recover(workload, samplers);
    }
  }

  async #steady(workload: Workload): Promise<boolean> {
    const { system, journal, plan } = this.#parts;
    const { steadyMs } = plan.durations;
    this.#say(`waiting for ${steadyMs / 1_000} s of steady state`);
    const look = () => steadyFor(workload, system.clock, plan.steady, steadyMs);
    let check = look();
    const ask = () => Promise.resolve((check = look()));
    const evidence = await pollUntil(system.clock, ask, {
      everyMs: 100,
      withinMs: steadyMs * 3 + 30_000,
      signal: this.#signal,
    });
    if (!evidence.seen) {
      await journal.note('steady-never-held', { seen: evidence.detail });
      return false;
    }
    await journal.note('steady-begun', undefined, check.sinceMs);
    await journal.note('steady-held', { seen: evidence.detail });
    return true;
  }

  async #recover(workload: Workload, samplers: Samplers): Promise<void> {
    const { system, journal, plan } = this.#parts;
    this.#say('waiting for steady state and every copy in place');
    await journal.note('recovery-begun');
    const look = () => steadyFor(workload, system.clock, plan.steady, plan.steady.holdMs);
    let check = look();
    const ask = () => {
      check = look();
      const protection = samplers.protection();
      return Promise.resolve({
        seen: check.seen && protection.protected,
        detail: `${check.detail}; ${protection.detail}`,
      });
    };
    const withinMs = this.#signal.aborted ? Math.min(20_000, plan.durations.recoveryMs) : plan.durations.recoveryMs;
    const waiting = pollUntil(system.clock, ask, { everyMs: 200, withinMs, signal: this.#generatorDied.signal });
    const evidence = await waiting.catch(() => ({ seen: false, detail: 'the load generator ended' }));
    if (!evidence.seen && check.silentMs !== null) await journal.note('generator-silent', { seen: check.detail });
    await journal.note(evidence.seen ? 'recovered' : 'recovery-timed-out', { seen: evidence.detail });
  }

  async #readBack(): Promise<void> {
    const { system, journal, plan, directory, options } = this.#parts;
    this.#say('reading every document back');
    try {
      const { plannedWrites } = await readHistory(directory);
      const reads = await collectReads(system, plan.workload, plannedWrites, this.#signal);
      await writeFile(join(directory, rawFiles.reads), reads.map((read) => `${JSON.stringify(read)}\n`).join(''));
      await journal.note('reads-collected', { reads: reads.length });
      if (options.keepDocuments) return;
      await system.engine.remove([...new Set(reads.map((read) => read.id))]);
      await journal.note('documents-removed');
    } catch (error) {
      system.logger({ level: 'warn', subject: this.#parts.drill.name, text: messageOf(error) });
    }
  }

  async #compareMachines(): Promise<void> {
    const { system, journal, before, directory } = this.#parts;
    try {
      const machines = { before, after: await machineStates(system) };
      await writeFile(join(directory, rawFiles.machines), `${JSON.stringify(machines, null, 2)}\n`);
      await journal.note('machines-compared');
    } catch (error) {
      system.logger({ level: 'warn', subject: this.#parts.drill.name, text: messageOf(error) });
    }
  }

  #say(text: string): void {
    this.#parts.system.logger({ level: 'info', subject: this.#parts.drill.name, text });
  }
}
