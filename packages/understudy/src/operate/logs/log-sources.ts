// The commands that read logs on a machine: the journal of each unit, and the files that an engine writes beside it.
import { engineLayouts } from '../../engines/index.ts';
import { gatewayUnit, serviceUnit } from '../../machines/index.ts';
import type { MachinePlan, Topology } from '../../topology/index.ts';
import { engineFileParser, journalParser, type LineParser, type LogUnit } from './log-line.ts';

/** What of a log is wanted. */
export interface LogExtent {
  /** Milliseconds since the epoch; undefined: however old. */
  readonly sinceMs: number | undefined;
  /** The last so many; undefined: all. */
  readonly lines: number | undefined;
  /** Whether what is written from now on is wanted too. */
  readonly follow: boolean;
}

/** A command whose output is a log, and a parser for this output. */
export interface LogSource {
  readonly argv: (extent: LogExtent) => readonly string[];
  /** Made anew for each run of the command. */
  readonly parser: () => LineParser;
}

/** The units that a machine of this role runs. */
export function unitsOf({ service }: Topology, { role }: Pick<MachinePlan, 'role'>): readonly LogUnit[] {
  if (role === 'search') return ['engine'];
  return service.gateway === 'off' ? ['service'] : ['service', 'gateway'];
}

/** The logs of a machine, of one of its units or of all. */
export function logSources(topology: Topology, machine: MachinePlan, units: LogUnit | 'all' = 'all'): LogSource[] {
  const { unit: engineUnit, logDirectory } = engineLayouts[topology.search.engine];
  const systemdUnits: Readonly<Record<LogUnit, string>> = {
    engine: engineUnit,
    service: serviceUnit,
    gateway: gatewayUnit,
  };
  const wanted = unitsOf(topology, machine).filter((unit) => units === 'all' || unit === units);
  return wanted.flatMap((unit) => {
    const source = { machine: machine.label, unit };
    const journal: LogSource = {
      argv: (extent) => journalCommand(systemdUnits[unit], extent),
      parser: () => journalParser(source),
    };
    const files: LogSource = {
      argv: (extent) => engineFilesCommand(logDirectory, topology.name, extent),
      parser: () => engineFileParser(source),
    };
    return unit === 'engine' ? [journal, files] : [journal];
  });
}

/** https://www.freedesktop.org/software/systemd/man/latest/journalctl.html */
function journalCommand(unit: string, { sinceMs, lines, follow }: LogExtent): string[] {
  return [
    'journalctl',
    ...['--quiet', '--no-pager', '--output=json', '--output-fields=MESSAGE', `--unit=${unit}`],
    // Followed, the journal begins with its last ten lines unless a number is given.
    `--lines=${lines ?? 'all'}`,
    ...(sinceMs === undefined ? [] : [`--since=@${(sinceMs / 1000).toFixed(3)}`]),
    ...(follow ? ['--follow'] : []),
  ];
}

function engineFilesCommand(directory: string, cluster: string, { sinceMs, lines, follow }: LogExtent): string[] {
  const since = sinceMs === undefined ? '' : String(Math.floor(sinceMs / 1000));
  return ['sh', '-c', engineFilesScript, 'sh', directory, cluster, since, String(lines ?? ''), follow ? 'follow' : ''];
}

/**
 * The engine's log and the logs beside it whose names begin with the cluster's. What was rotated away (compressed) and the log of
 * garbage collection are left out. Followed, each file is read to the size that it has now, and from there on.
 */
const engineFilesScript = `
directory=$1 cluster=$2 since=$3 lines=$4 follow=$5
date +%z
from=''
if [ -n "$since" ]; then from=$(date -d "@$since" +%Y-%m-%dT%H:%M:%S); fi
recent() {
  if [ -n "$lines" ]; then tail -n "$lines"; else cat; fi |
    awk -v from="$from" '/^\\[[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T/ { on = (substr($0, 2, 19) >= from) } on'
}
set -- "$directory/$cluster.log"
for file in "$directory/$cluster"_*.log; do
  if [ -f "$file" ]; then set -- "$@" "$file"; fi
done
for file; do
  size=$(stat -c %s "$file" 2>/dev/null || echo 0)
  if [ "$size" -gt 0 ]; then head -c "$size" "$file" | recent; fi
  if [ -n "$follow" ]; then tail -q -c "+$((size + 1))" -F "$file" 2>/dev/null & fi
done
wait
`;
