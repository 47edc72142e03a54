// Plans for tests: a whole one with the fields that a test cares about replaced.
import { defaultSteadyState, goals } from '../../src/proof/goals.ts';
import { formatVersion, type RunPlan, type WorkloadPlan } from '../../src/proof/history/records.ts';

export function workloadPlan(changes: Partial<WorkloadPlan> = {}): WorkloadPlan {
  return {
    urls: ['http://127.0.0.1:1'],
    index: 'documents',
    shards: 2,
    copies: 2,
    routing: 'modulo',
    ratePerS: { index: 30, get: 30, search: 15 },
    deadlineMs: { index: 1_000, get: 1_000, search: 1_000 },
    rewriteShare: 0.2,
    mark: 'drilltest',
    seed: 1,
    documentPath: '/documents/{id}',
    ...changes,
  };
}

export function runPlan(changes: Partial<RunPlan> = {}): RunPlan {
  return {
    format: formatVersion,
    runId: '20261124T070000Z-test',
    drill: 'test',
    cluster: 'demo',
    startedMs: 0,
    startedMonotonicMs: 0,
    seed: 1,
    durations: { steadyMs: 1_000, faultMs: 1_000, recoveryMs: 1_000 },
    goals: goals({ longestWriteGapMs: 2_000, longestReadGapMs: 1_000 }),
    steady: { ...defaultSteadyState, holdMs: 1_000 },
    standsFor: 'a test',
    doesNotMeasure: [],
    workload: workloadPlan(),
    surroundings: {
      engine: 'elasticsearch 9.5.3',
      failover: 'fast',
      searchMachines: 3,
      serviceMachines: 2,
      region: 'us-ord',
    },
    ...changes,
  };
}
