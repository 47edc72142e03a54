// What a run is going to do, decided before it does anything: shown by --dry-run, written to plan.json first of all.
import type { DrillGoals } from '../../topology/index.ts';
import type { Drill } from '../drill.ts';
import {
  defaultSteadyState,
  type Goals,
  type SteadyState,
  formatVersion,
  type Durations,
  type NotSent,
  type Operation,
  type Protocol,
  protocolOf,
  type RunPlan,
  shardOf,
  type Routing,
} from '../../proof/index.ts';
import { searchMachines, serviceMachines, type SystemUnderTest } from '../system-under-test.ts';

export interface RunOptions {
  /** Overrides of the drill's own durations. */
  readonly durations?: Partial<Durations>;
  readonly steady?: Partial<SteadyState>;
  /** Requests a second over all lanes of an operation. */
  readonly ratePerS?: Partial<Record<Operation, number>>;
  readonly deadlineMs?: Partial<Record<Operation, number>>;
  /** Seed of the phase jitter, of ids and of the choice among equal targets. Default: from the clock. */
  readonly seed?: number;
  /** Users come by every listener of the balancer, each a lane of its own. Default: by the first, plain HTTP where there is one. */
  readonly everyListener?: boolean;
  /** Leaves the run's documents in the index. Default false. */
  readonly keepDocuments?: boolean;
  readonly signal?: AbortSignal;
}

const defaultRatePerS: Readonly<Record<Operation, number>> = { index: 30, get: 30, search: 15 };
/** Longer than the longest gap a goal allows, so that a stall shows as a stall and not as failures. */
const defaultDeadlineMs: Readonly<Record<Operation, number>> = { index: 12_000, get: 5_000, search: 5_000 };

/** What is learned from the running system. */
export interface Learned {
  /** Null: the application gives no document by its id. */
  readonly documentPath: string | null;
  readonly routing: Routing | null;
  readonly shards: number;
  /** Of each shard, primaries included. */
  readonly copies: number;
}

/** Without `learned` (a dry run) the topology is taken at its word. */
export function planRun(system: SystemUnderTest, drill: Drill, options: RunOptions, learned?: Learned): RunPlan {
  const { topology } = system;
  const { workload: adapter } = topology.drills;
  const protocol = protocolOf({ documentPath: learned?.documentPath ?? null, ...(adapter && { adapter }) });
  const notSent = learned || adapter ? operationsNotSent(protocol, adapter !== undefined) : [];
  const startedMs = system.clock.now();
  const seed = options.seed ?? startedMs % 2 ** 31;
  const durations = { ...drill.durations, ...options.durations };
  const runId = `${new Date(startedMs).toISOString().replace(/[-:]|\.\d+/g, '')}-${drill.name}`;
  return {
    format: formatVersion,
    runId,
    drill: drill.name,
    cluster: topology.name,
    startedMs,
    startedMonotonicMs: system.clock.monotonicMs(),
    seed,
    durations,
    goals: judgedGoals(withTopologyGoals(drill.goals, topology.drills.goals[drill.name]), notSent),
    steady: {
      ...defaultSteadyState,
      holdMs: Math.min(defaultSteadyState.holdMs, durations.steadyMs),
      ...options.steady,
    },
    standsFor: drill.fault.standsFor,
    doesNotMeasure: drill.fault.doesNotMeasure,
    workload: {
      urls: options.everyListener ? system.balancer.urls : system.balancer.urls.slice(0, 1),
      index: topology.search.index.name,
      shards: learned?.shards ?? topology.search.index.shards,
      copies: learned?.copies ?? topology.search.index.replicas + 1,
      routing: learned?.routing ?? null,
      ratePerS: { ...defaultRatePerS, ...options.ratePerS },
      deadlineMs: { ...defaultDeadlineMs, ...options.deadlineMs },
      rewriteShare: protocol.rewrites ? 0.2 : 0,
      mark: `drill${startedMs.toString(36)}`,
      seed,
      documentPath: learned?.documentPath ?? null,
      ...(adapter && { adapter }),
      ...(notSent.length > 0 && { notSent }),
    },
    surroundings: {
      engine: `${topology.search.engine} ${topology.search.version}`,
      failover: topology.search.failover,
      searchMachines: searchMachines(system).length,
      serviceMachines: serviceMachines(system).length,
      region: topology.region,
    },
  };
}

function withTopologyGoals(goals: Goals, asked: DrillGoals | undefined): Goals {
  return {
    ...goals,
    longestWriteGapMs: asked?.longestWriteGapMs ?? goals.longestWriteGapMs,
    longestReadGapMs: asked?.longestReadGapMs ?? goals.longestReadGapMs,
    maxErrorRatio: asked?.clientErrorRatio ?? goals.maxErrorRatio,
    rtoMs: asked?.recoveryTimeMs ?? goals.rtoMs,
    reprotectedMs: asked?.reprotectedMs ?? goals.reprotectedMs,
  };
}

function operationsNotSent({ operations }: Protocol, described: boolean): NotSent[] {
  const fields = { index: 'write', get: 'get', search: 'search' } as const;
  return (['index', 'get', 'search'] as const)
    .filter((operation) => !operations.includes(operation))
    .map((operation) => ({
      operation,
      because: described
        ? `drills.workload of the topology has no ${fields[operation]}`
        : 'the application gives no document at /documents/{id}',
    }));
}

/** A gap of requests that are not sent is neither short nor long. */
function judgedGoals(goals: Goals, notSent: readonly NotSent[]): Goals {
  const without = (operation: Operation) => notSent.some((one) => one.operation === operation);
  return {
    ...goals,
    ...(without('index') ? { longestWriteGapMs: null } : {}),
    ...(without('get') && without('search') ? { longestReadGapMs: null } : {}),
    ...(without('get') ? { staleReads: null } : {}),
  };
}

/** How the engine routes, found by asking it for some ids. */
export async function learnRouting(system: SystemUnderTest, shards: number): Promise<Routing | null> {
  const ids = Array.from({ length: 12 }, (_, at) => `routing-probe-${at}`);
  const real = await Promise.all(ids.map((id) => system.engine.routedShard(id)));
  const fits = (routing: Routing): boolean => ids.every((id, at) => shardOf(id, shards, routing) === real[at]);
  return (['modulo', 'routing-shards'] as const).find(fits) ?? null;
}
