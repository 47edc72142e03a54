// Measures one case: its changes one after the other, under load from before the first to after the last.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@understudy/foundation';
import type { Application } from './applications.ts';
import type { Case } from './cases.ts';
import { underLoad, type FailedRequest, type Traffic } from './load.ts';
import type { ReleasesSystem } from './system.ts';

export interface ChangeEnd {
  readonly name: string;
  readonly cutsAnswers: boolean;
  /** Since the beginning of the load. */
  readonly fromMs: number;
  readonly tookMs: number;
  /** From the moment when the fault was seen until the old release served again; null: nothing was put back. */
  readonly putBackMs: number | null;
  /** What it ended with in place of what it must end with; null: as it must. */
  readonly wrong: string | null;
}

export interface ReleaseRun {
  readonly application: string;
  readonly name: string;
  readonly ratePerS: number;
  readonly changes: readonly ChangeEnd[];
  readonly requests: number;
  readonly failed: readonly FailedRequest[];
  readonly longestGapMs: number;
  readonly longestLagMs: number;
}

export interface RunRequest {
  readonly system: ReleasesSystem;
  readonly application: Application;
  readonly work: Case;
  readonly releases: number;
  readonly ratePerS: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const beforeMs = 2_000;

/** A change that ends wrongly is kept with its reason, and the next one follows. */
export async function runCase(request: RunRequest): Promise<ReleaseRun> {
  const { system, application, work, releases, ratePerS, logger, signal } = request;
  const ends: ChangeEnd[] = [];
  const changes = async (sofar: () => Traffic): Promise<void> => {
    const startedMs = performance.now();
    await sleep(beforeMs);
    for (const { name, make, endsWith, cutsAnswers = false } of work.changes(application, releases)) {
      signal.throwIfAborted();
      const fromMs = Math.round(performance.now() - startedMs);
      const { code, error, tookMs } = await make(system);
      const asMust = endsWith === undefined ? code === 0 : error?.code === endsWith;
      const wrong = asMust ? null : `exit code ${String(code)}: ${error?.message ?? 'no error'}`;
      const putBackMs = error?.putBackMs ?? null;
      ends.push({ name, cutsAnswers, fromMs, tookMs: Math.round(tookMs), putBackMs, wrong });
      const back = putBackMs === null ? '' : `, back in ${(putBackMs / 1_000).toFixed(1)} s`;
      const { failed, requests } = sofar();
      const text = `${failed.length} of ${requests} failed so far; ${name}: ${(tookMs / 1_000).toFixed(1)} s${back}${wrong === null ? '' : `; ${wrong}`}`;
      logger({ level: wrong === null ? 'info' : 'error', subject: application.name, text });
    }
  };
  const { traffic } = await underLoad(system.url, ratePerS, changes, system.login);
  const failed = traffic.failed.map((one) => ({ ...one, byBadRelease: one.byBadRelease || isCut(one, ends) }));
  return { application: application.name, name: work.name, ratePerS, changes: ends, ...traffic, failed };
}

function isCut({ atMs, cause }: FailedRequest, ends: readonly ChangeEnd[]): boolean {
  const during = ends.find(({ fromMs, tookMs }) => fromMs <= atMs && atMs <= fromMs + tookMs);
  return during?.cutsAnswers === true && /^50[234] /.test(cause);
}

/** Every change ended as it must, what was put back was so in time, and no request failed but those that a bad release answered. */
export function isGood({ changes, failed }: ReleaseRun): boolean {
  return (
    changes.every(({ wrong, putBackMs }) => wrong === null && (putBackMs ?? 0) <= 30_000) &&
    failed.every(({ byBadRelease }) => byBadRelease)
  );
}
