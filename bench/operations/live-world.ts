// The world of a drill whose fault is an operation: who belongs to the system is one thing before it and another after it.
import { openSystemUnderTest, type SystemUnderTest } from '../../packages/understudy/src/drills/index.ts';
import type { Session } from '../../packages/understudy/src/operation/index.ts';
import { machinePlans } from '../../packages/understudy/src/topology/index.ts';

export interface LiveWorld {
  readonly world: SystemUnderTest;
  /** The operation is through: from here on the machines, their addresses and the file are those after it. */
  become(after: Session): Promise<void>;
}

/** Until it becomes another, its machines are those that stay: of the others nothing is expected at the end. */
export async function liveWorld(before: Session, after: Session, topologyPath: string): Promise<LiveWorld> {
  const first = await openSystemUnderTest(before, topologyPath);
  const staying = new Set(machinePlans(after.topology).map(({ label }) => label));
  const machines = first.machines.filter(({ label }) => staying.has(label));
  // Nothing has to be undone after a kill of the bench but a power cut, and the lab goes down with it.
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
    async become(session) {
      now = await openSystemUnderTest(session, topologyPath);
    },
  };
}
