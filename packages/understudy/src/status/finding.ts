// A finding: one thing that makes the state of health worse than healthy, with its effect on users and its repair. A notice: one that does not.
import type { Unknown } from '@understudy/foundation';
import type { Topology } from '../topology/index.ts';
import type { Observation, ObservedCluster } from '../observe/index.ts';
import type { Status, HealthState } from './status.ts';

export type Finding = Status['findings'][number];
export type Notice = Status['notices'][number];

/** What the operator's own files say: they are on this computer, and not seen on machines. */
export interface OperatorFiles {
  /** As whom the operator logs in to the engine; undefined: as its first user. */
  readonly operatorUser?: string | undefined;
  /** Exchanges of `secure rotate` that have not ended. */
  readonly exchanges?: readonly { readonly what: string; readonly phase: string }[];
}

/** What findings are made from. */
export interface View {
  readonly own: OperatorFiles;
  readonly observation: Observation;
  readonly topology: Topology;
  readonly machines: Status['machines'];
}

/** The same, when the cluster answers and has an elected node. */
export interface ClusterView extends View {
  readonly cluster: ObservedCluster;
  /** What the cluster as a whole is called. */
  readonly subject: string;
}

/** Worst first. `unknown` is between: what is not seen may be down, but a proven outage is worse. */
const severity: readonly HealthState[] = ['down', 'unknown', 'degraded', 'healthy'];

export function worstFirst(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => severity.indexOf(a.verdict) - severity.indexOf(b.verdict));
}

/** Something that could not be read: it never counts as healthy. */
export function unread(id: string, subject: string, what: string, { reason }: Unknown): Finding {
  return {
    id,
    verdict: 'unknown',
    subject,
    reason: `${what} could not be read: ${reason}`,
    effect: 'Whether users are served by it is not known.',
    repair: 'Run status again; if it stays so, look at the cause named here.',
  };
}

export const applyCommand = 'understudy apply';
