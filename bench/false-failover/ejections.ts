// Which nodes were ejected and which were elected: from the engine's own log, which is complete, and from the samples.
import { engineLayouts } from '../../packages/understudy/src/engines/index.ts';
import type { DrillMachine, SystemUnderTest } from '../../packages/understudy/src/drills/index.ts';
import type { EngineSample } from '../../packages/understudy/src/proof/index.ts';

export interface Ejection {
  readonly node: string;
  /** The engine's word: `disconnected`, `followers check retry count exceeded`, `lagging`. */
  readonly reason: string;
  /** The master that decided. */
  readonly by: string;
  readonly atMs: number;
}

export interface Election {
  readonly master: string;
  readonly term: number;
  readonly atMs: number;
}

export interface LogFindings {
  readonly ejections: readonly Ejection[];
  readonly elections: readonly Election[];
}

const lineHead = /^\[(\S+?),(\d+)\]\[\w+ *\]\[o\.e\.c\.s\.MasterService *\] \[([^\]]+)\] (.*)$/;
const leftNode = /\{([^{}]+)\}(?:\{[^{}]*\})+ reason: (.+?)(?=, \{|\], term: )/g;

/** Of log lines; every other line is passed over. Times are the machine's, which is in UTC. */
export function logFindings(text: string): LogFindings {
  const ejections: Ejection[] = [];
  const elections: Election[] = [];
  for (const line of text.split('\n')) {
    const [, day, millis, by = '', what = ''] = lineHead.exec(line) ?? [];
    const atMs = Date.parse(`${day ?? ''}.${millis ?? ''}Z`);
    const term = /^elected-as-master .*?\bin term (\d+)/.exec(what)?.[1];
    if (term !== undefined) elections.push({ master: by, term: Number(term), atMs });
    if (!what.startsWith('node-left[')) continue;
    for (const [, node = '', reason = ''] of what.matchAll(leftNode)) ejections.push({ node, reason, by, atMs });
  }
  return { ejections, elections };
}

/** Machine -> size of its engine's log now: what is later is news. */
export type LogMarks = ReadonlyMap<string, number>;

export async function markLogs(world: SystemUnderTest): Promise<LogMarks> {
  const sizes = await Promise.all(
    searchMachinesOf(world).map(async (machine) => {
      const { stdout } = await run(world, machine, `stat -c %s ${logFile(world)}`);
      return [machine.label, Number(stdout)] as const;
    }),
  );
  return new Map(sizes);
}

export async function findingsSince(world: SystemUnderTest, marks: LogMarks): Promise<LogFindings> {
  const all = await Promise.all(
    searchMachinesOf(world).map(async (machine) => {
      const from = (marks.get(machine.label) ?? 0) + 1;
      const { stdout } = await run(
        world,
        machine,
        `tail -c +${from} ${logFile(world)} | grep -F MasterService || true`,
      );
      return logFindings(stdout);
    }),
  );
  const byTime = (a: { readonly atMs: number }, b: { readonly atMs: number }): number => a.atMs - b.atMs;
  return {
    ejections: all.flatMap(({ ejections }) => ejections).sort(byTime),
    elections: all.flatMap(({ elections }) => elections).sort(byTime),
  };
}

/** Machine -> its engine's process, `0` while there is none. Another number later: the engine ended and was started again. */
export async function engineProcesses(world: SystemUnderTest): Promise<ReadonlyMap<string, string>> {
  const { unit } = engineLayouts[world.topology.search.engine];
  const processes = await Promise.all(
    searchMachinesOf(world).map(async (machine) => {
      const { stdout } = await run(world, machine, `systemctl show --property=MainPID --value ${unit}`);
      return [machine.label, stdout.trim()] as const;
    }),
  );
  return new Map(processes);
}

/** The least number of nodes that any machine saw: an ejection that the log does not show would show here. */
export function leastNodesSeen(samples: readonly EngineSample[], fromMs: number): number | null {
  const seen = samples.flatMap(({ atMs, nodes }) =>
    atMs >= fromMs && nodes !== undefined && nodes > 0 ? [nodes] : [],
  );
  return seen.length === 0 ? null : Math.min(...seen);
}

function searchMachinesOf(world: SystemUnderTest): readonly DrillMachine[] {
  return world.machines.filter(({ role }) => role === 'search');
}

function logFile({ topology }: SystemUnderTest): string {
  return `${engineLayouts[topology.search.engine].logDirectory}/${topology.name}.log`;
}

function run(world: SystemUnderTest, machine: DrillMachine, script: string): Promise<{ readonly stdout: string }> {
  return world.runner.run(machine, ['sh', '-c', script], { timeoutMs: 30_000 });
}
