export { catalogue, drillsNamed } from './catalogue.ts';
export type { Drill } from './drill.ts';
export type { Evidence, Fault, FaultContext } from './faults/fault.ts';
export type { TargetRole } from './faults/targets.ts';
export { type DrillExtras, drillWorld } from './drill-world.ts';
export type {
  BackendMode,
  BalancerPort,
  DiskControl,
  DrillMachine,
  DrillWorld,
  EnginePort,
  EngineView,
  Guard,
  PowerControl,
} from './world.ts';
export { runDrill, type RunResult } from './run/run-drill.ts';
export { planRun, type RunOptions } from './run/plan-run.ts';
export { holdFault } from './run/hold-fault.ts';
export { type GuardOptions, guardRun, removeDocuments, undoRun } from './run/undo-run.ts';
export { openDrillWorld } from './open-drill-world.ts';
