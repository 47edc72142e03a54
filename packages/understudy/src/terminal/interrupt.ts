// Ctrl-C and SIGTERM, for every command and every bench. The first lets the work clean up; the second ends the process within 2 s,
// whatever still runs, and says what is left.
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenToEnd, heldNow, UnderstudyError } from '@understudy/foundation';
import { exitCode } from './exit-code.ts';

/** A child that has not ended in this time is killed. */
const childrenEndWithinMs = 1000;
/** Whatever happens meanwhile, the process ends. */
const endsWithinMs = 1500;

export interface Interruption extends Disposable {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
}

/** Listens until it is disposed of. `reason` is what a body that ends because of the first signal ends with. */
export function onInterrupt(reason: (signal: NodeJS.Signals) => string): Interruption {
  const controller = new AbortController();
  let ending = false;
  const interrupt = (signal: NodeJS.Signals): void => {
    if (ending) return;
    if (!controller.signal.aborted) {
      process.stderr.write(`\n${signal}: stopping and cleaning up; once more to end at once\n`);
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
  process.stderr.write(`\n${signal} again: ending at once. ${leftText()}`);
  await endChildren().catch(() => undefined);
  process.exit(exitCode.unknown);
}

function leftText(): string {
  const left = heldNow();
  if (left.length === 0) return 'Nothing is left to undo.\n';
  const remedies = Map.groupBy(left, ({ remedy }) => remedy);
  const lines = [...remedies].map(
    ([remedy, all]) => `${all.map(({ what }) => `  - ${what}\n`).join('')}      ${remedy}\n`,
  );
  return `What is left, and what to do:\n${lines.join('')}`;
}

/** Asks the children to end, and kills those that do not. Those that are meant to outlive this process are left alone. */
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
      // It has ended by itself.
    }
  }
}

/** Children in this process's own group, and those that are said to end with it. A detached one has a group of its own. */
function children(): number[] {
  const own = groupOf(process.pid);
  const born = childrenOf(process.pid).filter((pid) => own !== undefined && groupOf(pid) === own);
  return [...new Set([...born, ...childrenToEnd().filter((pid) => groupOf(pid) !== undefined)])];
}

/** Empty where the kernel does not say. https://www.kernel.org/doc/html/latest/filesystems/proc.html */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** The third field after the name in /proc/PID/stat; undefined when there is no such process, or it has ended and was not waited for. */
function groupOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : group;
  } catch {
    return undefined;
  }
}
