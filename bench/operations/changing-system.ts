// The system under test of a drill whose fault is an operation: its machines before and after the operation differ.
import { openSystemUnderTest, type SystemUnderTest } from '../../packages/understudy/src/drills/index.ts';
import type { Session } from '../../packages/understudy/src/operation/index.ts';
import { machinePlans } from '../../packages/understudy/src/topology/index.ts';

export interface ChangingSystem {
  readonly world: SystemUnderTest;
  /** Call it after the operation: from then on the machines, their addresses and the file are those after the change. */
  switchTo(after: Session): Promise<void>;
}

/** Before `switchTo`, its machines are those that remain after the operation; the others are not checked at the end. */
export async function changingSystem(before: Session, after: Session, topologyPath: string): Promise<ChangingSystem> {
  const first = await openSystemUnderTest(before, topologyPath);
  const staying = new Set(machinePlans(after.topology).map(({ label }) => label));
  const machines = first.machines.filter(({ label }) => staying.has(label));
  // No guard: after a kill of the bench only a power cut would have to be undone, and removing the lab does that.
  let now: SystemUnderTest = { ...first, machines, startGuard: null };
  const world: SystemUnderTest = {
    ...now,
    get topology() {
      return now.topology;
    },
    get machines() {
      return now.machines;
    },
    get engine() {
      return now.engine;
    },
    get balancer() {
      return now.balancer;
    },
  };
  return {
    world,
    async switchTo(session) {
      now = await openSystemUnderTest(session, topologyPath);
    },
  };
}
