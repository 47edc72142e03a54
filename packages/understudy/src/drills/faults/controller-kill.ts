// The tool itself killed with SIGKILL while it holds a fault: the timer on the target must undo it without the tool.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { UnderstudyError } from '@understudy/foundation';
import { readJournal } from '../../proof/index.ts';
import { pollUntil } from '../run/poll-until.ts';
import type { SystemUnderTest } from '../system-under-test.ts';
import { deadManAfterMs } from './dead-man.ts';
import type { Fault, FaultContext } from './fault.ts';
import { unitPause } from './unit-pause.ts';

/** The drill whose fault the killed tool holds. */
const heldDrill = 'search-pause';
const held = unitPause('engine', 'elected-master');

/** The timer's time and what systemd needs to notice. */
export const undoneWithinMs = deadManAfterMs + 5_000;
/** Waited for the timer before the fault is undone from here after all; by then the goal is missed. */
const waitMs = 2 * undoneWithinMs;

export const controllerKill: Fault = {
  name: 'controller-kill',
  standsFor: "the operator's machine failing in the middle of a drill",
  doesNotMeasure: ['a target that loses its own systemd or reboots meanwhile'],
  target: held.target,
  breaksQuorum: false,
  lasting: false,
  localUndo: () => null,
  support: ({ system }) =>
    Promise.resolve(system.selfCommand === null ? 'it is not known how this tool is started' : null),
  inject: killHoldingTool,
  effective: (context) => held.effective(context),
  /** Waits for the timer to do it; only then does it itself. */
  async undo(context) {
    const ask = () => held.undone(context);
    const evidence = await pollUntil(context.system.clock, ask, { everyMs: 300, withinMs: waitMs });
    if (!evidence.seen) await held.undo(context);
  },
  undone: (context) => held.undone(context),
};

async function killHoldingTool({ system, signal }: FaultContext): Promise<void> {
  const directory = join(system.runsDirectory, `held-${system.clock.now().toString(36)}`);
  const child = startHoldingTool(system, directory);
  try {
    const ask = async () => {
      const events = (await readJournal(directory)).map((entry) => entry.event);
      return { seen: events.includes('effective'), detail: `its journal ends with ${events.at(-1) ?? 'nothing'}` };
    };
    const evidence = await pollUntil(system.clock, ask, { everyMs: 100, withinMs: 60_000, signal });
    if (evidence.seen) return;
    throw new UnderstudyError(
      'drills-fault-step',
      `The tool that was to be killed did not inject ${heldDrill} within a minute: ${evidence.detail}. ${directory} has the details.`,
    );
  } finally {
    child.kill('SIGKILL');
  }
}

function startHoldingTool(system: SystemUnderTest, directory: string) {
  const [command = process.execPath, ...words] = system.selfCommand?.(['drill', 'hold', heldDrill, directory]) ?? [];
  return spawn(command, words, { stdio: 'ignore' });
}
