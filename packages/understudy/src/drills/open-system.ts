// The system under test on this target: how power is cut and disks are stopped, and which process undoes a fault after a kill.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { systemUnderTest } from './real-system.ts';
import type { SystemUnderTest, Guard } from './system-under-test.ts';
import { exchange } from '../operate/index.ts';
import { hasKeys, runsDirectory, type Session } from '../operation/index.ts';
import type { Secret } from '@understudy/foundation';

/** Arguments of Node that start this tool as it was started, without its own arguments. */
function selfArguments(): readonly string[] {
  return [...process.execArgv, process.argv[1] ?? ''];
}

export async function openSystemUnderTest(session: Session, topologyPath: string): Promise<SystemUnderTest> {
  const { world, topology, target } = session;
  const { snapshot } = topology.drills;
  const where = ['--topology', resolve(topologyPath), '--target', target.name];
  const holders = new Set<(next: Secret) => Promise<void>>();
  const onToolKey = async (next: Secret): Promise<void> => {
    await Promise.all([...holders].map((take) => take(next)));
  };
  return await systemUnderTest(world, topology, {
    credential: hasKeys(topology)
      ? {
          now: async () => (await session.readServiceKeys())?.toolKey,
          watch(take) {
            holders.add(take);
            return () => holders.delete(take);
          },
        }
      : undefined,
    power: target.power(world, topology),
    disk: target.disk,
    snapshot: target.production && snapshot !== 'not-required' ? snapshot : null,
    runsDirectory: runsDirectory(),
    // The programs of a drill's system are its own service, which is moved before anything is removed.
    exchange: async (what, signal) =>
      (await exchange(session, what, signal, { mayRemove: () => Promise.resolve(true), onToolKey })).text,
    selfCommand: (words) => [process.execPath, ...selfArguments(), ...words, ...where],
    startGuard: (directory) => startGuard([...selfArguments(), 'drill', 'guard', directory, ...where]),
  });
}

/** A detached copy of this tool; its stdin ends when this process does, however it ends. */
async function startGuard(words: readonly string[]): Promise<Guard> {
  const guard = spawn(process.execPath, words, { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
  // It prints one line when it watches; before that, a fault would be unguarded.
  await Promise.race([
    once(guard.stdout, 'data'),
    once(guard, 'exit').then(([code]) =>
      Promise.reject(new Error(`the guard of the drill ended at once (exit code ${String(code)})`)),
    ),
  ]);
  guard.stdout.resume();
  guard.unref();
  return {
    async dismiss() {
      const gone = guard.exitCode === null ? once(guard, 'exit') : undefined;
      guard.stdin.end('dismissed\n');
      await gone;
    },
  };
}
