// Shell that several faults share: what systemd says of a unit, as evidence.

/** Exit 0 while the unit runs; prints its state either way. */
export function unitRuns(unit: string): string {
  return `s=$(systemctl show -p ActiveState,SubState --value ${unit} | paste -sd/); echo "${unit} is $s"; [ "$s" = active/running ]`;
}

/** Exit 0 once the unit was started: an engine is `activating` until it has joined its cluster, which may take longer. */
export function unitStarted(unit: string): string {
  return `s=$(systemctl show -p ActiveState --value ${unit}); echo "${unit} is $s"; [ "$s" = active ] || [ "$s" = activating ]`;
}

/** Exit 0 while the unit is down for good: neither running nor on its way. */
export function unitIsDown(unit: string): string {
  return `s=$(systemctl show -p ActiveState --value ${unit}); echo "${unit} is $s"; [ "$s" = inactive ] || [ "$s" = failed ]`;
}

/**
 * Pids of every process of the unit, one a line; none while it does not run, when its group is empty and would name the whole
 * machine. cgroup v2, or the systemd hierarchy of v1.
 */
export function unitPids(unit: string): string {
  return (
    `g=$(systemctl show -p ControlGroup --value ${unit} 2>/dev/null); [ -z "$g" ] || ` +
    'cat "/sys/fs/cgroup$g/cgroup.procs" 2>/dev/null || cat "/sys/fs/cgroup/systemd$g/cgroup.procs"'
  );
}
