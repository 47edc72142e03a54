// A machine whose processors are used by others: the engine runs, answers late, and must not be treated as dead.
import type { Fault } from './fault.ts';
import { scriptFault } from './script-fault.ts';
import { unitPids } from './systemd.ts';

const unit = 'understudy-drill-burn';
/** Busy loops for each processor the machine sees: the engine is left about one part in nine. */
const loopsPerProcessor = 8;

export const cpuStarvation: Fault = scriptFault({
  name: 'cpu-starvation',
  standsFor: 'a machine whose CPUs are used by others: a noisy neighbour, a process without a limit, steal time',
  doesNotMeasure: ['starvation of memory or of the disk', 'a machine that is frozen completely'],
  target: 'elected-master',
  breaksQuorum: false,
  lasting: true,
  scripts: () => ({
    inject:
      `systemd-run --quiet --unit=${unit} sh -c ` +
      `'for i in $(seq $(( $(nproc) * ${loopsPerProcessor} ))); do while :; do :; done & done; wait'`,
    effective: `n=$({ ${unitPids(`${unit}.service`)}; } | wc -l); echo "$n processes use the CPU"; [ "$n" -ge ${loopsPerProcessor} ]`,
    undo: `systemctl stop ${unit}.service 2>/dev/null || true; systemctl reset-failed ${unit}.service 2>/dev/null || true`,
    undone: `if systemctl is-active --quiet ${unit}.service; then echo 'still running'; exit 1; fi; echo 'stopped'`,
  }),
});
