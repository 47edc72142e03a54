// What a fault is. One file per fault; docs/adding-a-fault.md walks through writing one.
// A fault that cannot show its own effect does not exist here: without evidence a run is INVALID.
import type { DrillMachine, SystemUnderTest } from '../system-under-test.ts';
import type { TargetRole } from './targets.ts';

export interface Evidence {
  readonly seen: boolean;
  /** What was looked at and what it said; goes to the journal and, when it is not as wished, into the verdict. */
  readonly detail: string;
}

/** What a fault works with. */
export interface FaultContext {
  readonly system: SystemUnderTest;
  /** Resolved from `target` at injection. */
  readonly targets: readonly DrillMachine[];
  /** Runs a POSIX shell script as root on a machine; rejects as the runner does, resolves whatever the exit code. */
  run(machine: DrillMachine, script: string, timeoutMs?: number): Promise<ScriptResult>;
  /** Numbers in [0, 1) from the run's seed. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

export interface ScriptResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Fault {
  /** In kebab-case. */
  readonly name: string;
  /** The real outage it stands for. */
  readonly standsFor: string;
  /** What it does not cover: a PASS says nothing about it. */
  readonly doesNotMeasure: readonly string[];
  readonly target: TargetRole;
  /** True when the targets are a majority of the search machines, and that is the point. */
  readonly breaksQuorum: boolean;
  /** False when the effect is a moment, not a state: a killed process is back before the fault's time is over. */
  readonly lasting: boolean;
  /**
   * Script that undoes it on one target, run by a timer there when the tool has died. Idempotent, local, and it removes
   * only what the fault added. Null when a machine cannot undo it by itself (it is off, or the fault is elsewhere): the
   * guard on the operator's side then does it.
   */
  localUndo(context: FaultContext, target: DrillMachine): string | null;
  /** Why it cannot work here, or null. Called before anything is touched. */
  support(context: FaultContext): Promise<string | null>;
  inject(context: FaultContext): Promise<void>;
  /** Polled until seen, then once more at the end of a lasting fault. */
  effective(context: FaultContext): Promise<Evidence>;
  /** Idempotent: also called after a half-done injection. */
  undo(context: FaultContext): Promise<void>;
  /** Polled until seen. */
  undone(context: FaultContext): Promise<Evidence>;
}
