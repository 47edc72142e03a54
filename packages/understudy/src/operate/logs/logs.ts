// The logs of a system: of all its machines or of one, up to now or as they are written. A machine that cannot be reached is named,
// and the others are read all the same.
import type { World } from '../../observe/index.ts';
import type { MachinePlan, Topology } from '../../topology/index.ts';
import { reachOf, reasonOf, type ReachableMachine, type UnreachableMachine } from '../reach.ts';
import type { LogLine, LogUnit } from './log-line.ts';
import { logSources, unitsOf, type LogExtent, type LogSource } from './log-sources.ts';
import { inOrderOfTime, LineBuffer } from './merge-lines.ts';
import { readLog } from './read-log.ts';

export interface LogRequest extends LogExtent {
  readonly machines: readonly MachinePlan[];
  readonly units: LogUnit | 'all';
  /** Ends a log that is followed. */
  readonly signal: AbortSignal;
}

/** Told of what is read, as it is read. */
export interface LogReader {
  readonly line: (line: LogLine) => void;
  /** Of a log that is followed once for each time that it is lost. */
  readonly unreachable: (machine: UnreachableMachine) => void;
}

type LogWorld = Pick<World, 'linode' | 'runner' | 'clock'>;

/** When a followed log is lost, this long until the next attempt. */
const tryAgainMs = 3000;
/** Lines of a followed log are held for this long, so that they are in the order of their times. */
const heldMs = 600;

/** The machines that run what is asked for. */
export function machinesWithLogs(
  topology: Topology,
  machines: readonly MachinePlan[],
  units: LogUnit | 'all',
): readonly MachinePlan[] {
  return machines.filter((machine) => units === 'all' || unitsOf(topology, machine).includes(units));
}

/**
 * Reads the logs and resolves with the machines that could not be read. When the logs are followed it ends with the signal. Errors:
 * those of the Linode client; the signal's reason when it aborts what is not followed.
 */
export async function readLogs(
  world: LogWorld,
  topology: Topology,
  request: LogRequest,
  reader: LogReader,
): Promise<readonly UnreachableMachine[]> {
  const asked = machinesWithLogs(topology, request.machines, request.units);
  const { running, unreachable } = await reachOf(world, topology, asked);
  for (const machine of unreachable) reader.unreachable(machine);
  const lost = request.follow
    ? await followAll(world, topology, running, request, reader)
    : await readAll(world, topology, running, request, reader);
  return [...unreachable, ...lost];
}

async function readAll(
  world: LogWorld,
  topology: Topology,
  machines: readonly ReachableMachine[],
  request: LogRequest,
  reader: LogReader,
): Promise<UnreachableMachine[]> {
  const lost: UnreachableMachine[] = [];
  const read = machines.map(async ({ machine, target }) => {
    const lines: LogLine[] = [];
    try {
      const take = (line: LogLine): unknown => lines.push(line);
      await Promise.all(
        logSources(topology, machine, request.units).map((source) =>
          readLog(world, target, source, request, take, request.signal),
        ),
      );
    } catch (error) {
      request.signal.throwIfAborted();
      lost.push({ machine: machine.label, reason: reasonOf(error) });
    }
    return inOrderOfTime(lines).slice(-(request.lines ?? lines.length));
  });
  for (const line of inOrderOfTime((await Promise.all(read)).flat())) reader.line(line);
  for (const machine of lost) reader.unreachable(machine);
  return lost;
}

async function followAll(
  world: LogWorld,
  topology: Topology,
  machines: readonly ReachableMachine[],
  request: LogRequest,
  reader: LogReader,
): Promise<UnreachableMachine[]> {
  const { clock } = world;
  const { signal } = request;
  const lost: UnreachableMachine[] = [];
  const buffer = new LineBuffer(reader.line, () => clock.monotonicMs(), heldMs);
  const followed = machines.flatMap(({ machine, target }) => {
    // A machine has several logs, and is named once when it takes all of them along.
    const away = new Set<LogSource>();
    return logSources(topology, machine, request.units).map((source) =>
      followOne(world, target, source, request, {
        add: (line) => {
          away.delete(source);
          buffer.add(line);
        },
        onLost: (reason) => {
          const isNamed = away.size > 0;
          away.add(source);
          if (isNamed) return;
          lost.push({ machine: machine.label, reason });
          reader.unreachable({ machine: machine.label, reason });
        },
      }),
    );
  });
  const printing = (async () => {
    while (!signal.aborted) {
      buffer.flush();
      await clock.sleep(heldMs / 4, signal).catch(() => undefined);
    }
  })();
  await Promise.all([...followed, printing]);
  buffer.end();
  return lost;
}

/** Follows one log until the signal aborts; goes on where it was when the machine goes away and comes back. */
async function followOne(
  world: LogWorld,
  target: ReachableMachine['target'],
  source: LogSource,
  request: LogRequest,
  { add, onLost }: { readonly add: (line: LogLine) => void; readonly onLost: (reason: string) => void },
): Promise<void> {
  const { signal } = request;
  let extent: LogExtent = request;
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    const fromMs = extent.sinceMs ?? 0;
    let lastMs: number | undefined;
    const take = (line: LogLine): void => {
      const atMs = Date.parse(line.time);
      // Files are read from the second of the time that is asked for.
      if (atMs < fromMs) return;
      lastMs = atMs;
      add(line);
    };
    const end = await readLog(world, target, source, extent, take, signal).then(() => 'The log ended.', reasonOf);
    if (isOver()) return;
    onLost(`${end} Trying again every ${tryAgainMs / 1000} s.`);
    if (lastMs !== undefined) extent = { sinceMs: lastMs + 1, lines: undefined, follow: true };
    await world.clock.sleep(tryAgainMs, signal).catch(() => undefined);
  }
}
