// Findings about single machines: whether they are there and answer, their unit, their disks, their packages.
import { shown, type Seen } from '@understudy/foundation';
import { engineLayouts } from '../../engines/index.ts';
import { partOf, serviceUnit, type DiskUse, type ObservedMachine, type ObservedUnit } from '../../machines/index.ts';
import type { Topology } from '../../topology/index.ts';
import { applyCommand, unread, type Finding, type View } from '../finding.ts';
import { commandOnMachine } from '../repair-command.ts';
import type { Status } from '../status.ts';

type Machine = Status['machines'][number];

export function unitOf(topology: Topology, role: 'search' | 'service'): string {
  return role === 'search' ? engineLayouts[topology.search.engine].unit : serviceUnit;
}

export function machineFindings({ observation, topology, machines }: View): Finding[] {
  return machines.flatMap((machine): Finding[] => {
    const { name, status, reachable } = machine;
    if (status === 'missing') return [degraded(machine, 'machine-missing', `${name} does not exist.`)];
    if (status !== 'running') return [degraded(machine, 'machine-off', `${name} is ${status}, not running.`)];
    if (!reachable) {
      const repair = 'understudy plan says what can be done; see docs/status.md.';
      return [degraded(machine, 'machine-unreachable', `${name} runs, but does not answer over SSH.`, repair)];
    }
    const seen = shown(observation.machines[name] ?? { state: 'absent' });
    if (!seen) return [];
    return [
      ...unitFindings(machine, seen, unitOf(topology, machine.role)),
      ...diskFindings(machine, seen),
      ...packageFindings(machine, seen),
    ];
  });
}

function degraded({ name }: Machine, id: string, reason: string, repair = applyCommand): Finding {
  return { id, verdict: 'degraded', subject: name, reason, effect: 'Nothing while the others serve.', repair };
}

/** So many restarts by systemd, the last within these minutes: the unit starts again and again, whatever it is at the moment. */
const loopRestarts = 5;
const loopWithinS = 300;

export function restartsInLoop({ restarts, sub, sinceActiveS }: ObservedUnit): boolean {
  if (restarts < loopRestarts) return false;
  return sub === 'auto-restart' || sinceActiveS === undefined || sinceActiveS < loopWithinS;
}

function unitFindings(machine: Machine, seen: ObservedMachine, unit: string): Finding[] {
  const { name } = machine;
  const state = partOf(seen.units, unit);
  if (state.state === 'unknown') return [unread('unit-unread', name, `The unit on ${name}`, state)];
  const value = shown(state);
  if (value && restartsInLoop(value)) {
    const ended = value.result === 'success' || value.result === '' ? '' : `; its last run ended with ${value.result}`;
    const reason = `systemd has restarted ${unit} on ${name} ${value.restarts} times${ended}.`;
    const log = ['journalctl', '-u', unit, '-n', '50', '--no-pager'];
    return [degraded(machine, 'unit-restarts', reason, commandOnMachine(machine, log))];
  }
  if (value?.active === 'active') return [];
  const ended = value && value.result !== 'success' && value.result !== '' ? ` (${value.result})` : '';
  const reason = `The unit on ${name} is ${value?.active ?? 'not installed'}${ended}, not active.`;
  return [degraded(machine, 'unit-not-active', reason), ...cloudInitFindings(machine, seen)];
}

const setUpWithinS = 900;

/** A failure of cloud-init matters as long as the machine does not serve: afterwards its files and units are observed. */
function cloudInitFindings(machine: Machine, { cloudInit }: ObservedMachine): Finding[] {
  const said = shown(cloudInit);
  const repair = commandOnMachine(machine, ['cloud-init', 'status', '--long']);
  if (said?.status === 'error') {
    const reason = `cloud-init failed on ${machine.name}: ${said.errors.join('; ')}.`;
    return [degraded(machine, 'cloud-init-failed', reason, repair)];
  }
  if (said?.status !== 'running' || (said.runningS ?? 0) < setUpWithinS) return [];
  const reason = `cloud-init on ${machine.name} has not ended ${said.runningS} s after the boot.`;
  return [degraded(machine, 'cloud-init-stuck', reason, repair)];
}

/** Of a file system, whatever the engine's watermarks say: logs and heap dumps fill disks too, and machines without an engine have some. */
const fillingPercent = 90;
const fullPercent = 98;

function diskFindings(machine: Machine, { disks }: ObservedMachine): Finding[] {
  const { name } = machine;
  const first = Object.entries(disks).find(([, disk]) => disk.state === 'unknown');
  if (first?.[1].state === 'unknown')
    return [unread('disk-unread', name, `The use of ${first[0]} on ${name}`, first[1])];
  return fileSystems(disks).flatMap(({ paths, use }) => {
    const what = use.usedPercent >= (use.inodesUsedPercent ?? 0) ? 'space' : 'inodes';
    const used = Math.max(use.usedPercent, use.inodesUsedPercent ?? 0);
    if (used < fillingPercent) return [];
    const full = used >= fullPercent;
    const reason = `On ${name} the file system of ${paths.join(', ')} has ${used}% of its ${what} used.`;
    const counted = what === 'space' ? ['-h', '--threshold=100M'] : ['--inodes'];
    const repair = commandOnMachine(machine, ['du', '-x', ...counted, '--max-depth=2', ...paths]);
    return [
      {
        ...degraded(machine, full ? 'file-system-full' : 'file-system-filling', reason, repair),
        effect: full
          ? 'Nothing while the others serve; what runs on it can write neither data nor logs.'
          : 'Nothing yet; what runs on it stops when it is full.',
      },
    ];
  });
}

/** Paths on one file system have the same numbers: one finding is enough for them. */
function fileSystems(disks: Readonly<Record<string, Seen<DiskUse>>>): { paths: string[]; use: DiskUse }[] {
  const found = Object.entries(disks).flatMap(([path, disk]) =>
    disk.state === 'seen' ? [{ path, use: disk.value }] : [],
  );
  const same = Map.groupBy(found, ({ use }) => JSON.stringify(use));
  return [...same.values()].flatMap((all) => (all[0] ? [{ paths: all.map(({ path }) => path), use: all[0].use }] : []));
}

function packageFindings(machine: Machine, { dpkg, locks }: ObservedMachine): Finding[] {
  const { name } = machine;
  if (dpkg.state === 'unknown') return [unread('packages-unread', name, `The state of the packages on ${name}`, dpkg)];
  const state = shown(dpkg);
  // While a process holds a lock of dpkg, an installation is running.
  const busy = Object.values(locks).some((lock) => lock.state === 'seen');
  if (!state?.interrupted || busy) return [];
  const names = state.unfinished.length === 0 ? '' : `: ${state.unfinished.join(', ')}`;
  const reason = `An installation of packages on ${name} was interrupted${names}.`;
  return [
    {
      ...degraded(machine, 'packages-interrupted', reason, commandOnMachine(machine, ['dpkg', '--configure', '-a'])),
      effect: 'Nothing yet; no package can be installed or upgraded there.',
    },
  ];
}
