// Plans the private network, the firewalls and the placement groups.
import {
  firewallLabel,
  placementGroupLabels,
  subnetLabel,
  tagOf,
  vpcLabel,
  type MachinePlan,
  type Role,
} from '../../topology/index.ts';
import { instanceNamed, type Observation } from '../../observe/index.ts';
import { firewallDifferences, firewallRules, portsStillUsed } from './firewall-rules.ts';
import { machinesFor, machinesInGroup, type Intent } from '../../operation/index.ts';
import { refusedOperatorAddresses } from './lockout.ts';
import { isGuarded } from './machine-interfaces.ts';
import { ifPlanned, stepId, type StepReference } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

export const roles: readonly Role[] = ['search', 'service'];

/** The steps that the private network may need; other steps reference them in `after`. */
export function networkSteps(name: string): readonly StepReference[] {
  return [ifPlanned(stepId.vpcCreate(name)), ifPlanned(stepId.subnetCreate(name))];
}

export function planNetwork(draft: PlanDraft, intent: Intent, { objects }: Observation): void {
  const { name, region, network } = intent.topology;
  const vpc = objects.vpcs[0];
  if (!vpc) {
    draft.add({
      id: stepId.vpcCreate(name),
      subject: vpcLabel(name),
      action: 'create',
      reason: `There is no private network; it gets the subnet ${network.range}.`,
      task: { kind: 'vpc-create' },
    });
    return;
  }
  if (vpc.region !== region) {
    draft.obstacle(
      vpc.label,
      `It is in ${vpc.region}, the topology asks for ${region}. Destroy the system in ${vpc.region} first.`,
    );
  }
  const subnet = vpc.subnets.find(({ label }) => label === subnetLabel(name));
  if (!subnet) {
    draft.add({
      id: stepId.subnetCreate(name),
      subject: subnetLabel(name),
      action: 'create',
      reason: `The private network has no subnet ${network.range}.`,
      task: { kind: 'subnet-create' },
    });
  } else if (subnet.ipv4 !== network.range) {
    draft.obstacle(
      subnet.label,
      `Its range is ${subnet.ipv4}, the topology asks for ${network.range}; Linode cannot change it. Keep the old range.`,
    );
  }
}

export function planFirewalls(draft: PlanDraft, intent: Intent, observation: Observation): void {
  for (const role of roles) planFirewall(draft, intent, observation, role);
}

function planFirewall(draft: PlanDraft, intent: Intent, observation: Observation, role: Role): void {
  const { objects } = observation;
  const { name } = intent.topology;
  const subject = firewallLabel(name, role);
  const found = objects.firewalls.find(({ firewall }) => firewall.label === subject);
  const stillUsed = found ? portsStillUsed(intent, objects.balancers, found.firewall.rules) : [];
  const wanted = firewallRules(intent, role, stillUsed);
  if (!found) {
    const reason = `There is no firewall for ${role} machines.`;
    const id = stepId.firewallCreate(name, role);
    draft.add({ id, subject, action: 'create', reason, task: { kind: 'firewall-create', role } });
  } else {
    const { firewall } = found;
    const differences = firewallDifferences(firewall.rules, wanted);
    if (firewall.status !== 'enabled') differences.push(`it is ${firewall.status}`);
    if (!firewall.tags.includes(tagOf(name))) differences.push('the tag of this system is missing');
    if (differences.length > 0) {
      const closed = refusedOperatorAddresses(intent, observation);
      const warning =
        closed.length === 0
          ? ''
          : ` This locks you out: you connect from ${closed.join(' and ')}, which access.adminNetworks does not allow.`;
      draft.add({
        id: stepId.firewallUpdate(name, role),
        subject,
        action: 'update',
        reason: `In the firewall ${differences.join('; ')}.${role === 'service' ? keptOpen(stillUsed) : ''}${warning}`,
        destructive: closed.length > 0,
        task: { kind: 'firewall-update', role },
      });
    }
  }
  for (const machine of machinesFor(intent, role)) {
    const instance = instanceNamed(objects, machine.label);
    if (instance && !isGuarded(instance, found?.devices ?? [])) {
      draft.add({
        id: stepId.firewallAttach(machine.label),
        subject: machine.label,
        action: 'attach',
        reason: `${machine.label} is not behind the firewall ${subject}.`,
        task: { kind: 'firewall-attach', role, machine: machine.label },
        after: [ifPlanned(stepId.firewallCreate(name, role))],
      });
    }
  }
}

function keptOpen(stillUsed: readonly number[]): string {
  if (stillUsed.length === 0) return '';
  return ` Port ${stillUsed.join(' and ')} stays open until no backend has it any more, and is closed then.`;
}

export function planPlacement(draft: PlanDraft, intent: Intent, { objects }: Observation): void {
  const groups = new Map(objects.placementGroups.map((group) => [group.label, group]));
  for (const label of roles.flatMap((role) => placementGroupLabels(intent.topology, role))) {
    const group = groups.get(label);
    if (!group) {
      draft.add({
        id: stepId.placementGroupCreate(label),
        subject: label,
        action: 'create',
        reason: 'There is no placement group to keep these machines on different hosts.',
        task: { kind: 'placement-create', label },
      });
    }
    for (const machine of machinesInGroup(intent, label)) {
      const instance = instanceNamed(objects, machine.label);
      const member = group?.members.some(({ linode_id }) => linode_id === instance?.id);
      if (instance && member !== true) planAssignment(draft, machine);
    }
  }
}

function planAssignment(draft: PlanDraft, machine: MachinePlan): void {
  draft.add({
    id: stepId.placementAssign(machine.label),
    subject: machine.label,
    action: 'attach',
    reason: `${machine.label} is not in the placement group ${machine.placementGroup}, so it may share a host.`,
    task: { kind: 'placement-assign', label: machine.placementGroup, machine: machine.label },
    after: [ifPlanned(stepId.placementGroupCreate(machine.placementGroup))],
  });
}
