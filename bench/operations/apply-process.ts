// `understudy apply --yes` in its own process, which can be killed. Its progress output is kept.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endsWithProcess, trackUnfinished } from '@understudy/foundation';

const cli = fileURLToPath(new URL('../../packages/understudy/src/cli/main.ts', import.meta.url));
/** Longer than any operation takes here: an apply that hangs fails the run. */
const withinMs = 900_000;
const interruptedWithinMs = 30_000;

export interface ApplyRequest {
  readonly topologyPath: string;
  /** Its progress is appended here. */
  readonly logPath: string;
  /** SIGKILL after this time; null: no kill. */
  readonly killAfterMs: number | null;
  readonly signal: AbortSignal;
}

export interface ApplyEnd {
  /** Null: a signal ended it. */
  readonly code: number | null;
  readonly killed: boolean;
  readonly tookMs: number;
}

/** Runs one apply until its process ends. An abort interrupts it and waits for the end of the process. */
export async function applyOnce({ topologyPath, logPath, killAfterMs, signal }: ApplyRequest): Promise<ApplyEnd> {
  const log = createWriteStream(logPath, { flags: 'a' });
  const node = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning'];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...node, cli, 'apply', topologyPath, '--target', 'lab', '--yes'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Ctrl-C at the terminal goes to the bench only, which forwards it.
    detached: true,
  });
  child.stderr.pipe(log);
  using _ = endsWithProcess(child.pid ?? 0);
  using _apply = trackUnfinished({
    what: `an apply that has not ended; its progress is in ${logPath}`,
    remedy: `running it again finishes it: understudy apply ${topologyPath} --target lab --yes`,
  });
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const ended = new AbortController();
  let killed = false;
  const kill = async (afterMs: number, on: NodeJS.Signals): Promise<void> => {
    await sleep(afterMs, undefined, { signal: ended.signal }).catch(() => undefined);
    if (!ended.signal.aborted) killed = child.kill(on) && on === 'SIGKILL';
  };
  const interrupt = (): void => {
    void kill(0, 'SIGINT');
    void kill(interruptedWithinMs, 'SIGKILL');
  };
  signal.addEventListener('abort', interrupt, { once: true });
  void kill(Math.min(killAfterMs ?? withinMs, withinMs), 'SIGKILL');
  const [code] = await exit;
  ended.abort();
  signal.removeEventListener('abort', interrupt);
  const tookMs = performance.now() - startedMs;
  await finished(log);
  return { code, killed, tookMs };
}
