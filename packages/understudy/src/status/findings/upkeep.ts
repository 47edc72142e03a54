// Notices about a machine's own system: swap on a search machine, a clock that no time server sets. They change no verdict: both are so for a
// while after a boot, and the system serves meanwhile.
import { shown } from '@understudy/foundation';
import type { Notice, View } from '../finding.ts';
import { commandOnMachine } from '../repair-command.ts';

export function upkeepNotices({ observation, machines }: View): Notice[] {
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
