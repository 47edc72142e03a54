// Notices about a machine's own system: swap on a search machine, a clock that no time server sets or that differs from this computer's. They
// change no verdict: they may be so for a while after a boot, and the system serves meanwhile.
import { shown } from '@understudy/foundation';
import type { Notice, View } from '../finding.ts';
import { commandOnMachine } from '../repair-command.ts';

/** Certificates are signed, and tokens and keys judged, by clocks: a second matters to none of them. */
const mostClockDifferenceMs = 2_000;

export function upkeepNotices(view: View): Notice[] {
  return [...machineNotices(view), ...clockNotices(view)];
}

function machineNotices({ observation, machines }: View): Notice[] {
  return machines.flatMap((machine): Notice[] => {
    const { name, role } = machine;
    const seen = shown(observation.machines[name] ?? { state: 'absent' });
    if (!seen) return [];
    const swap = role === 'search' ? (shown(seen.swap) ?? []) : [];
    const found: Notice[] = [];
    if (swap.length > 0) {
      found.push({
        id: 'swap-on',
        subject: name,
        reason: `${name} swaps to ${swap.join(', ')}: an engine whose heap is swapped out stops for seconds, and may be put out of the cluster.`,
        repair: `Remove the swap disk of the Linode and its line in /etc/fstab; until then: ${commandOnMachine(machine, ['swapoff', '-a'])}`,
      });
    }
    if (shown(seen.clockIsSynchronized) === false) {
      found.push({
        id: 'clock-not-synchronized',
        subject: name,
        reason: `No time server has set the clock of ${name}: certificates, and times in logs and documents, depend on it.`,
        repair: commandOnMachine(machine, ['timedatectl', 'timesync-status']),
      });
    }
    return found;
  });
}

/** When every machine differs by about the same, it is this computer's clock that is wrong. */
function clockNotices({ observation, machines, topology }: View): Notice[] {
  const clocks = machines.flatMap((machine) => {
    const aheadMs = observation.clocksAheadMs[machine.name];
    return aheadMs === undefined ? [] : [{ machine, aheadMs }];
  });
  const differ = clocks.filter(({ aheadMs }) => Math.abs(aheadMs) > mostClockDifferenceMs);
  const [first, second] = differ;
  const isAlike = spread(differ.map(({ aheadMs }) => aheadMs)) <= mostClockDifferenceMs;
  if (first && second && differ.length === clocks.length && isAlike) {
    const reason = `This computer's clock differs from that of every machine; theirs are ${inWords(first.aheadMs)}.`;
    const repair = 'Let a time server set the clock of this computer: timedatectl set-ntp true';
    return [{ id: 'clock-differs', subject: topology.name, reason, repair }];
  }
  return differ.map(({ machine, aheadMs }) => ({
    id: 'clock-differs',
    subject: machine.name,
    reason: `The clock of ${machine.name} is ${inWords(aheadMs)}: certificates, and times in logs and documents, depend on it.`,
    repair: commandOnMachine(machine, ['timedatectl', 'timesync-status']),
  }));
}

const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

function inWords(aheadMs: number): string {
  return `${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this computer's`;
}
