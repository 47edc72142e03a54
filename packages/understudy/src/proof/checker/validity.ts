// When a run proves nothing. Each reason names what was missing, so that a fault without effect is not read as resilience.
import type { History } from '../history/run-folder.ts';
import type { DocumentResult } from './documents.ts';
import { instrumentReasons } from './instruments.ts';
import { measureLanes, round } from './lanes.ts';
import type { Reason } from './verdict.ts';
import { entryOf, succeeded, windowsOf } from './window.ts';

export function invalidReasons(history: History, documents: DocumentResult): Reason[] {
  const reason = unsupported(history);
  if (reason.length > 0) return reason;
  return [
    ...noEffect(history),
    ...unsteady(history),
    ...instrumentReasons(history),
    ...silentObservers(history),
    ...unread(history, documents),
  ];
}

function unsupported({ journal }: History): Reason[] {
  const entry = entryOf(journal, 'unsupported');
  return entry ? [{ code: 'unsupported', text: `the fault cannot work here: ${entry.facts.reason}` }] : [];
}

function noEffect({ journal }: History): Reason[] {
  const seen = entryOf(journal, 'not-effective');
  if (seen) return [{ code: 'not-effective', text: `the fault was never seen to take effect: ${seen.facts.seen}` }];
  if (entryOf(journal, 'inject-begun') && !entryOf(journal, 'effective'))
    return [{ code: 'not-effective', text: 'the journal ends without evidence that the fault took effect' }];
  if (!entryOf(journal, 'inject-begun')) return [{ code: 'not-injected', text: 'no fault was injected' }];
  return [];
}

function unsteady(history: History): Reason[] {
  const { steady } = windowsOf(history);
  const limits = history.plan.steady;
  if (steady === null || entryOf(history.journal, 'steady-never-held'))
    return [{ code: 'not-steady', text: 'steady state never held before the fault, so its effect cannot be judged' }];
  // What was under way when the fault began and failed in it is the fault's.
  const untouched = history.outcomes.filter((outcome) => succeeded(outcome) || outcome.endMs <= steady.toMs);
  const lanes = measureLanes(untouched, steady);
  if (lanes.length === 0) return [{ code: 'no-workload', text: 'the workload sent nothing' }];
  return lanes.flatMap((lane) => {
    const seen: string[] = [];
    if (lane.requests === 0) seen.push('no requests at all');
    if (lane.failed > limits.maxErrorRatio * lane.requests)
      seen.push(`${lane.failed} of ${lane.requests} requests failed`);
    // What reaches beyond the beginning of the fault is the fault's.
    const gapMs = round(Math.min(lane.longestGap.toMs, steady.toMs) - lane.longestGap.fromMs);
    if (gapMs > limits.maxGapMs) seen.push(`a gap of ${gapMs} ms against at most ${limits.maxGapMs} ms`);
    return seen.length === 0
      ? []
      : [{ code: 'not-steady', text: `lane ${lane.lane} was not steady before the fault: ${seen.join(', ')}` }];
  });
}

function silentObservers(history: History): Reason[] {
  const reasons: Reason[] = [];
  if (!history.engine.some((sample) => sample.answered))
    reasons.push({ code: 'cluster-unobserved', text: 'the cluster was never seen during the run' });
  if (!history.balancer.some((sample) => sample.answered))
    reasons.push({ code: 'balancer-unobserved', text: "the balancer's status was never seen during the run" });
  return reasons;
}

function unread(history: History, documents: DocumentResult): Reason[] {
  if (!entryOf(history.journal, 'reads-collected'))
    return [
      { code: 'reads-missing', text: 'the documents were not read back, so it is unknown which documents were kept' },
    ];
  const { unread: ids } = documents;
  if (ids.length === 0) return [];
  return [
    {
      code: 'reads-incomplete',
      text: `${ids.length} documents were not read back from every copy and by search (first: ${ids.slice(0, 3).join(', ')})`,
    },
  ];
}
