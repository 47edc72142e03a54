// Decides whether the operator is locked out, as opposed to the machines being down.
import { shown } from '@understudy/foundation';
import { instanceNamed, offCode, type Observation } from '../../observe/index.ts';
import { letsIn } from '../../topology/index.ts';
import { isStarting } from './machine-view.ts';
import { machinesFor, type Intent } from '../../operation/index.ts';

/**
 * A sentence when no machine answers over SSH although the balancer reports backends UP: then the cause is on the operator's side,
 * and the plan may not change machines. Undefined when at least one answers, or when every machine may still be starting.
 */
export function operatorLockedOut(intent: Intent, observation: Observation): string | undefined {
  const { objects, machines } = observation;
  const expected = machinesFor(intent).filter(({ label }) => {
    const instance = instanceNamed(objects, label);
    return instance?.status === 'running' && !isStarting(observation, instance);
  });
  const unanswered = expected.filter(({ label }) => {
    const machine = machines[label];
    return machine?.state === 'unknown' && machine.code !== offCode && machine.code !== 'machines-host-key';
  });
  if (expected.length === 0 || unanswered.length < expected.length) return undefined;
  const serving = objects.balancers.flatMap(({ configs }) =>
    configs.flatMap(({ nodes }) => nodes.filter(({ status }) => status === 'UP')),
  );
  if (serving.length === 0) return undefined;
  const { adminNetworks } = intent.topology.access;
  return (
    `None of ${expected.length} machines answers over SSH, while the balancer reports ${new Set(serving.map(({ label }) => label)).size} of them UP: ` +
    'the fault is on this side (SSH from this computer), and nothing on the machines is changed. Their firewalls allow ' +
    `${adminNetworks.join(', ')} (access.adminNetworks): is the address from which you connect among them? ` +
    'Otherwise look at your own network.'
  );
}

/** The source addresses of the operator's SSH connections, as far as the machines could be read. */
function operatorAddresses({ machines }: Observation): string[] {
  const addresses = Object.values(machines).flatMap((machine) => {
    const address = machine.state === 'seen' ? shown(machine.value.operatorAddress) : undefined;
    return address === undefined ? [] : [address];
  });
  return [...new Set(addresses)];
}

/** The operator's addresses that `access.adminNetworks` does not allow. */
export function refusedOperatorAddresses(intent: Intent, observation: Observation): string[] {
  return operatorAddresses(observation).filter((address) => !letsIn(intent.topology.access.adminNetworks, address));
}
