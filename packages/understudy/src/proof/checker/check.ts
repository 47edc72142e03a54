// From a history to a verdict. Pure: no clock, no network, no randomness; the same folder gives the same bytes.
import type { History } from '../history/run-folder.ts';
import { classifyDocuments, staleReads, type DocumentResult } from './documents.ts';
import { maxLagMs } from './instruments.ts';
import { leftBehind } from './left-behind.ts';
import { measureLanes, type LaneResult } from './lanes.ts';
import { checkGoals, goalReasons } from './goal-checks.ts';
import { measureRecovery } from './times.ts';
import { invalidReasons } from './validity.ts';
import { verdictFormat, type Reason, type Result, type Verdict } from './verdict.ts';
import { entryOf, targetsOf, windowsOf } from './window.ts';

const findingsShown = 20;

export function check(history: History): Verdict {
  const { plan } = history;
  const { judged, effectiveMs } = windowsOf(history);
  const lanes = judged === null ? [] : measureLanes(history.outcomes, judged);
  const documents = classifyDocuments(history.plannedWrites, history.outcomes, history.reads, plan.workload.copies);
  const recovery = measureRecovery(history);
  const stale = staleReads(history.plannedWrites, history.outcomes).length;
  const requests = totals(lanes, documents);
  const goals = checkGoals(plan.goals, { lanes, recovery, documents, staleReads: stale, requests });
  const proven = entryOf(history.journal, 'reads-collected') !== null;
  const invalid = invalidReasons(history, documents);
  const aborted = abortReasons(history);
  const lost = documents.counts.lost > 0 && proven;
  const judgedAtAll = lost || (aborted.length === 0 && invalid.length === 0);
  const wrong = [
    ...(judgedAtAll ? [...notRecovered(history), ...goalReasons(goals), ...documentReasons(documents)] : []),
    ...leftBehind(history),
  ];
  return {
    format: verdictFormat,
    runId: plan.runId,
    drill: plan.drill,
    cluster: plan.cluster,
    result: resultOf(aborted, invalid, wrong, lost),
    reasons: [...aborted, ...invalid, ...wrong],
    targets: targetsOf(history.journal),
    times: recovery.times,
    rtoMs: recovery.rtoMs,
    rpo: { lost: documents.counts.lost, oldestMs: oldestLost(documents, effectiveMs) },
    goals,
    requests,
    lanes,
    documents: {
      counts: documents.counts,
      findings: documents.findings.slice(0, findingsShown),
      staleReads: stale,
    },
    generator: { maxLagMs: maxLagMs(history) },
    ...(plan.workload.notSent && { notSent: plan.workload.notSent }),
  };
}

/** A lost acknowledged write is a failure however the run ended: that much is proven. */
function resultOf(
  aborted: readonly Reason[],
  invalid: readonly Reason[],
  wrong: readonly Reason[],
  lost: boolean,
): Result {
  if (lost) return 'FAIL';
  if (aborted.length > 0) return 'ABORTED';
  if (invalid.length > 0) return 'INVALID';
  return wrong.length > 0 ? 'FAIL' : 'PASS';
}

function totals(lanes: readonly LaneResult[], documents: DocumentResult): Verdict['requests'] {
  const total = lanes.reduce((sum, lane) => sum + lane.requests, 0);
  const failed = lanes.reduce((sum, lane) => sum + lane.failed, 0);
  return {
    total,
    failed,
    errorRatio: total === 0 ? 0 : Math.round((failed / total) * 1e6) / 1e6,
    writesAcknowledged: documents.writesAcknowledged,
  };
}

/** Steady state and every copy must be back, whether a goal says so or not. */
function notRecovered({ journal, plan }: History): Reason[] {
  const entry = entryOf(journal, 'recovery-timed-out');
  if (!entry) return [];
  const withinS = plan.durations.recoveryMs / 1_000;
  return [{ code: 'not-recovered', text: `not recovered within ${withinS} s: ${entry.facts.seen}` }];
}

function documentReasons(documents: DocumentResult): Reason[] {
  return documents.findings
    .slice(0, 3)
    .map((finding) => ({ code: `document-${finding.class}`, text: `${finding.id}: ${finding.detail}` }));
}

function oldestLost(documents: DocumentResult, effectiveMs: number | null): number {
  const ages = documents.findings
    .filter((finding) => finding.class === 'lost' && finding.acknowledgedMs !== null)
    .map((finding) => (effectiveMs ?? 0) - (finding.acknowledgedMs ?? 0));
  return Math.round(Math.max(0, ...ages));
}

function abortReasons(history: History): Reason[] {
  const entry = entryOf(history.journal, 'aborted');
  if (entry) return [{ code: 'aborted', text: `stopped: ${entry.facts.reason}` }];
  return entryOf(history.journal, 'finished')
    ? []
    : [{ code: 'aborted', text: 'the journal ends before the run did: the tool was killed' }];
}
