// What the page draws, taken from a history: everything in seconds after the start of the steady state, so that runs compare.
import { clusterViews } from '../checker/cluster-view.ts';
import { histogramOf, laneNames } from '../checker/lanes.ts';
import { succeeded, windowsOf } from '../checker/window.ts';
import type { History } from '../history/run-folder.ts';
import type { Outcome } from '../history/records.ts';

export interface Series {
  /** Time of day that 0 stands for, milliseconds since the epoch. */
  readonly originMs: number;
  readonly endS: number;
  readonly fault: { readonly fromS: number; readonly toS: number } | null;
  readonly availability: readonly LaneAvailability[];
  readonly latency: readonly OperationLatency[];
  readonly cluster: {
    readonly atS: readonly number[];
    readonly status: readonly string[];
    readonly nodes: readonly number[];
  };
  readonly balancer: readonly BackendSeries[];
  readonly events: readonly { readonly atS: number; readonly event: string; readonly text: string }[];
}

/** One cell per bucket: how many were due and how many of those succeeded. */
export interface LaneAvailability {
  readonly lane: string;
  readonly bucketS: number;
  readonly due: readonly number[];
  readonly succeeded: readonly number[];
}

export interface OperationLatency {
  readonly operation: string;
  readonly atS: readonly number[];
  readonly p50Ms: readonly (number | null)[];
  readonly p99Ms: readonly (number | null)[];
  readonly maxMs: readonly (number | null)[];
}

export interface BackendSeries {
  readonly label: string;
  readonly atS: readonly number[];
  readonly status: readonly string[];
  readonly mode: readonly string[];
}

const availabilityBucketS = 0.25;
const latencyBucketS = 0.5;

export function seriesOf(history: History): Series {
  const windows = windowsOf(history);
  const sent = history.outcomes.filter((outcome) => outcome.outcome !== 'unsent');
  const originMs = windows.steady?.fromMs ?? sent[0]?.dueMs ?? history.plan.startedMs;
  const endMs = sent.reduce((latest, outcome) => Math.max(latest, outcome.endMs), originMs);
  const toS = (atMs: number): number => Math.round(atMs - originMs) / 1_000;
  const endS = toS(endMs);
  const faultFromMs = windows.judged?.fromMs ?? null;
  const shown = sent.filter((outcome) => outcome.dueMs >= originMs);
  return {
    originMs,
    endS,
    fault: faultFromMs === null ? null : { fromS: toS(faultFromMs), toS: toS(windows.undoBegunMs ?? endMs) },
    availability: laneNames(shown).map((lane) => availabilityOf(lane, shown, originMs, endS)),
    latency: (['index', 'get', 'search'] as const).flatMap((operation) => {
      const own = shown.filter((outcome) => outcome.operation === operation);
      return own.length === 0 ? [] : [latencyOver(operation, own, originMs, endS)];
    }),
    cluster: clusterOver(history, toS),
    balancer: balancerOver(history, toS),
    events: history.journal.map((entry) => ({
      atS: toS(entry.atMs),
      event: entry.event,
      text: textOf('facts' in entry ? entry.facts : undefined),
    })),
  };
}

function availabilityOf(lane: string, sent: readonly Outcome[], originMs: number, endS: number): LaneAvailability {
  const buckets = Math.max(1, Math.ceil(endS / availabilityBucketS));
  const due = new Array<number>(buckets).fill(0);
  const good = new Array<number>(buckets).fill(0);
  for (const outcome of sent) {
    if (outcome.lane !== lane) continue;
    const at = Math.min(buckets - 1, Math.floor((outcome.dueMs - originMs) / 1_000 / availabilityBucketS));
    due[at] = (due[at] ?? 0) + 1;
    // A success counts for its bucket only if it came in about that time: users of a stall wait, they do not fail.
    if (succeeded(outcome) && outcome.endMs - outcome.dueMs <= slowMs) good[at] = (good[at] ?? 0) + 1;
  }
  return { lane, bucketS: availabilityBucketS, due, succeeded: good };
}

/** An answer slower than this is not "available" in the picture. Verdicts do not use it. */
const slowMs = 1_000;

function latencyOver(operation: string, sent: readonly Outcome[], originMs: number, endS: number): OperationLatency {
  const bucketOf = (outcome: Outcome): number => Math.floor((outcome.dueMs - originMs) / 1_000 / latencyBucketS);
  const groups = Map.groupBy(sent, bucketOf);
  const buckets = Array.from(
    { length: Math.max(1, Math.ceil(endS / latencyBucketS)) },
    (_, at) => groups.get(at) ?? [],
  );
  const histograms = buckets.map((bucket) => (bucket.length === 0 ? null : histogramOf(bucket)));
  const percentile = (which: number) =>
    histograms.map((histogram) => (histogram === null ? null : histogram.getValueAtPercentile(which) / 10));
  return {
    operation,
    atS: buckets.map((_, at) => (at + 0.5) * latencyBucketS),
    p50Ms: percentile(50),
    p99Ms: percentile(99),
    maxMs: percentile(100),
  };
}

function clusterOver(history: History, toS: (atMs: number) => number): Series['cluster'] {
  const views = clusterViews(history.engine).filter((view) => toS(view.atMs) >= 0);
  return {
    atS: views.map((view) => toS(view.atMs)),
    status: views.map((view) => view.status),
    nodes: views.map((view) => view.nodes),
  };
}

function balancerOver(history: History, toS: (atMs: number) => number): BackendSeries[] {
  const samples = history.balancer.filter((sample) => toS(sample.atMs) >= 0);
  const labels = [...new Set(samples.flatMap((sample) => sample.nodes.map((node) => node.label)))].sort();
  return labels.map((label) => {
    const nodes = samples.map((sample) => sample.nodes.find((node) => node.label === label));
    return {
      label,
      atS: samples.map((sample) => toS(sample.atMs)),
      status: nodes.map((node) => node?.status ?? 'unseen'),
      mode: nodes.map((node) => node?.mode ?? 'unseen'),
    };
  });
}

function textOf(facts: Readonly<Record<string, unknown>> | undefined): string {
  const { seen, reason, machines, because, fault } = facts ?? {};
  const parts = [fault, reason, Array.isArray(machines) ? machines.join(', ') : undefined, because, seen];
  return parts.filter((part) => typeof part === 'string' && part !== '').join(': ');
}
