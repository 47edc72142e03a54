// Findings about disks as the engine measures them against its watermarks: above the highest it refuses writes.
import type { ClusterConditions, Watermarks } from '../../cluster/index.ts';
import { shown } from '@understudy/foundation';
import { engineLayouts } from '../../engines/index.ts';
import type { ClusterView, Finding } from '../finding.ts';
import { clearingRequest, commandOnMachine } from '../repair-command.ts';

type Disk = Extract<ClusterConditions['disks'], { state: 'seen' }>['value'][number];

const prefix = 'cluster.routing.allocation.disk';
const usual: Readonly<Record<keyof Omit<Watermarks, 'enabled'>, string>> = { low: '85%', high: '90%', flood: '95%' };
const settings = ['low', 'high', 'flood_stage'].map((name) => `${prefix}.watermark.${name}`);

const grades = {
  low: { verdict: 'degraded', effect: 'Nothing yet; no further copy is placed there.' },
  high: {
    verdict: 'degraded',
    effect: 'Nothing yet; the engine moves copies to other nodes, which takes time and network bandwidth.',
  },
  flood: { verdict: 'down', effect: 'Every write to an index with a copy there is refused.' },
} as const;

export function diskFindings(view: ClusterView): Finding[] {
  const { cluster, subject } = view;
  const marks = shown(cluster.watermarks);
  if (!marks) return [];
  if (!marks.enabled) {
    const reason = `${prefix}.threshold_enabled is false: the engine ignores the disk watermarks.`;
    return [
      {
        id: 'disk-watermarks-off',
        verdict: 'degraded',
        subject,
        reason,
        effect: 'Nothing yet; a full disk stops the engine and may corrupt its copies.',
        repair: clearingRequest(view, [`${prefix}.threshold_enabled`]),
      },
    ];
  }
  return (shown(cluster.disks) ?? []).flatMap((disk) => above(view, disk, marks));
}

function above(view: ClusterView, disk: Disk, marks: Watermarks): Finding[] {
  if (disk.above === undefined) return [];
  const mark = marks[disk.above];
  const used = Math.round((disk.usedBytes / disk.totalBytes) * 100);
  return [
    {
      id: `disk-${disk.above}`,
      ...grades[disk.above],
      subject: disk.node,
      reason: `The disk of the engine on ${disk.node} is ${used}% used, ${gigabytes(disk.freeBytes)} are free: above the ${disk.above} watermark (${mark.text}).`,
      repair: repairOf(view, disk, mark.text !== usual[disk.above]),
    },
  ];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** Changed watermarks are named first; otherwise the files that fill the disk. */
function repairOf(view: ClusterView, { node }: Disk, changed: boolean): string {
  const { machines, topology } = view;
  if (changed) return clearingRequest(view, settings);
  const machine = machines.find(({ name }) => name === node);
  const { dataDirectory, logDirectory } = engineLayouts[topology.search.engine];
  if (!machine) return `Find out what fills the disk of ${node}.`;
  const look = ['du', '-xh', '--max-depth=1', dataDirectory, logDirectory];
  return `Delete what is not needed (${commandOnMachine(machine, look)}), or write a larger search.machineType and: understudy apply`;
}
