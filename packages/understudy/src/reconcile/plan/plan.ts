// From what should exist and what was seen to the steps between them. Pure: no clock, no network, no memory.
import type { Observation } from '../../observe/index.ts';
import type { Intent } from '../../operation/index.ts';
import { lockedOut } from './lockout.ts';
import { formationOf } from './formation.ts';
import { planBalancer } from './balancer.ts';
import { withoutDeleting } from './machine-view.ts';
import { planDeleting, planMachines } from './machines.ts';
import { planFirewalls, planNetwork, planPlacement } from './network.ts';
import { planReplacements, replacementsIn, withoutMachines } from './replace.ts';
import { planSearch } from './search.ts';
import { planService } from './service.ts';
import { planStrays } from './strays.ts';
import { type Plan } from './step.ts';
import { PlanDraft } from './plan-draft.ts';
import { withheld } from './withhold.ts';

/** No steps and no obstacles: everything is as the topology asks. */
export function plan(intent: Intent, seen: Observation): Plan {
  const draft = new PlanDraft();
  const lockout = lockedOut(intent, seen);
  if (lockout !== undefined) {
    // The firewalls are all that may be the cause, and all that can be changed without a view of the machines.
    planFirewalls(draft, intent, seen);
    draft.blind(intent.topology.name, lockout);
    return withheld(draft.finish(), seen);
  }
  planDeleting(draft, intent, seen);
  const present = withoutDeleting(seen);
  const replacements = replacementsIn(intent, present);
  // Whether a cluster exists is decided by all that is there, the machines that are to go included.
  const formation = formationOf(intent, present);
  planReplacements(draft, intent, replacements);
  const observation = withoutMachines(
    present,
    replacements.map(({ machine }) => machine.label),
  );
  planNetwork(draft, intent, observation);
  planFirewalls(draft, intent, observation);
  planPlacement(draft, intent, observation);
  planMachines(draft, intent, observation);
  planSearch(draft, intent, observation, formation);
  planService(draft, intent, observation);
  planBalancer(draft, intent, observation);
  planStrays(draft, intent, observation);
  return withheld(draft.finish(), present);
}
