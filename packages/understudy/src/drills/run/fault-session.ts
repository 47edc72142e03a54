// One fault from arming to proof of undoing. The order makes it safe: record the targets, arm the dead-man timer, then inject; the
// undo is tried until it is proven, and only then the timer is removed.
import { UnderstudyError } from '@understudy/foundation';
import { armScript, deadManAfterMs, disarmScript, heartbeatEveryMs, renewScript } from '../faults/dead-man.ts';
import type { Evidence, Fault, FaultContext, ScriptResult } from '../faults/fault.ts';
import type { DrillMachine, SystemUnderTest } from '../system-under-test.ts';
import type { Journal } from './journal.ts';
import { messageOf, pollUntil } from './poll-until.ts';

/** A service that drains before it stops takes its time. */
const scriptTimeoutMs = 90_000;
const effectWithinMs = 20_000;
const undoneWithinMs = 240_000;

export function faultContext(
  system: SystemUnderTest,
  targets: readonly DrillMachine[],
  random: () => number,
  signal: AbortSignal,
): FaultContext {
  return {
    system,
    targets,
    random,
    signal,
    run: (machine, script, timeoutMs = scriptTimeoutMs): Promise<ScriptResult> =>
      system.runner.run(machine, ['sh', '-c', script], { timeoutMs }),
  };
}

export class FaultSession {
  readonly #fault: Fault;
  readonly #context: FaultContext;
  readonly #journal: Journal;
  readonly #heartbeatStopped = new AbortController();
  /** Targets whose undo a timer of their own would run. */
  #armed: readonly DrillMachine[] = [];
  #timerGone: string | null = null;

  constructor(fault: Fault, context: FaultContext, journal: Journal) {
    this.#fault = fault;
    this.#context = context;
    this.#journal = journal;
  }

  async arm(): Promise<void> {
    const { system, targets } = this.#context;
    const local = targets.flatMap((target) => {
      const undo = this.#fault.localUndo(this.#context, target);
      return undo === null ? [] : [{ target, undo }];
    });
    this.#armed = local.map(({ target }) => target);
    await Promise.all(local.map(({ target, undo }) => armOn(system, target, undo)));
    await this.#journal.note('dead-man-armed', {
      machines: this.#armed.map((target) => target.label),
      afterMs: deadManAfterMs,
    });
    void this.#renewTimers();
  }

  /**
   * Resolves with whether the effect was seen. Its time is the beginning of the injection, which makes an outage rather too
   * long than too short.
   */
  async inject(): Promise<boolean> {
    const { clock } = this.#context.system;
    const begunMs = await this.#journal.note('inject-begun', { fault: this.#fault.name });
    await this.#fault.inject(this.#context);
    const ask = () => this.#fault.effective(this.#context);
    const evidence = await pollUntil(clock, ask, {
      everyMs: 100,
      withinMs: effectWithinMs,
      signal: this.#context.signal,
    });
    if (evidence.seen) await this.#journal.note('effective', { seen: evidence.detail, seenAtMs: clock.now() }, begunMs);
    else await this.#journal.note('not-effective', { seen: evidence.detail });
    return evidence.seen;
  }

  /** Holds the fault; resolves early, with the reason, when it ended by itself. */
  async hold(forMs: number): Promise<string | null> {
    const { system, signal } = this.#context;
    const endMs = system.clock.monotonicMs() + forMs;
    while (this.#timerGone === null) {
      const leftMs = endMs - system.clock.monotonicMs();
      if (leftMs <= 0) break;
      await system.clock.sleep(Math.min(leftMs, 500), signal);
    }
    if (this.#timerGone !== null || !this.#fault.lasting) return this.#timerGone;
    const still = await this.#fault.effective(this.#context).catch(notSeen);
    return still.seen ? null : `it ended before its undo: ${still.detail}`;
  }

  /** Undoes and proves it; never throws. True when it is proven. */
  async undo(): Promise<boolean> {
    const { system } = this.#context;
    this.#heartbeatStopped.abort();
    await this.#journal.note('undo-begun');
    const attempt = async (): Promise<Evidence> => {
      await this.#fault.undo(this.#context);
      return pollUntil(system.clock, () => this.#fault.undone(this.#context), { everyMs: 300, withinMs: 30_000 });
    };
    const evidence = await pollUntil(system.clock, attempt, { everyMs: 1_000, withinMs: undoneWithinMs });
    if (evidence.seen) {
      await this.#disarm();
      await this.#journal.note('undone', { seen: evidence.detail });
    } else {
      await this.#journal.note('undo-failed', { seen: evidence.detail });
    }
    return evidence.seen;
  }

  /** Renews the timers from arming to undoing. A target that cannot be asked is left to its timer. */
  async #renewTimers(): Promise<void> {
    const { system } = this.#context;
    const { signal } = this.#heartbeatStopped;
    while (!signal.aborted) {
      await system.clock.sleep(heartbeatEveryMs, signal).catch(() => undefined);
      if (this.#heartbeatStopped.signal.aborted) return;
      const renewed = await Promise.all(this.#armed.map((target) => renewOn(system, target)));
      const gone = this.#armed[renewed.indexOf(false)];
      if (gone) this.#timerGone ??= `the dead-man timer on ${gone.label} expired`;
    }
  }

  async #disarm(): Promise<void> {
    const { system, targets } = this.#context;
    await Promise.all(
      targets.map(async (target) => {
        try {
          await system.runner.run(target, ['sh', '-c', disarmScript], { timeoutMs: scriptTimeoutMs });
        } catch (error) {
          system.logger({
            level: 'warn',
            subject: target.label,
            text: `the timer could not be removed: ${messageOf(error)}`,
          });
        }
      }),
    );
  }
}

async function armOn(system: SystemUnderTest, target: DrillMachine, undo: string): Promise<void> {
  const { code, stderr } = await system.runner.run(target, ['sh', '-c', armScript(deadManAfterMs)], {
    stdin: `${undo}\n`,
    timeoutMs: scriptTimeoutMs,
  });
  if (code === 0) return;
  throw new UnderstudyError(
    'drills-dead-man',
    `The dead-man timer on ${target.label} could not be armed: ${stderr.trim() || `exit code ${code}`}. No fault was injected.`,
    { facts: { machine: target.label, code } },
  );
}

/** Null: the machine could not be asked; its timer decides. */
async function renewOn(system: SystemUnderTest, target: DrillMachine): Promise<boolean | null> {
  try {
    const { code } = await system.runner.run(target, ['sh', '-c', renewScript], { timeoutMs: heartbeatEveryMs });
    return code === 0;
  } catch {
    return null;
  }
}

function notSeen(error: unknown): Evidence {
  return { seen: false, detail: messageOf(error) };
}
