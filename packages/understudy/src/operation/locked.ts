// One operation at a time on a topology.
import { trackUnfinished, systemClock } from '@understudy/foundation';
import { lockOperation } from './operation-lock.ts';
import { systemIdOf } from './places.ts';
import { locksDirectory, type Session } from './session.ts';

/** Runs `body` under the topology's lock: apply, destroy and drills never overlap. Error: `operation-locked`. */
export async function locked<Result>(session: Session, reason: string, body: () => Promise<Result>): Promise<Result> {
  const lock = await lockOperation({
    directory: locksDirectory(),
    name: systemIdOf(session),
    reason,
    clock: systemClock,
  });
  using _ = trackUnfinished({
    what: `the lock of ${session.topology.name}`,
    remedy: 'nothing to do: the next command takes it over from a process that has ended',
  });
  try {
    return await body();
  } finally {
    await lock.release();
  }
}
