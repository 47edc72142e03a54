// A machine that others cannot reach over the private network, both ways or one way only. Packets are dropped without an error.
import { httpPort } from '../../engines/index.ts';
import { searchMachines, type DrillMachine, type SystemUnderTest } from '../system-under-test.ts';
import type { Fault, FaultContext } from './fault.ts';
import { addRules, deleteRules, nftSupport, rulesDropped, rulesGone, type Cut } from './network.ts';
import { scriptFault } from './script-fault.ts';
import type { TargetRole } from './targets.ts';

interface Shape {
  readonly name: string;
  readonly standsFor: string;
  readonly doesNotMeasure: readonly string[];
  readonly target: TargetRole;
  readonly cut: (context: FaultContext, target: DrillMachine) => Cut;
  /** Script that sends a packet that the rules must drop, since there may be no other traffic at the moment. */
  readonly probe?: (context: FaultContext) => string;
}

function networkFault({ cut, probe, ...shape }: Shape): Fault {
  return scriptFault({
    ...shape,
    breaksQuorum: false,
    lasting: true,
    scripts: (context, target) => ({
      support: nftSupport,
      inject: addRules(cut(context, target)),
      effective: probe === undefined ? rulesDropped : `${probe(context)}; ${rulesDropped}`,
      undo: deleteRules,
      undone: rulesGone,
    }),
  });
}

function otherSearch(system: SystemUnderTest, target: DrillMachine): string[] {
  return searchMachines(system)
    .filter((machine) => machine.label !== target.label)
    .map((machine) => machine.vpcAddress);
}

const sameHost =
  'a failure of the link itself: the packets are dropped in the machine, so sending fails with an error; with a broken link it would not';

/** One search machine cut from the others, both ways. The service still reaches it. */
export const searchPartition = networkFault({
  name: 'partition',
  standsFor: 'a network partition: one search machine is isolated',
  doesNotMeasure: ['a partition that also cuts off the users or the service', sameHost],
  target: 'elected-master',
  cut: ({ system }, target) => ({ peers: otherSearch(system, target), direction: 'both', percent: 100 }),
});

/** Packets are dropped in one direction only. */
export function searchOneWay(direction: 'in' | 'out'): Fault {
  return networkFault({
    name: `one-way-${direction}`,
    standsFor: `an asymmetric network failure: one search machine ${direction === 'in' ? 'receives nothing from' : 'is not received by'} the others`,
    doesNotMeasure: ['a failure that changes direction or comes and goes', sameHost],
    target: 'primary-holder',
    cut: ({ system }, target) => ({ peers: otherSearch(system, target), direction, percent: 100 }),
  });
}

/** Two search machines cannot reach each other, and both see the third. */
export const searchBridge = networkFault({
  name: 'bridge',
  standsFor: 'a partial partition: two machines cannot reach each other, and both reach the master',
  doesNotMeasure: ['a partial partition of the master from another machine', sameHost],
  target: 'two-non-masters',
  cut: ({ targets }, target) => ({
    peers: targets.filter((other) => other.label !== target.label).map((other) => other.vpcAddress),
    direction: 'both',
    percent: 100,
  }),
});

/** One service machine reaches no search machine; the balancer still reaches it. */
export const serviceCutFromSearch = networkFault({
  name: 'cut-from-search',
  standsFor: 'a service machine with a broken route to the search machines, whose health check still succeeds',
  doesNotMeasure: ['all service machines cut off at once'],
  target: 'service-machine',
  cut: ({ system }) => ({ peers: searchMachines(system).map((m) => m.vpcAddress), direction: 'both', percent: 100 }),
  // Search machines send packets to each other all the time; a service without users sends none that could be dropped.
  probe: ({ system }) =>
    `curl --silent --max-time 1 http://${searchMachines(system)[0]?.vpcAddress ?? ''}:${httpPort}/ > /dev/null || true`,
});

/** A share of the packets between one search machine and the others is dropped: slow is not dead. */
export function searchPacketLoss(percent: number): Fault {
  return networkFault({
    name: `packet-loss-${percent}`,
    standsFor: `a bad cable or an overloaded switch: ${percent} % of packets to one search machine are lost`,
    doesNotMeasure: ['bursts: each packet is lost independently of the others', 'delay and reordering'],
    target: 'elected-master',
    cut: ({ system }, target) => ({ peers: otherSearch(system, target), direction: 'in', percent }),
  });
}
