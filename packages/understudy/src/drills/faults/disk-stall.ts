// Storage that hangs: every write blocks, and none fails. Where the target can act below the machine, the whole disk
// is frozen there; otherwise the data directory's own file system, when it has one (freezing the root would freeze sshd too).
import type { Fault, FaultContext } from './fault.ts';
import { scriptFault } from './script-fault.ts';

const within = scriptFault({
  name: 'disk-stall',
  standsFor: 'storage that hangs: a lost volume, a controller that stops answering',
  doesNotMeasure: ['read errors', 'storage that is slow but answers'],
  target: 'primary-holder',
  breaksQuorum: false,
  lasting: true,
  scripts: ({ system: { engineDataDirectory: directory } }) => {
    const probe = `${directory}/.understudy-drill-probe`;
    const mount = `m=$(findmnt -n -o TARGET -T ${directory})`;
    return {
      support: `${mount}; [ "$m" = ${directory} ] || { echo "the engine's data is on the file system of $m, not on one of its own"; exit 1; }`,
      inject: `fsfreeze -f ${directory}`,
      // A write that still waits after a second is the evidence. It ends by itself after the thaw.
      effective:
        `(dd if=/dev/zero of=${probe} bs=1 count=1 conv=fsync >/dev/null 2>&1) & p=$!; sleep 1; ` +
        `if kill -0 $p 2>/dev/null; then echo 'a write waits for a second'; else echo 'a write went through'; exit 1; fi`,
      undo: `fsfreeze -u ${directory} 2>/dev/null || true`,
      undone: `timeout 5 dd if=/dev/zero of=${probe} bs=1 count=1 conv=fsync 2>/dev/null && rm -f ${probe} && echo 'a write went through'`,
    };
  },
});

export const diskStall: Fault = {
  ...within,
  localUndo: (context, target) => (context.system.disk === null ? within.localUndo(context, target) : null),
  async support(context) {
    const { disk } = context.system;
    if (disk === null) return within.support(context);
    const refusals = await Promise.all(context.targets.map(({ label }) => disk.refusal(label)));
    return refusals.find((refusal) => refusal !== null) ?? null;
  },
  inject: (context) => fromBelow(context, 'freeze') ?? within.inject(context),
  undo: (context) => fromBelow(context, 'thaw') ?? within.undo(context),
};

function fromBelow({ system: { disk }, targets }: FaultContext, act: 'freeze' | 'thaw'): Promise<void> | null {
  if (disk === null) return null;
  return Promise.all(targets.map(({ label }) => disk[act](label))).then(() => undefined);
}
