// One view of the cluster per sampling round, out of what every machine said: the side with the most nodes counts.
import type { BalancerSample, EngineSample } from '../history/records.ts';

export interface ClusterView {
  readonly atMs: number;
  /** `none`: no machine answered. */
  readonly status: 'green' | 'yellow' | 'red' | 'none';
  readonly nodes: number;
  readonly master: string | null;
}

/** Samples of one round carry the same time. */
export function clusterViews(samples: readonly EngineSample[]): ClusterView[] {
  const rounds = Map.groupBy(samples, (sample) => sample.atMs);
  return [...rounds]
    .sort(([a], [b]) => a - b)
    .map(([atMs, round]) => {
      const best = round
        .filter((sample) => sample.answered)
        .reduce<EngineSample | null>((most, next) => (most === null || rank(next) > rank(most) ? next : most), null);
      return {
        atMs,
        status: best?.status ?? 'none',
        nodes: best?.nodes ?? 0,
        master: best?.master ?? null,
      };
    });
}

/** A view with a master outranks one without; then the one that sees more nodes. */
function rank(sample: EngineSample): number {
  return (sample.master ? 1_000 : 0) + (sample.nodes ?? 0);
}

/** Is every copy of every document in place, and every backend in service? */
export function allBackendsUp(sample: BalancerSample): boolean {
  return sample.answered && sample.nodes.every((node) => node.status === 'UP' && node.mode === 'accept');
}
