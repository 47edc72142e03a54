// A machine whose processor time is capped from outside, as a hypervisor caps a machine: the engine is slow, not dead.
// Works on the lab's own control groups; nothing inside the machine can see or undo it.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Evidence, Fault, FaultContext, TargetRole } from '../../packages/understudy/src/drills/index.ts';
import { detectCgroupLayout } from '@understudy/lab/host';
import { labStatus } from '@understudy/lab';

const periodUs = 100_000;

export function cpuQuota(percent: number, target: TargetRole): Fault {
  return {
    name: `cpu-quota-${percent}`,
    standsFor: `a machine that gets ${percent} % of one processor: an overcommitted host, steal time`,
    doesNotMeasure: ['starvation of memory or of the disk'],
    target,
    breaksQuorum: false,
    lasting: true,
    localUndo: () => null,
    support: () => Promise.resolve(null),
    inject: (context) => each(context, (group) => setQuota(group, (periodUs * percent) / 100)),
    effective: throttled,
    undo: (context) => each(context, (group) => setQuota(group, null)),
    async undone(context) {
      const caps = await Promise.all((await groupsOf(context)).map((group) => readFile(group.capFile, 'utf8')));
      return {
        seen: caps.every((cap) => /^(-1|max)/.test(cap)),
        detail: `caps: ${caps.map((cap) => cap.trim()).join(', ')}`,
      };
    },
  };
}

interface Group {
  readonly kind: 'unified' | 'split';
  readonly capFile: string;
  readonly statFile: string;
}

async function groupsOf({ targets }: FaultContext): Promise<Group[]> {
  const { machines } = await labStatus();
  const layout = detectCgroupLayout();
  return targets.map(({ label }) => {
    const id = machines.find((machine) => machine.label === label)?.id;
    const root = layout.kind === 'unified' ? layout.root : layout.cpu;
    const group = join(root, 'understudy', `m${String(id)}`);
    const capFile = join(group, layout.kind === 'unified' ? 'cpu.max' : 'cpu.cfs_quota_us');
    return { kind: layout.kind, capFile, statFile: join(group, 'cpu.stat') };
  });
}

async function each(context: FaultContext, act: (group: Group) => Promise<void>): Promise<void> {
  await Promise.all((await groupsOf(context)).map(act));
}

async function setQuota({ kind, capFile }: Group, quotaUs: number | null): Promise<void> {
  if (kind === 'unified') await writeFile(capFile, `${quotaUs ?? 'max'} ${periodUs}`);
  else await writeFile(capFile, String(quotaUs ?? -1));
}

/** The kernel counts the periods in which it throttled the group. */
async function throttled(context: FaultContext): Promise<Evidence> {
  const counts = async (): Promise<number[]> =>
    Promise.all(
      (await groupsOf(context)).map(async ({ statFile }) =>
        Number(/nr_throttled (\d+)/.exec(await readFile(statFile, 'utf8'))?.[1] ?? 0),
      ),
    );
  const before = await counts();
  await context.system.clock.sleep(1_000, context.signal);
  const after = await counts();
  const grown = after.map((count, at) => count - (before[at] ?? 0));
  return {
    seen: grown.every((count) => count > 0),
    detail: `throttled in ${grown.join(', ')} periods of 100 ms in a second`,
  };
}
