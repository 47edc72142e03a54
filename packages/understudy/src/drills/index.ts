// Drills: real faults under open-loop load, and the proof of what was kept. It never repairs what it judges: it undoes its own
// fault and nothing else.
export { catalogue, drillsNamed } from './catalogue.ts';
export type { Drill } from './drill.ts';
export type { Evidence, Fault, FaultContext } from './faults/fault.ts';
export type { TargetRole } from './faults/targets.ts';
export type { DrillExtras } from './drill-world.ts';
export type { BackendMode, BalancerPort, DrillMachine, DrillWorld, EnginePort, EngineView, Guard } from './world.ts';
export { runDrill, type RunResult } from './run/run-drill.ts';
export { planRun, type RunOptions } from './run/plan-run.ts';
export { holdFault } from './run/hold-fault.ts';
export { type GuardOptions, guardRun, removeDocuments, undoRun } from './run/undo-run.ts';
export { openDrillWorld } from './open-drill-world.ts';
export { cpuStarvation } from './faults/cpu-starvation.ts';
export { searchPacketLoss } from './faults/partition.ts';
export { scriptFault } from './faults/script-fault.ts';
export { unitPids } from './faults/systemd.ts';
export { drillRules, type Cut } from './faults/network.ts';
