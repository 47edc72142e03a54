// Every drill, with its goals for the tuned topology: three search machines, two service machines, one balancer, one replica.
// Goals are the default; a topology may set its own.
import { UnderstudyError } from '@understudy/foundation';
import type { Drill } from './drill.ts';
import type { Fault } from './faults/fault.ts';
import { balancerDrain } from './faults/balancer-drain.ts';
import { controllerKill, undoneWithinMs } from './faults/controller-kill.ts';
import { cpuStarvation } from './faults/cpu-starvation.ts';
import { diskFull } from './faults/disk-full.ts';
import { diskStall } from './faults/disk-stall.ts';
import { exchangeOf } from './faults/exchange.ts';
import { nothing } from './faults/nothing.ts';
import {
  searchBridge,
  searchOneWay,
  searchPacketLoss,
  searchPartition,
  serviceCutFromSearch,
} from './faults/partition.ts';
import { powerCut } from './faults/power-cut.ts';
import { rollingRestart } from './faults/rolling-restart.ts';
import { unitKill } from './faults/unit-kill.ts';
import { unitPause } from './faults/unit-pause.ts';
import { unitStop } from './faults/unit-stop.ts';
import { goals, type Goals, type Durations } from '../proof/index.ts';

const durations: Durations = { steadyMs: 10_000, faultMs: 60_000, recoveryMs: 180_000 };

/** Longest gaps in seconds, and the largest share of failed requests. */
function within(writeS: number, readS: number, errors: number): Partial<Goals> {
  return { longestWriteGapMs: writeS * 1_000, longestReadGapMs: readS * 1_000, maxErrorRatio: errors };
}

/** A partitioned copy may answer with old data until it notices: reported, not judged. */
const cutOff: Partial<Goals> = { staleReads: null };

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly fault: Fault;
  readonly goals: Partial<Goals>;
  readonly durations?: Partial<Durations>;
  readonly errorBudget?: number | null;
}

function group(name: Drill['group'], entries: readonly Entry[]): Drill[] {
  return entries.map((entry) => ({
    ...entry,
    group: name,
    goals: goals(entry.goals),
    durations: { ...durations, ...entry.durations },
    errorBudget: entry.errorBudget === undefined ? 0.5 : entry.errorBudget,
  }));
}

const primaryHolder = 'primary-holder';

const base = group('base', [
  {
    name: 'noop',
    summary: 'no fault: the cost of the measurement itself',
    fault: nothing,
    goals: within(0.5, 0.5, 0),
  },
]);

const search = group('search', [
  {
    name: 'search-stop',
    summary: 'the engine on a data node is stopped normally and started again',
    fault: unitStop('engine', primaryHolder),
    goals: within(1, 0.5, 0),
  },
  {
    name: 'search-kill-master',
    summary: 'the elected master is killed',
    fault: unitKill({ which: 'engine', target: 'elected-master', staysDown: false }),
    goals: within(2, 1, 0),
  },
  {
    name: 'search-kill-data',
    summary: 'a node that holds primaries is killed',
    fault: unitKill({ which: 'engine', target: primaryHolder, staysDown: false }),
    goals: within(2, 1, 0),
  },
  {
    name: 'search-pause',
    summary: 'the elected master hangs for 45 s',
    fault: unitPause('engine', 'elected-master'),
    goals: within(6, 2, 0),
    durations: { faultMs: 45_000 },
  },
  {
    name: 'search-power-cut',
    summary: 'the machine of the elected master loses its power',
    fault: powerCut('elected-master'),
    goals: within(5, 2, 0),
    durations: { recoveryMs: 300_000 },
  },
  {
    name: 'search-partition',
    summary: 'the elected master is partitioned from the other search machines, in both directions',
    fault: searchPartition,
    goals: { ...within(5, 2, 0), ...cutOff },
  },
  {
    name: 'search-one-way-in',
    summary: 'a search machine receives nothing from the others, which still receive from it',
    fault: searchOneWay('in'),
    goals: { ...within(10, 3, 0), ...cutOff },
  },
  {
    name: 'search-one-way-out',
    summary: 'the other search machines receive nothing from one, which still receives from them',
    fault: searchOneWay('out'),
    goals: { ...within(10, 3, 0), ...cutOff },
  },
  {
    name: 'search-bridge',
    summary: 'two search machines cannot reach each other, and both reach the master',
    fault: searchBridge,
    goals: { ...within(10, 2, 0), ...cutOff },
  },
  {
    name: 'search-loss',
    summary: '5 % of the packets to the master are lost: it is slow, not failed',
    fault: searchPacketLoss(5),
    goals: within(2, 2, 0),
  },
  {
    name: 'search-starved',
    summary: 'other processes use the CPUs of the master: it is slow, not failed',
    fault: cpuStarvation,
    goals: within(2, 2, 0),
  },
  {
    name: 'search-disk-full',
    summary: 'the data disk of a search machine is full',
    fault: diskFull,
    goals: { longestReadGapMs: 2_000, maxErrorRatio: null },
    errorBudget: null,
  },
  {
    name: 'search-disk-stall',
    summary: 'the data disk of a search machine stops answering',
    fault: diskStall,
    goals: { longestReadGapMs: 2_000, maxErrorRatio: null },
    errorBudget: null,
  },
  {
    name: 'search-rolling-restart',
    summary: 'every search machine restarted in turn, as planned maintenance',
    fault: rollingRestart,
    goals: within(1, 0.5, 0),
    durations: { faultMs: 5_000, recoveryMs: 300_000 },
  },
  {
    name: 'search-quorum-loss',
    summary: 'two of three search machines fail, one of them the master',
    fault: unitKill({
      which: 'engine',
      target: 'master-and-another',
      staysDown: true,
      breaksQuorum: true,
    }),
    goals: { maxErrorRatio: null, backWithinMs: 60_000 },
    durations: { faultMs: 30_000 },
    errorBudget: null,
  },
  {
    name: 'search-power-loss-all',
    summary: 'every search machine loses its power at once',
    fault: powerCut('every-search-machine', true),
    goals: { maxErrorRatio: null, rtoMs: 180_000 },
    durations: { faultMs: 10_000, recoveryMs: 300_000 },
    errorBudget: null,
  },
]);

