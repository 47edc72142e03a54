// Faults that are a few lines of shell on the target. The scripts are values; tests read them.
import { UnderstudyError } from '@understudy/foundation';
import type { DrillMachine } from '../system-under-test.ts';
import type { Evidence, Fault, FaultContext } from './fault.ts';

/** POSIX shell, run as root on the target. */
export interface FaultScripts {
  /** Exit 0: it can work here. Otherwise what it printed is the reason. */
  readonly support?: string;
  readonly inject: string;
  /** Exit 0: the effect is seen. What it prints is the detail. */
  readonly effective: string;
  /** Idempotent, and removes only what `inject` added. */
  readonly undo: string;
  /** Exit 0: it is undone. */
  readonly undone: string;
}

export type ScriptFault = Pick<
  Fault,
  'name' | 'standsFor' | 'doesNotMeasure' | 'target' | 'breaksQuorum' | 'lasting'
> & {
  scripts(context: FaultContext, target: DrillMachine): FaultScripts;
};

export function scriptFault(fault: ScriptFault): Fault {
  const each = async (context: FaultContext, act: (target: DrillMachine) => Promise<void>): Promise<void> => {
    await Promise.all(context.targets.map(act));
  };
  return {
    ...fault,
    localUndo: (context, target) => fault.scripts(context, target).undo,
    async support(context) {
      const reasons = await Promise.all(
        context.targets.map(async (target) => {
          const { support } = fault.scripts(context, target);
          if (support === undefined) return null;
          const { code, stdout, stderr } = await context.run(target, support);
          return code === 0 ? null : `${target.label}: ${stdout.trim() || stderr.trim() || `exit code ${code}`}`;
        }),
      );
      return reasons.find((reason) => reason !== null) ?? null;
    },
    inject: (context) =>
      each(context, (target) => must(context, target, 'inject', fault.scripts(context, target).inject)),
    effective: (context) => seenOnAll(context, (target) => fault.scripts(context, target).effective),
    undo: (context) => each(context, (target) => must(context, target, 'undo', fault.scripts(context, target).undo)),
    undone: (context) => seenOnAll(context, (target) => fault.scripts(context, target).undone),
  };

  async function must(context: FaultContext, target: DrillMachine, step: string, script: string): Promise<void> {
    const { code, stdout, stderr } = await context.run(target, script);
    if (code === 0) return;
    throw new UnderstudyError(
      'drills-fault-step',
      `Could not ${step} ${fault.name} on ${target.label}: exit code ${code}, ${stderr.trim() || stdout.trim() || 'no output'}.`,
      { facts: { fault: fault.name, machine: target.label, code } },
    );
  }
}

/** Runs a script on every target; seen only when each exits 0. */
export async function seenOnAll(context: FaultContext, script: (target: DrillMachine) => string): Promise<Evidence> {
  const results = await Promise.all(
    context.targets.map(async (target) => {
      const { code, stdout, stderr } = await context.run(target, script(target), 10_000);
      return { seen: code === 0, detail: `${target.label}: ${stdout.trim() || stderr.trim() || `exit code ${code}`}` };
    }),
  );
  return { seen: results.every((result) => result.seen), detail: results.map((result) => result.detail).join('; ') };
}
