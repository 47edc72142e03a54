// Computes the steps from the observation to the intent. Pure: no clock, no network, no stored state.
import type { Observation } from '../../observe/index.ts';
import type { Intent } from '../../operation/index.ts';
import { operatorLockedOut } from './lockout.ts';
import { formationOf } from './formation.ts';
import { planGateway } from './gateway.ts';
import { planBalancer } from './balancer.ts';
import { withoutDeleting } from './machine-view.ts';
import { planDeleting, planMachines } from './machines.ts';
import { planFirewalls, planNarrowing } from './firewalls.ts';
import { planKeys } from './machine-keys.ts';
import { planNetwork, planPlacement } from './network.ts';
import { planReplacements, replacementsIn, withoutMachines } from './replace.ts';
import { planSearch } from './search.ts';
import { securityRefused } from './security.ts';
import { planService } from './service.ts';
import { planServiceKeys } from './service-keys.ts';
import { planUnmanaged } from './unmanaged.ts';
import { type Plan } from './step.ts';
import { PlanDraft } from './plan-draft.ts';
import { withoutUnsafeSteps } from './unsafe-steps.ts';

/** No steps and no obstacles: the system matches the topology. */
export function plan(intent: Intent, seen: Observation): Plan {
  const draft = new PlanDraft();
  const { maxUnavailable } = intent.topology.service.rollout;
  const lockout = operatorLockedOut(intent, seen);
  if (lockout !== undefined) {
    // Only the firewalls can be the cause, and only they can be changed without access to the machines.
    planFirewalls(draft, intent, seen);
    draft.unseenObstacle(intent.topology.name, lockout);
    return withoutUnsafeSteps(draft.finish(), seen, maxUnavailable);
  }
  planDeleting(draft, intent, seen);
  const present = withoutDeleting(seen);
  const replacements = replacementsIn(intent, present);
  // Whether a cluster exists is decided from all machines, including those that will be removed.
  const formation = formationOf(intent, present);
  if (securityRefused(draft, intent, present, formation)) return draft.finish();
  planReplacements(draft, intent, replacements);
  const observation = withoutMachines(
    present,
    replacements.map(({ machine }) => machine.label),
  );
  planNetwork(draft, intent, observation);
  planFirewalls(draft, intent, observation);
  planPlacement(draft, intent, observation);
  planMachines(draft, intent, observation);
  planKeys(draft, intent, observation);
  planSearch(draft, intent, observation, formation);
  planGateway(draft, intent, observation);
  planServiceKeys(draft, intent, observation);
  planService(draft, intent, observation);
  planBalancer(draft, intent, observation);
  planUnmanaged(draft, intent, observation);
  planNarrowing(draft, intent, observation);
  return withoutUnsafeSteps(draft.finish(), present, maxUnavailable);
}
