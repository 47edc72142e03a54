// A unit stopped in order: its sockets are closed, so its peers notice at once. It stays down until the undo starts it.
import type { TargetRole } from './targets.ts';
import { scriptFault } from './script-fault.ts';
import type { Fault } from './fault.ts';
import { unitIsDown, unitRuns } from './systemd.ts';

export function unitStop(which: 'engine' | 'service', target: TargetRole): Fault {
  return scriptFault({
    name: `${which}-stop`,
    standsFor: `maintenance: the ${which} stopped by an operator and started again later`,
    doesNotMeasure: ['a crash: here the process closes its connections', 'the loss of the machine or its disk'],
    target,
    breaksQuorum: false,
    lasting: true,
    scripts: ({ system }) => {
      const unit = system.units[which];
      return {
        inject: `systemctl stop ${unit}`,
        effective: unitIsDown(unit),
        undo: `systemctl start ${unit}`,
        undone: unitRuns(unit),
      };
    },
  });
}
