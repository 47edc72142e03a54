// Every process of a unit killed with SIGKILL. Its sockets are closed by the kernel, so the others notice at once.
// The unit's own Restart= starts it again: that is part of the system under test. With `staysDown` the restart is held
// back until the undo, for drills that need machines to be missing for a while.
import { deadManDirectory } from './dead-man.ts';
import type { Fault } from './fault.ts';
import { scriptFault } from './script-fault.ts';
import { unitIsDown, unitRuns, unitStarted } from './systemd.ts';
import type { TargetRole } from './targets.ts';

export interface UnitKillOptions {
  readonly which: 'engine' | 'service';
  readonly target: TargetRole;
  readonly staysDown: boolean;
  readonly breaksQuorum?: boolean;
}

export function unitKill({ which, target, staysDown, breaksQuorum = false }: UnitKillOptions): Fault {
  return scriptFault({
    name: staysDown ? `${which}-kill-down` : `${which}-kill`,
    standsFor: `a crash of the ${which}: out of memory, a fatal bug, kill -9`,
    doesNotMeasure: [
      'a machine that fails: here the kernel still closes the sockets, which the others notice at once',
      staysDown ? "the unit's own restart: it is held back until the undo" : 'a process that cannot start again',
    ],
    target,
    breaksQuorum,
    lasting: staysDown,
    scripts: ({ system }) => (staysDown ? killAndHold(system.units[which]) : kill(system.units[which])),
  });
}

function kill(unit: string) {
  const before = `${deadManDirectory}/killed-pid`;
  return {
    inject: [
      'set -e',
      `mkdir -p ${deadManDirectory}`,
      `systemctl show -p MainPID --value ${unit} > ${before}`,
      `[ "$(cat ${before})" != 0 ] || { echo "${unit} was not running" >&2; exit 1; }`,
      `systemctl kill --signal=SIGKILL ${unit}`,
    ].join('\n'),
    effective: `p=$(cat ${before}); n=$(systemctl show -p MainPID --value ${unit}); echo "${unit} had pid $p, now $n"; [ "$p" != "$n" ]`,
    // Restart= brings it back; start is for a unit that gave up.
    undo: `systemctl start ${unit}`,
    undone: unitRuns(unit),
  };
}

function killAndHold(unit: string) {
  const dropIn = `/run/systemd/system/${unit}.d/understudy-drill.conf`;
  return {
    inject: [
      'set -e',
      `mkdir -p /run/systemd/system/${unit}.d`,
      `printf '[Service]\\nRestart=no\\n' > ${dropIn}`,
      'systemctl daemon-reload',
      `systemctl kill --signal=SIGKILL ${unit}`,
    ].join('\n'),
    effective: unitIsDown(unit),
    undo: [
      `rm -f ${dropIn}`,
      `rmdir /run/systemd/system/${unit}.d 2>/dev/null || true`,
      'systemctl daemon-reload',
      `systemctl reset-failed ${unit} 2>/dev/null || true`,
      // Not waited for: an engine without a quorum is not ready until the others are back too.
      `systemctl start --no-block ${unit}`,
    ].join('\n'),
    undone: `[ ! -e ${dropIn} ] && { ${unitStarted(unit)}; }`,
  };
}
