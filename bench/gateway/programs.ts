// The processes of these benches: a stub of the engine and the gateway, each on a port of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../packages/service/test/harness/free-port.ts';

export interface Program {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startStub(): Promise<Program> {
  const port = await freePort();
  return program(spawnNode(new URL('stub-engine.ts', import.meta.url), [String(port)]), port);
}

/** A program that shows what passing a request on costs at least. */
export async function startPlain(kind: 'relay' | 'proxy', engine: string): Promise<Program> {
  const port = await freePort();
  return program(spawnNode(new URL('plain-proxy.ts', import.meta.url), [kind, engine, String(port)]), port);
}

export async function startGateway(engine: readonly string[], args: readonly string[]): Promise<Program> {
  const port = await freePort();
  const main = new URL('../../packages/gateway/src/main.ts', import.meta.url);
  const listen = ['--engine', engine.join(','), '--listen', `127.0.0.1:${port}`, ...args];
  return program(spawnNode(main, listen), port);
}

function spawnNode(file: URL, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...process.execArgv, fileURLToPath(file), ...args], { stdio: 'inherit' });
}

async function program(child: ChildProcess, port: number): Promise<Program> {
  const url = `http://127.0.0.1:${port}`;
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  for (const end = performance.now() + 20_000; ;) {
    if (
      await fetch(url).then(
        (answer) => answer.arrayBuffer(),
        () => undefined,
      )
    )
      break;
    if (performance.now() > end || child.exitCode !== null) throw new Error(`${url} did not answer in 20 s.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    pid: child.pid as number,
    async stop() {
      process.off('exit', kill);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Processor time of a process so far, user and system; in steps of 10 ms. */
export function processorSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
