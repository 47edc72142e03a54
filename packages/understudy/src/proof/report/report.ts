// report.json: everything a page, a dashboard or a program needs of one run. Documented in docs/drills.md.
import type { Verdict } from '../checker/verdict.ts';
import { maxLagMs } from '../checker/instruments.ts';
import type { RunPlan } from '../history/records.ts';
import type { History } from '../history/run-folder.ts';
import { seriesOf, type Series } from './series.ts';

/** Raised when a field changes its meaning or goes away; new fields leave it as it is. */
const reportFormat = 1;

export interface Report {
  readonly format: typeof reportFormat;
  readonly plan: RunPlan;
  readonly verdict: Verdict;
  readonly series: Series;
  readonly generatorLagMs: number;
}

export function reportOf(history: History, verdict: Verdict): Report {
  return {
    format: reportFormat,
    plan: history.plan,
    verdict,
    series: seriesOf(history),
    generatorLagMs: maxLagMs(history),
  };
}
