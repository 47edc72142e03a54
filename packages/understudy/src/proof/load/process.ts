// Starts the workload in a process of its own and reads its messages. A generator in the tool's process would share its
// pauses; one of its own shares nothing with what it measures.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UnderstudyError, type Secret } from '@understudy/foundation';
import type { LiveStats } from './live-state.ts';
import type { FromWorker, ToWorker, WorkloadEnd } from './messages.ts';

/** Its source in a clone, its compiled form in an installed package. */
const worker = fileURLToPath(import.meta.resolve('#workload-worker'));

export interface Workload {
  readonly pid: number;
  /** The last statistics, or null before the first. `atMs` says how old they are. */
  stats(): LiveStats | null;
  /**
   * Resolves when everything sent has ended and is on the disk, with what the generator says of itself. A generator that has
   * not ended within the time limit, or ended without its last message, is killed: null.
   */
  stop(withinMs: number): Promise<WorkloadEnd | null>;
  /** It logs in with this one from now on; resolves when nothing is under way with the one before, or the process has ended. */
  useCredential(credential: Secret): Promise<void>;
  /** Rejects with `drills-workload-died` if the process ends unasked; never resolves. */
  readonly died: Promise<never>;
}

/** Starts the generator over a run folder whose plan.json is written. `credential`: what it logs in with; undefined: nothing. */
export function startWorkload(directory: string, credential?: Secret): Workload {
  const child = fork(worker, [directory], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.send({ kind: 'start', credential: credential?.reveal() ?? null } satisfies ToWorker, () => undefined);
  let stats: LiveStats | null = null;
  let end: WorkloadEnd | null = null;
  let stderrText = '';
  let stopping = false;
  let taken = Promise.withResolvers<undefined>();
  const exited = Promise.withResolvers<undefined>();
  // The last message may still be on its way when the process is gone.
  const channelClosed = Promise.withResolvers<undefined>();
  const died = Promise.withResolvers<never>();
  died.promise.catch(() => undefined);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderrText = `${stderrText}${text}`.slice(-2_000);
  });
  child.on('message', (message: FromWorker) => {
    if (message.kind === 'stats') stats = message.stats;
    else if (message.kind === 'ended') end = message.end;
    else taken.resolve(undefined);
  });
  child.on('disconnect', () => channelClosed.resolve(undefined));
  child.on('exit', (code, signal) => {
    exited.resolve(undefined);
    if (stopping) return;
    const how = signal === null ? `exit code ${String(code)}` : signal;
    died.reject(
      new UnderstudyError(
        'drills-workload-died',
        `The workload's process ended by itself (${how}): ${stderrText.trim() || 'no output'}. The result of the run is not valid; run the drill again.`,
        { facts: { code, signal } },
      ),
    );
  });
  return {
    pid: child.pid ?? 0,
    stats: () => stats,
    async stop(withinMs) {
      stopping = true;
      if (child.connected) child.send({ kind: 'stop' } satisfies ToWorker, () => undefined);
      const overdue = setTimeout(() => child.kill('SIGKILL'), withinMs);
      await Promise.all([exited.promise, channelClosed.promise]);
      clearTimeout(overdue);
      return end;
    },
    async useCredential(next) {
      taken = Promise.withResolvers<undefined>();
      if (child.connected)
        child.send({ kind: 'credential', credential: next.reveal() } satisfies ToWorker, () => undefined);
      await Promise.race([taken.promise, exited.promise, channelClosed.promise]);
    },
    died: died.promise,
  };
}
