// One shell line on several machines at once. Each line of output is handed on as it comes, with the machine that said it.
import { finished } from 'node:stream/promises';
import pMap from 'p-map';
import type { World } from '../observe/index.ts';
import type { MachinePlan, Topology } from '../topology/index.ts';
import { lineWriter } from './lines.ts';
import { reachOf, reasonOf, type ReachableMachine } from './reach.ts';
import { loginShell } from './ssh-command.ts';

export interface RunRequest {
  readonly machines: readonly MachinePlan[];
  /** As a shell on the machine reads it. */
  readonly line: string;
  readonly signal: AbortSignal;
}

/** What became of the line on one machine. */
export interface MachineRun {
  readonly machine: string;
  /** The exit code; null when the machine could not be reached. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it could not be reached; null when it was. */
  readonly unreachable: string | null;
}

export interface OutputLine {
  readonly machine: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** Machines at once. */
const concurrency = 32;

/** In the order of the machines that were asked for. Errors: those of the Linode client; the signal's reason. */
export async function runEverywhere(
  world: Pick<World, 'linode' | 'runner'>,
  topology: Topology,
  request: RunRequest,
  onLine: (line: OutputLine) => void,
): Promise<MachineRun[]> {
  const { running, unreachable } = await reachOf(world, topology, request.machines);
  const off = unreachable.map(({ machine, reason }) => notReached(machine, reason));
  const ran = await pMap(running, (machine) => runOn(world, machine, request, onLine), { concurrency });
  request.signal.throwIfAborted();
  const all = new Map([...off, ...ran].map((run) => [run.machine, run]));
  return request.machines.flatMap(({ label }) => all.get(label) ?? []);
}

function notReached(machine: string, reason: string): MachineRun {
  return { machine, code: null, stdout: '', stderr: '', unreachable: reason };
}

async function runOn(
  { runner }: Pick<World, 'runner'>,
  { machine: { label }, target }: ReachableMachine,
  { line, signal }: RunRequest,
  onLine: (line: OutputLine) => void,
): Promise<MachineRun> {
  const said = { stdout: [] as string[], stderr: [] as string[] };
  const writerOf = (stream: 'stdout' | 'stderr') =>
    lineWriter((text) => {
      said[stream].push(`${text}\n`);
      onLine({ machine: label, stream, text });
    });
  const [stdout, stderr] = [writerOf('stdout'), writerOf('stderr')];
  try {
    const code = await runner.stream(target, loginShell(line), { stdout, stderr, signal });
    stdout.end();
    stderr.end();
    await Promise.all([finished(stdout), finished(stderr)]);
    return { machine: label, code, stdout: said.stdout.join(''), stderr: said.stderr.join(''), unreachable: null };
  } catch (error) {
    return { ...notReached(label, reasonOf(error)), stdout: said.stdout.join(''), stderr: said.stderr.join('') };
  }
}
