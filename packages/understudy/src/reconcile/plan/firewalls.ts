// Plans the firewalls of the machines and of the balancer. What is in use is let in until it is gone, so a change opens first and
// closes last.
import { firewallLabel, tagOf, type Guarded } from '../../topology/index.ts';
import { instanceNamed, type Observation } from '../../observe/index.ts';
import { askedMachine, machinesFor, type Intent } from '../../operation/index.ts';
import { firewallDifferences, firewallRules } from './firewall-rules.ts';
import { inUse, letInAlready, type Ending, type InUse } from './in-use.ts';
import { refusedOperatorAddresses } from './lockout.ts';
import { isGuarded } from './machine-interfaces.ts';
import { roles } from './network.ts';
import { toDelete } from './unmanaged.ts';
import { ifPlanned, stepId } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

const guardedParts: readonly Guarded[] = [...roles, 'balancer'];

const nameOf = (guarded: Guarded): string => (guarded === 'balancer' ? 'the balancer' : `${guarded} machines`);

export function planFirewalls(draft: PlanDraft, intent: Intent, observation: Observation): void {
  const used = inUse(intent, observation);
  for (const guarded of guardedParts) planFirewall(draft, intent, observation, guarded, used);
}

function planFirewall(draft: PlanDraft, intent: Intent, observation: Observation, guarded: Guarded, used: InUse): void {
  const { objects } = observation;
  const { name } = intent.topology;
  const subject = firewallLabel(name, guarded);
  const found = objects.firewalls.find(({ firewall }) => firewall.label === subject);
  const more = found ? letInAlready(used, found.firewall.rules) : undefined;
  const rules = firewallRules(intent, guarded, more);
  if (!found) {
    const reason = `There is no firewall for ${nameOf(guarded)}.`;
    const id = stepId.firewallCreate(name, guarded);
    draft.add({ id, subject, action: 'create', reason, task: { kind: 'firewall-create', guarded, rules } });
  } else {
    const { firewall } = found;
    const differences = firewallDifferences(firewall.rules, rules);
    if (firewall.status !== 'enabled') differences.push(`it is ${firewall.status}`);
    if (!firewall.tags.includes(tagOf(name))) differences.push('the tag of this system is missing');
    if (differences.length > 0) {
      // SSH does not go through the balancer.
      const closed = guarded === 'balancer' ? [] : refusedOperatorAddresses(intent, observation);
      const warning =
        closed.length === 0
          ? ''
          : ` This locks you out: you connect from ${closed.join(' and ')}, which access.adminNetworks does not allow.`;
      draft.add({
        id: stepId.firewallUpdate(name, guarded),
        subject,
        action: 'update',
        reason: `In the firewall of ${nameOf(guarded)} ${differences.join('; ')}.${warning}`,
        destructive: closed.length > 0,
        task: { kind: 'firewall-update', guarded, rules },
      });
    }
  }
  if (guarded === 'balancer') return;
  for (const machine of machinesFor(intent, guarded)) {
    const instance = instanceNamed(objects, machine.label);
    if (instance && !isGuarded(instance, found?.devices ?? [])) {
      draft.add({
        id: stepId.firewallAttach(machine.label),
        subject: machine.label,
        action: 'attach',
        reason: `${machine.label} is not behind the firewall ${subject}.`,
        task: { kind: 'firewall-attach', role: guarded, machine: machine.label },
        after: [ifPlanned(stepId.firewallCreate(name, guarded))],
      });
    }
  }
}

/** What a step of the plan takes out of use. */
function endingIn(draft: PlanDraft, intent: Intent): Ending {
  const { name } = intent.topology;
  const listener = (port: number): boolean => draft.has(stepId.listenerDelete(name, port));
  return {
    listener,
    machine: (instance) => draft.has(stepId.objectDelete(toDelete('instance', instance))),
    backend: ({ id, label }, port) => {
      const machine = askedMachine(intent, label);
      const isMoved =
        machine !== undefined &&
        (draft.has(stepId.serviceRun(label)) || draft.has(stepId.backend(name, port, machine.ordinal)));
      return isMoved || listener(port) || draft.has(stepId.backendDelete(name, id));
    },
  };
}

/** Call it last: it waits for every step of the plan. What the plan does not take out of use is let in further. */
export function planNarrowing(draft: PlanDraft, intent: Intent, observation: Observation): void {
  const { name } = intent.topology;
  const remaining = inUse(intent, observation, endingIn(draft, intent));
  const now = inUse(intent, observation);
  const after = draft.ids();
  for (const guarded of guardedParts) {
    const subject = firewallLabel(name, guarded);
    const seen = observation.objects.firewalls.find(({ firewall }) => firewall.label === subject)?.firewall.rules;
    if (seen === undefined) continue;
    const rules = firewallRules(intent, guarded, letInAlready(remaining, seen));
    const differences = firewallDifferences(firewallRules(intent, guarded, letInAlready(now, seen)), rules);
    if (differences.length === 0) continue;
    draft.add({
      id: stepId.firewallNarrow(name, guarded),
      subject,
      action: 'update',
      reason: `When the other steps are done, the firewall of ${nameOf(guarded)} lets in only what is left: now ${differences.join('; ')}.`,
      task: { kind: 'firewall-narrow', guarded, rules },
      after,
    });
  }
}
