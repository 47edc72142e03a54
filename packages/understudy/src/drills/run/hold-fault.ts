// A fault held without load and without measuring, until the process is stopped or killed. The drill that kills the
// tool starts and kills it: the same arming, injecting and heartbeat as in every drill.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Drill } from '../drill.ts';
import { resolveTargets } from '../faults/targets.ts';
import { rawFiles, seededRandom } from '../../proof/index.ts';
import type { SystemUnderTest } from '../system-under-test.ts';
import { FaultSession, faultContext } from './fault-session.ts';
import { Journal } from './journal.ts';
import { planRun } from './plan-run.ts';

/** Longer than anyone waits; the holder is killed or stopped before. */
const holdMs = 3_600_000;

/** Resolves when the signal aborts and the fault is undone. Errors: those of targets, machines and fault. */
export async function holdFault(
  system: SystemUnderTest,
  drill: Drill,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const plan = planRun(system, drill, {});
  await writeFile(join(directory, rawFiles.plan), `${JSON.stringify(plan, null, 2)}\n`);
  const journal = await Journal.open(directory, system.clock);
  const random = seededRandom(plan.seed);
  const targets = await resolveTargets(drill.fault.target, system, random);
  await journal.note('targets-resolved', {
    role: drill.fault.target,
    machines: targets.machines.map(({ label }) => label),
    because: targets.because,
  });
  const context = faultContext(system, targets.machines, random, signal);
  const session = new FaultSession(drill.fault, context, journal);
  // Where a timer on the target can undo it, the timer alone is there to be proven.
  const guarded = targets.machines.some((target) => drill.fault.localUndo(context, target) === null);
  const guard = guarded ? await system.startGuard?.(directory) : null;
  try {
    await session.arm();
    if (await session.inject()) await session.hold(holdMs);
  } finally {
    await session.undo();
    await guard?.dismiss();
    await journal.close();
  }
}
