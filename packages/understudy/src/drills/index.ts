// Drills: real faults under open-loop load, and a verdict on what was kept. A drill repairs nothing: it undoes its own
// fault and nothing else.
export { catalogue, drillsNamed, usual } from './catalogue.ts';
export type { Drill } from './drill.ts';
export type { Evidence, Fault, FaultContext } from './faults/fault.ts';
export type { TargetRole } from './faults/targets.ts';
export type {
  BackendMode,
  BalancerPort,
  DrillMachine,
  SystemUnderTest,
  EnginePort,
  EngineView,
  Guard,
} from './system-under-test.ts';
export { runDrill, type RunResult } from './run/run-drill.ts';
export { planRun, type RunOptions } from './run/plan-run.ts';
export { holdFault } from './run/hold-fault.ts';
export { type GuardOptions, guardRun, removeDocuments, undoRun } from './run/undo-run.ts';
export { openSystemUnderTest } from './open-system.ts';
export { cpuStarvation } from './faults/cpu-starvation.ts';
export { searchPacketLoss } from './faults/partition.ts';
export { scriptFault } from './faults/script-fault.ts';
export { unitPids } from './faults/systemd.ts';
export { drillRules, type Cut } from './faults/network.ts';
