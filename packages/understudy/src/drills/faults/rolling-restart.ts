// Every search machine's engine restarted in turn, in the planned way: replicas are not moved meanwhile, a master hands its office
// over before it goes, and the next one waits until all copies are back. The injection is the whole of it; there is nothing to
// hold afterwards.
import type { DrillMachine } from '../world.ts';
import { UnderstudyError } from '../../ground/index.ts';
import { deadManDirectory } from './dead-man.ts';
import type { Evidence, Fault, FaultContext } from './fault.ts';
import { seenOnAll } from './script-fault.ts';
import { unitRuns } from './systemd.ts';
import { until } from '../run/until.ts';

const backWithinMs = 180_000;
const pidBefore = `${deadManDirectory}/pid-before-restart`;

/** Restarts the unit and keeps its old pid, which is the evidence. */
function restartScript(unit: string): string {
  return `mkdir -p ${deadManDirectory} && systemctl show -p MainPID --value ${unit} > ${pidBefore} && systemctl restart ${unit}`;
}

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  standsFor: 'an upgrade or a change of settings: every search machine restarted in turn',
  doesNotMeasure: ['a new version of the engine: the same one comes back'],
  target: 'every search machine',
  breaksQuorum: false,
  lasting: false,
  // A half-done restart leaves a unit stopped at worst; starting it is enough. Allocation and votes are the tool's to give back.
  localUndo: ({ world }) => `systemctl start ${world.units.engine}`,
  support: () => Promise.resolve(null),
  async inject(context) {
    for (const target of await masterLast(context)) await restart(context, target);
  },
  effective: (context) =>
    seenOnAll(context, () => {
      const { engine } = context.world.units;
      return `p=$(cat ${pidBefore}); n=$(systemctl show -p MainPID --value ${engine}); echo "pid was $p, is $n"; [ "$p" != "$n" ]`;
    }),
  async undo(context) {
    await context.world.engine.allowAllocation('all');
    await context.world.engine.letAllVote();
    await Promise.all(
      context.targets.map((target) => context.run(target, `systemctl start ${context.world.units.engine}`)),
    );
  },
  undone: (context) => seenOnAll(context, () => unitRuns(context.world.units.engine)),
};

/** The master goes last, so that there is one election and not three. */
async function masterLast({ world, targets }: FaultContext): Promise<DrillMachine[]> {
  const views = await Promise.all(targets.map(({ label }) => world.engine.view(label, 5_000)));
  const master = views.find((view) => view?.master)?.master;
  return [...targets].sort((a, b) => Number(a.label === master) - Number(b.label === master));
}

async function restart(context: FaultContext, target: DrillMachine): Promise<void> {
  const { world, signal } = context;
  world.logger({ level: 'info', subject: target.label, text: 'restarting the engine' });
  await world.engine.allowAllocation('primaries');
  await world.engine.handOverMaster(target.label);
  const { code, stderr } = await context.run(target, restartScript(world.units.engine), backWithinMs);
  if (code !== 0) throw notBack(target, stderr.trim());
  const back = await until(world.clock, () => joined(context, target), {
    everyMs: 250,
    withinMs: backWithinMs,
    signal,
  });
  if (!back.seen) throw notBack(target, back.detail);
  await world.engine.letAllVote();
  await world.engine.allowAllocation('all');
  const green = await until(world.clock, () => whole(context, target), {
    everyMs: 250,
    withinMs: backWithinMs,
    signal,
  });
  if (!green.seen) throw notBack(target, green.detail);
}

async function joined({ world, targets }: FaultContext, target: DrillMachine): Promise<Evidence> {
  const view = await world.engine.view(target.label, 2_000);
  return { seen: view?.nodes === targets.length && view.master !== null, detail: `it sees ${view?.nodes ?? 0} nodes` };
}

async function whole({ world }: FaultContext, target: DrillMachine): Promise<Evidence> {
  const view = await world.engine.view(target.label, 2_000);
  return { seen: view?.status === 'green', detail: `it sees a ${view?.status ?? 'silent'} cluster` };
}

function notBack(target: DrillMachine, seen: string): UnderstudyError {
  return new UnderstudyError(
    'drills-fault-step',
    `${target.label} did not come back from its restart within ${backWithinMs / 1_000} s: ${seen}.`,
    { facts: { machine: target.label } },
  );
}