const service = group('service', [
  {
    name: 'service-stop',
    summary: 'the service on one machine is stopped normally',
    fault: unitStop('service', 'service-machine'),
    goals: within(1, 1, 0),
  },
  {
    name: 'service-kill',
    summary: 'the service on one machine is killed',
    fault: unitKill({ which: 'service', target: 'service-machine', staysDown: false }),
    goals: within(1, 1, 0.001),
  },
  {
    name: 'service-hang',
    summary: 'the processes of the service on one machine hang',
    fault: unitPause('service', 'service-machine'),
    goals: within(6, 6, 0.01),
  },
  {
    name: 'service-power-cut',
    summary: 'a service machine loses its power',
    fault: powerCut('service-machine'),
    goals: within(6, 6, 0.01),
    durations: { recoveryMs: 300_000 },
  },
  {
    name: 'service-cut-from-search',
    summary: 'one service machine cannot reach the search machines; the balancer still reaches it',
    fault: serviceCutFromSearch,
    goals: within(1, 1, 0.01),
  },
]);

const balancer = group('balancer', [
  {
    name: 'balancer-drain',
    summary: 'a backend is drained through the API of the balancer, then accepted again',
    fault: balancerDrain,
    goals: within(0.5, 0.5, 0),
  },
]);

const controller = group('base', [
  {
    name: 'controller-kill',
    summary: 'the tool is killed in the middle of another drill: its fault must undo itself',
    fault: controllerKill,
    goals: { ...within(6, 2, 0), undoneWithinMs },
    durations: { faultMs: 1_000 },
  },
]);

/** Planned work with keys: no request may fail. The injection takes as long as the exchange. */
const secure = group(
  'secure',
  (
    [
      ['certificates', 'every search machine gets a new key and certificate, one after the other'],
      ['authority', 'the system gets another authority and certificates of it, in three phases'],
      ['passwords', 'the tool and the service get other passwords, and the old ones are refused'],
      ['ssh-keys', 'the tool gets another SSH key, and the old one is refused'],
      ['service-keys', 'the tool gets another key for the service, the service machines another secret of each other'],
    ] as const
  ).map(([what, summary]) => ({
    name: `rotate-${what}`,
    summary,
    fault: exchangeOf(what),
    goals: within(1, 1, 0),
    durations: { faultMs: 3_000 },
  })),
);

/** All drills. */
export const catalogue: readonly Drill[] = [...base, ...balancer, ...service, ...search, ...controller, ...secure];

/**
 * Those that `--all` runs, in this order: the least severe first. Not those that exchange keys: other operators lose their access by them, so
 * they run only by their names or their group.
 */
export const usual: readonly Drill[] = catalogue.filter((drill) => drill.group !== 'secure');

/**
 * Drills by name or by group (`search`, `service`, `balancer`), in the order asked, each once.
 * Error: `drills-unknown`, with what there is.
 */
export function drillsNamed(names: readonly string[], all: readonly Drill[] = catalogue): Drill[] {
  const chosen = names.flatMap((name) => {
    const found = all.filter((drill) => drill.name === name || drill.group === name);
    if (found.length > 0) return found;
    throw new UnderstudyError(
      'drills-unknown',
      `There is no drill or group "${name}". Drills: ${all.map((drill) => drill.name).join(', ')}.`,
      { facts: { name } },
    );
  });
  return [...new Set(chosen)];
}
