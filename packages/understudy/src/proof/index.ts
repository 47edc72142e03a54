// Proof: load, history, checker and report. It knows no fault: drills and benches bring what happens in the middle.
export {
  type BalancerNodeSample,
  type BalancerSample,
  type Durations,
  type EngineSample,
  failedUnitsFact,
  type FinalRead,
  formatVersion,
  type PlannedWrite,
  type MachineState,
  type NotSent,
  type Operation,
  type RunPlan,
  type WorkloadPlan,
} from './history/records.ts';
export type { JournalEntry, JournalEvent, JournalFacts } from './history/journal-entry.ts';
export { pick, seededRandom } from './load/random.ts';
export { defaultSteadyState, goals, type Goals, type SteadyState } from './goals.ts';
export { findRun } from './history/find-run.ts';
export { rawFiles, readHistory, readJournal } from './history/run-folder.ts';
export { type LiveStats, statsEveryMs } from './load/live-state.ts';
export { startWorkload, type Workload } from './load/process.ts';
export { AppendFile } from './history/append-file.ts';
export type { DrillDocument } from './history/digest.ts';
export { type Routing, shardOf } from './load/routing.ts';
export { protocolOf, type Protocol } from './load/protocol.ts';
export { httpWire } from './load/wire.ts';
export { allBackendsUp, clusterViews } from './checker/cluster-view.ts';
export { targetsOf } from './checker/window.ts';
export { verify, writeVerdict } from './checker/verify.ts';
export type { GoalCheck, GoalId, Reason, Result, Verdict } from './checker/verdict.ts';
export { writeManifest } from './history/manifest.ts';
export { runClock } from './run-clock.ts';
export { writeReports } from './report/write-reports.ts';
export { watchTool } from './tool-watch.ts';
export type { LaneResult } from './checker/lanes.ts';
export type { FiveTimes } from './checker/times.ts';
export type { Report } from './report/report.ts';
export { runHistory, type RunHistory, type Trend } from './report/run-history.ts';
export { renderTable, type Table, verdictTable, worstAndMedian } from './report/table.ts';
export { type CorpusEntry, loadCorpus } from './load/corpus.ts';
