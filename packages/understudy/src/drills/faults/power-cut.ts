// A machine loses its power: no FIN and no RST is sent. Needs control below the machine: the lab's hardware, or sysrq.
import type { PowerControl } from '../../operation/index.ts';
import type { DrillMachine } from '../system-under-test.ts';
import type { Evidence, Fault, FaultContext } from './fault.ts';
import { seenOnAll } from './script-fault.ts';
import { unitRuns } from './systemd.ts';
import type { TargetRole } from './targets.ts';

const probeTimeoutMs = 3_000;

export function powerCut(target: TargetRole, breaksQuorum = false): Fault {
  return {
    name: 'power-cut',
    standsFor: 'a host that dies: power, hardware, hypervisor',
    doesNotMeasure: [
      'a disk that is damaged or lost with the host',
      'write caches that acknowledge fsync too early: the lab keeps what the kernel had written',
    ],
    target,
    breaksQuorum,
    lasting: true,
    localUndo: () => null,
    support: ({ system }) =>
      Promise.resolve(
        system.power === null
          ? 'no power control is available here; on Linode set `drills.allowSelfPowerCut: true` in the topology to let a machine power itself off'
          : null,
      ),
    inject: (context) => all(context, (power, label) => power.cut(label)),
    effective: poweredOff,
    undo: (context) => all(context, (power, label) => power.restore(label)),
    undone: (context) =>
      seenOnAll(context, ({ role }) => unitRuns(context.system.units[role === 'search' ? 'engine' : 'service'])),
  };
}

async function all(
  { system, targets }: FaultContext,
  act: (power: PowerControl, label: string) => Promise<void>,
): Promise<void> {
  const { power } = system;
  if (power !== null) await Promise.all(targets.map(({ label }) => act(power, label)));
}

/** A machine that does not answer over SSH counts as powered off. */
async function poweredOff(context: FaultContext): Promise<Evidence> {
  const answers = await Promise.all(context.targets.map((machine) => answersAtAll(context, machine)));
  const detail = context.targets.map(
    ({ label }, at) => `${label} ${answers[at] ? 'still answers' : 'does not answer'}`,
  );
  return { seen: answers.every((answer) => !answer), detail: detail.join('; ') };
}

async function answersAtAll(context: FaultContext, machine: DrillMachine): Promise<boolean> {
  try {
    await context.run(machine, 'true', probeTimeoutMs);
    return true;
  } catch {
    return false;
  }
}
