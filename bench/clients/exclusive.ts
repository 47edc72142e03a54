// For a machine that others use too: a command of the user's choice, such as `flock FILE`, runs while clients are measured.
import { spawn } from 'node:child_process';

/** When held longer than this, it is released before the next run, so that others can use the machine. */
const maxHeldMs = 90_000;

export class Exclusive {
  readonly #command: string | undefined;
  #held: { readonly pid: number; readonly sinceMs: number } | undefined;

  /** @param command is given a program that lasts as long as it should be in force. */
  constructor(command: string | undefined) {
    this.#command = command;
  }

  async hold(): Promise<void> {
    if (this.#command === undefined) return;
    if (this.#held && performance.now() - this.#held.sinceMs < maxHeldMs) return;
    this.release();
    const holder = spawn('sh', ['-c', `${this.#command} sh -c 'echo $$; exec sleep infinity'`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve, reject) => {
      holder.stdout.once('data', (said: Buffer) => resolve(Number(said)));
      holder.once('exit', (code) => reject(new Error(`--exclusive: the command ended with ${code ?? 'a signal'}.`)));
    });
    this.#held = { pid, sinceMs: performance.now() };
  }

  release(): void {
    if (this.#held) process.kill(this.#held.pid);
    this.#held = undefined;
  }
}
