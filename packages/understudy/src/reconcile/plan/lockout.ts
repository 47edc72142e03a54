// Whether it is the operator who is cut off, and not the machines that are gone.
import { shown } from '@understudy/foundation';
import { instanceNamed, offCode, type Observation } from '../../observe/index.ts';
import { letsIn } from '../../topology/index.ts';
import { isStarting } from './machine-view.ts';
import { machinesFor, type Intent } from '../../operation/index.ts';

/**
 * A sentence when no machine answers over SSH although the balancer sees some of them serve: then the fault is on this side, and
 * nothing may be decided about machines. Undefined when at least one answers, or none is old enough to have to.
 */
export function lockedOut(intent: Intent, observation: Observation): string | undefined {
  const { objects, machines } = observation;
  const old = machinesFor(intent).filter(({ label }) => {
    const instance = instanceNamed(objects, label);
    return instance?.status === 'running' && !isStarting(observation, instance);
  });
  const silent = old.filter(({ label }) => {
    const machine = machines[label];
    return machine?.state === 'unknown' && machine.code !== offCode && machine.code !== 'machines-host-key';
  });
  if (old.length === 0 || silent.length < old.length) return undefined;
  const serving = objects.balancers.flatMap(({ configs }) =>
    configs.flatMap(({ nodes }) => nodes.filter(({ status }) => status === 'UP')),
  );
  if (serving.length === 0) return undefined;
  const { adminNetworks } = intent.topology.access;
  return (
    `None of ${old.length} machines answers over SSH, while the balancer sees ${new Set(serving.map(({ label }) => label)).size} of them serve: ` +
    'the fault is on this side, and nothing on the machines is touched. Their firewalls let in ' +
    `${adminNetworks.join(', ')} (access.adminNetworks): is the address from which you connect among them? ` +
    'Otherwise look at your own network.'
  );
}

/** The addresses from which the machines saw the operator come, as far as they said. */
function operatorAddresses({ machines }: Observation): string[] {
  const addresses = Object.values(machines).flatMap((machine) => {
    const address = machine.state === 'seen' ? shown(machine.value.operatorAddress) : undefined;
    return address === undefined ? [] : [address];
  });
  return [...new Set(addresses)];
}

/** Those of the operator's addresses that `access.adminNetworks` does not let in. */
export function closedOut(intent: Intent, observation: Observation): string[] {
  return operatorAddresses(observation).filter((address) => !letsIn(intent.topology.access.adminNetworks, address));
}
