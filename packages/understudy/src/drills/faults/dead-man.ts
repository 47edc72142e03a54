// The dead-man timer: armed on the target before the fault, renewed by a heartbeat. When the tool ends or loses the target,
// systemd there runs the undo by itself. Everything it makes is named understudy-drill-undo.
import type { DrillMachine } from '../system-under-test.ts';

export const deadManUnit = 'understudy-drill-undo';
/** In /run: gone after a reboot, which undoes every fault a machine can undo by itself. */
export const deadManDirectory = '/run/understudy-drill';

/** How long after the last heartbeat the undo runs. */
export const deadManAfterMs = 20_000;
export const heartbeatEveryMs = 4_000;

/** Installs the undo script (given on stdin) and starts the timer, which leaves nothing of it; replaces an older one. */
export function armScript(afterMs: number): string {
  return [
    'set -e',
    `mkdir -p ${deadManDirectory}`,
    `cat > ${deadManDirectory}/undo.sh`,
    `systemctl stop ${deadManUnit}.timer ${deadManUnit}.service 2>/dev/null || true`,
    `systemctl reset-failed ${deadManUnit}.service 2>/dev/null || true`,
    `systemd-run --quiet --unit=${deadManUnit} --on-active=${afterMs / 1_000}s --timer-property=AccuracySec=100ms ` +
      `/bin/sh -c '/bin/sh ${deadManDirectory}/undo.sh && rm -rf ${deadManDirectory}'`,
  ].join('\n');
}

/** Begins the wait anew; exit 1 when the timer is gone, which means that the undo has run already. */
export const renewScript = `systemctl is-active --quiet ${deadManUnit}.timer && systemctl restart ${deadManUnit}.timer`;

/** Takes the timer and the script away. */
export const disarmScript = [
  `systemctl stop ${deadManUnit}.timer ${deadManUnit}.service 2>/dev/null || true`,
  `systemctl reset-failed ${deadManUnit}.service 2>/dev/null || true`,
  `rm -rf ${deadManDirectory}`,
].join('\n');

export interface DeadMan {
  arm(target: DrillMachine, undo: string): Promise<void>;
  /** False when the timer has gone off. */
  renew(target: DrillMachine): Promise<boolean>;
  disarm(target: DrillMachine): Promise<void>;
}
