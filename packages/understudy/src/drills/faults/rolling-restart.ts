// Every search machine's engine restarted in turn, in the planned way, which is the same as that of an `apply`. The injection is
// the whole of it; there is nothing to hold afterwards.
import type { DrillMachine } from '../system-under-test.ts';
import { UnderstudyError } from '@understudy/foundation';
import { deadManDirectory } from './dead-man.ts';
import type { Fault, FaultContext } from './fault.ts';
import { seenOnAll } from './script-fault.ts';
import { unitRuns } from './systemd.ts';

const backWithinMs = 180_000;
const pidBefore = `${deadManDirectory}/pid-before-restart`;

/** Ends the unit and keeps its old pid, which is the evidence. */
function stopScript(unit: string): string {
  return `mkdir -p ${deadManDirectory} && systemctl show -p MainPID --value ${unit} > ${pidBefore} && systemctl stop ${unit}`;
}

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  standsFor: 'an upgrade or a change of settings: every search machine restarted in turn',
  doesNotMeasure: ['a new version of the engine: the same version is started again'],
  target: 'every-search-machine',
  breaksQuorum: false,
  lasting: false,
  // A half-done restart leaves a unit stopped at worst; starting it is enough. The tool restores allocation and votes.
  localUndo: ({ system }) => `systemctl start ${system.units.engine}`,
  support: () => Promise.resolve(null),
  async inject(context) {
    for (const target of await masterLast(context)) await restart(context, target);
  },
  effective: (context) =>
    seenOnAll(context, () => {
      const { engine } = context.system.units;
      return `p=$(cat ${pidBefore}); n=$(systemctl show -p MainPID --value ${engine}); echo "pid was $p, is $n"; [ "$p" != "$n" ]`;
    }),
  async undo(context) {
    await context.system.engine.releaseRestart();
    await Promise.all(
      context.targets.map((target) => context.run(target, `systemctl start ${context.system.units.engine}`)),
    );
  },
  undone: (context) => seenOnAll(context, () => unitRuns(context.system.units.engine)),
};

/** The master goes last, so that there is one election and not three. */
async function masterLast({ system, targets }: FaultContext): Promise<DrillMachine[]> {
  const views = await Promise.all(targets.map(({ label }) => system.engine.view(label, 5_000)));
  const master = views.find((view) => view?.master)?.master;
  return [...targets].sort((a, b) => Number(a.label === master) - Number(b.label === master));
}

async function restart(context: FaultContext, target: DrillMachine): Promise<void> {
  const { system, signal, targets } = context;
  system.logger({ level: 'info', subject: target.label, text: 'restarting the engine' });
  const run = async (script: string): Promise<void> => {
    const { code, stderr } = await context.run(target, script, backWithinMs);
    if (code !== 0) throw failed(target, stderr.trim());
  };
  const { engine } = system.units;
  await system.engine.restart({
    node: target.label,
    nodes: targets.length,
    stop: () => run(stopScript(engine)),
    start: () => run(`systemctl start ${engine}`),
    signal,
  });
}

function failed(target: DrillMachine, said: string): UnderstudyError {
  return new UnderstudyError('drills-fault-step', `${target.label} could not be restarted: ${said}.`, {
    facts: { machine: target.label },
  });
}
