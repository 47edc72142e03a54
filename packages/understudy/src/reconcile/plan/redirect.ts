// When the service begins to send users who come by http to https: not before somebody answers there.
import type { Observation } from '../../observe/index.ts';
import type { Intent } from '../../operation/index.ts';
import { acmeOf, balancerLabel, redirectListener, type Listener } from '../../topology/index.ts';
import { ifPlanned, stepId, type StepReference } from './step-id.ts';

/**
 * The listener for which changes of the service wait; undefined without a redirection, and for a certificate by http-01: that is ordered when
 * the service has been changed, and the redirection is a later change.
 */
export function redirectTarget({ topology }: Intent): Listener | undefined {
  const listener = redirectListener(topology);
  return listener && acmeOf(listener)?.challenge !== 'http-01' ? listener : undefined;
}

/** What a change of a running service waits for: a listener that is not there yet, and the firewall that lets users in. */
export function beforeRedirect(intent: Intent, { objects }: Observation): readonly StepReference[] {
  const { name } = intent.topology;
  const target = redirectTarget(intent);
  const found = objects.balancers.find(({ balancer }) => balancer.label === balancerLabel(name));
  if (!target || !found || found.configs.some(({ config }) => config.port === target.port)) return [];
  return [stepId.listener(name, target.port), stepId.firewallUpdate(name, 'balancer')].map(ifPlanned);
}
