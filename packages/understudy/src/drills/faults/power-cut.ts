// A machine gone from one moment to the next: no FIN, no RST, nothing but silence. Needs something below the machine that obeys.
import type { PowerControl } from '../../operation/index.ts';
import type { DrillMachine } from '../world.ts';
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
      'write caches that lie about fsync: the lab keeps what the kernel had written',
    ],
    target,
    breaksQuorum,
    lasting: true,
    localUndo: () => null,
    support: ({ world }) =>
      Promise.resolve(
        world.power === null
          ? 'nothing here can pull the cord; on Linode set `drills.allowSelfPowerCut: true` in the topology to let a machine crash itself'
          : null,
      ),
    inject: (context) => all(context, (power, label) => power.cut(label)),
    effective: dark,
    undo: (context) => all(context, (power, label) => power.restore(label)),
    undone: (context) =>
      seenOnAll(context, ({ role }) => unitRuns(context.world.units[role === 'search' ? 'engine' : 'service'])),
  };
}

async function all(
  { world, targets }: FaultContext,
  act: (power: PowerControl, label: string) => Promise<void>,
): Promise<void> {
  const { power } = world;
  if (power !== null) await Promise.all(targets.map(({ label }) => act(power, label)));
}

/** A machine that answers nothing over SSH is dark; one that does is not. */
async function dark(context: FaultContext): Promise<Evidence> {
  const answers = await Promise.all(context.targets.map((machine) => answersAtAll(context, machine)));
  const detail = context.targets.map(({ label }, at) => `${label} ${answers[at] ? 'still answers' : 'is silent'}`);
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
