// Every process of a unit stopped with SIGSTOP. Its kernel still acknowledges TCP, so connections look alive: only a check that
// wants an answer can tell.
import type { Fault } from './fault.ts';
import { scriptFault } from './script-fault.ts';
import { unitPids } from './systemd.ts';
import type { TargetRole } from './targets.ts';

export function unitPause(which: 'engine' | 'service', target: TargetRole): Fault {
  return scriptFault({
    name: `${which}-pause`,
    standsFor: `a hang of the ${which}: a long garbage collection, a starved or suspended virtual machine, a deadlock`,
    doesNotMeasure: ['a machine whose kernel hangs too', 'a process that is slow but answers'],
    target,
    breaksQuorum: false,
    lasting: true,
    scripts: ({ system }) => {
      const unit = system.units[which];
      return {
        inject: `systemctl kill --signal=SIGSTOP ${unit}`,
        effective: `${states(unit)}; [ "$n" -gt 0 ] && [ "$n" = "$t" ]`,
        undo: `systemctl kill --signal=SIGCONT ${unit}`,
        undone: `${states(unit)}; [ "$n" -gt 0 ] && [ "$t" = 0 ]`,
      };
    },
  });
}

/** Sets n to the number of processes and t to how many of them are stopped (state T). */
function states(unit: string): string {
  return (
    `n=0; t=0; for p in $(${unitPids(unit)}); do s=$(sed 's/^.*) //' /proc/$p/stat 2>/dev/null | cut -c1) || continue; ` +
    `n=$((n+1)); [ "$s" = T ] && t=$((t+1)); done; echo "${unit}: $t of $n processes stopped"`
  );
}
