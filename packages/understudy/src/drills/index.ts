// Drills: real faults under open-loop load, and the proof of what was kept. It never repairs what it judges: it undoes its own
// fault and nothing else.
export { catalogue, drillsNamed } from './catalogue.ts';
export type { Drill } from './drill.ts';
export type { Evidence, Fault, FaultContext } from './faults/fault.ts';
export type { TargetRole } from './faults/targets.ts';
export type { Goals, SteadyState } from './goals.ts';
export type { Durations, Operation, RunPlan } from './history/records.ts';
export { drillWorld, type DrillExtras } from './drill-world.ts';
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
export { guardRun, undoRun, type GuardOptions } from './run/undo-run.ts';
export { verify } from './checker/verify.ts';
export type { GoalCheck, Reason, Result, Verdict } from './checker/verdict.ts';
export type { LaneResult } from './checker/lanes.ts';
export type { FiveTimes } from './checker/times.ts';
export { type Report } from './report/report.ts';
export { runHistory, type RunHistory, type Trend } from './report/run-history.ts';
export { renderTable, verdictTable, worstAndMedian, type Table } from './report/table.ts';
export { loadCorpus, type CorpusEntry } from './workload/corpus.ts';
