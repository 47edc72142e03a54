// Cases in which a node must not be ejected, and some in which it may be: pauses of an exact length, and slow machines.
import {
  cpuStarvation,
  type Fault,
  searchPacketLoss,
  type Drill,
  type TargetRole,
} from '../../packages/understudy/src/drills/index.ts';
import { goals } from '../../packages/understudy/src/proof/index.ts';
import { heapPressure } from './heap.ts';
import { pauseFor } from './pause.ts';
import { cpuQuota } from './quota.ts';

export interface Case {
  readonly name: string;
  readonly about: string;
  readonly victim: 'master' | 'data node';
  /** Length of a pause; null for a machine that is merely slow and must never be ejected. */
  readonly pauseS: number | null;
  readonly drill: Drill;
}

/** A node that answers again within this time must not be ejected either. */
export const toleratedPauseS = 2;

const roles: Readonly<Record<Case['victim'], TargetRole>> = {
  master: 'elected-master',
  'data node': 'primary-holder',
};
const victims = ['master', 'data node'] as const;
const slowForMs = 40_000;

export const cases: readonly Case[] = [
  ...[1, 2, 3, 5, 10].flatMap((pauseS) =>
    victims.map((victim) => {
      const fault = pauseFor(pauseS, roles[victim]);
      return { ...named(`pause-${pauseS}s`, victim, `stopped for ${pauseS} s`, fault, pauseS * 1_000 + 1_000), pauseS };
    }),
  ),
  slow('burn', 'master', 'eight busy loops for each processor of the machine', cpuStarvation),
  ...victims.map((victim) => slow('quota', victim, 'a fifth of one processor', cpuQuota(20, roles[victim]))),
  slow('loss-1', 'master', '1 % of packets lost', searchPacketLoss(1)),
  slow('loss-5', 'master', '5 % of packets lost', searchPacketLoss(5)),
  ...victims.map((victim) => slow('heap', victim, 'a full heap', heapPressure(roles[victim]))),
];

function slow(name: string, victim: Case['victim'], about: string, fault: Fault): Case {
  return { ...named(name, victim, about, fault, slowForMs), pauseS: null };
}

function named(
  name: string,
  victim: Case['victim'],
  about: string,
  fault: Fault,
  faultMs: number,
): Omit<Case, 'pauseS'> {
  const full = `${name}-${victim === 'master' ? 'master' : 'data'}`;
  const drill: Drill = {
    name: full,
    group: 'search',
    summary: about,
    fault,
    goals: goals({ maxErrorRatio: null, staleReads: null }),
    durations: { steadyMs: 5_000, faultMs, recoveryMs: 180_000 },
    errorBudget: null,
  };
  return { name: full, about, victim, drill };
}
