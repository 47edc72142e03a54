// Ctrl-C and SIGTERM, for every command and every bench. The first signal starts the cleanup; the second ends the process
// within 2 s and prints what is left unfinished.
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenToEnd, unfinishedNow, UnderstudyError } from '@understudy/foundation';
import { exitCode } from './exit-code.ts';

/** A child that has not ended in this time is killed. */
const childrenEndWithinMs = 1000;
/** The process ends after this time in every case. */
const endsWithinMs = 1500;

export interface Interruption extends Disposable {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
}

/** Listens until it is disposed of. `reason` makes the error message after the first signal. */
export function onInterrupt(reason: (signal: NodeJS.Signals) => string): Interruption {
  const controller = new AbortController();
  let ending = false;
  const interrupt = (signal: NodeJS.Signals): void => {
    if (ending) return;
    if (!controller.signal.aborted) {
      process.stderr.write(`\n${signal}: stopping and cleaning up; a second signal ends it immediately\n`);
      controller.abort(new UnderstudyError('cli-interrupted', reason(signal)));
      return;
    }
    ending = true;
    void endNow(signal);
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => void process.off('SIGINT', interrupt).off('SIGTERM', interrupt),
  };
}

async function endNow(signal: NodeJS.Signals): Promise<void> {
  setTimeout(() => process.exit(exitCode.unknown), endsWithinMs);
  process.stderr.write(`\n${signal} again: ending immediately. ${leftText()}`);
  await endChildren().catch(() => undefined);
  process.exit(exitCode.unknown);
}

function leftText(): string {
  const left = unfinishedNow();
  if (left.length === 0) return 'Nothing is left to undo.\n';
  const remedies = Map.groupBy(left, ({ remedy }) => remedy);
  const lines = [...remedies].map(
    ([remedy, all]) => `${all.map(({ what }) => `  - ${what}\n`).join('')}      ${remedy}\n`,
  );
  return `What is left, and what to do:\n${lines.join('')}`;
}

/** Sends SIGTERM to the children, later SIGKILL. Detached children that may outlive this process get no signal. */
async function endChildren(): Promise<void> {
  const end = performance.now() + childrenEndWithinMs;
  signalAll(children(), 'SIGTERM');
  while (children().length > 0 && performance.now() < end) await sleep(25);
  signalAll(children(), 'SIGKILL');
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // The process has already ended.
    }
  }
}

/** Children in this process's group, and the registered ones of `endsWithProcess`. A detached child has its own group. */
function children(): number[] {
  const own = groupOf(process.pid);
  const ownChildren = childrenOf(process.pid).filter((pid) => own !== undefined && groupOf(pid) === own);
  return [...new Set([...ownChildren, ...childrenToEnd().filter((pid) => groupOf(pid) !== undefined)])];
}

/** Empty where the kernel does not provide the list. https://www.kernel.org/doc/html/latest/filesystems/proc.html */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** The third field after the name in /proc/PID/stat; undefined when the process does not exist or is a zombie. */
function groupOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : group;
  } catch {
    return undefined;
  }
}
