// Plans the search cluster: first formation, members, index. The single engines are in engine.ts, rolling restarts in restarts.ts.
import { templateMatches, type ObservedIndex } from '../../cluster/index.ts';
import { absent, shown } from '@understudy/foundation';
import type { Observation } from '../../observe/index.ts';
import type { Formation } from './formation.ts';
import { clusterSubject, indexTemplateOf, machinesFor, type Intent } from '../../operation/index.ts';
import { planEngine } from './engine.ts';
import { membersFirst, planLeftovers } from './leftovers.ts';
import { planRestarts } from './restarts.ts';
import { ifPlanned, stepId, type StepId } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

export function planSearch(draft: PlanDraft, intent: Intent, observation: Observation, formation: Formation): void {
  if (formation.state === 'unclear') {
    draft.unseenObstacle(
      clusterSubject(intent),
      `It is not clear whether a cluster exists: ${formation.unseen.join(', ')} could not be read. A cluster is ` +
        'formed only when no search machine holds data. Start these machines, or delete them if they are lost.',
    );
  }
  const machines = machinesFor(intent, 'search');
  const starting: StepId[] = [];
  for (const machine of machines) {
    const start = planEngine(draft, intent, observation, machine, formation);
    if (start === undefined) continue;
    if (draft.has(stepId.instanceReplace(machine.label))) planJoin(draft, machine.label, start);
    else starting.push(start);
  }
  if (starting.length > 0) planMembers(draft, intent, formation, starting);
  planRestarts(draft, intent, observation);
  planIndex(draft, intent, observation, formation);
}

function planMembers(draft: PlanDraft, intent: Intent, formation: Formation, starts: readonly StepId[]): void {
  const forming = formation.state === 'unformed';
  draft.add({
    id: stepId.clusterMembers(intent.topology.name),
    subject: clusterSubject(intent),
    action: forming ? 'form' : 'wait',
    reason: forming
      ? 'No search machine holds data, so the cluster is formed for the first time.'
      : 'Started engines have to join the cluster.',
    // Machines that are replaced have their own wait steps, one after the other.
    task: {
      kind: 'cluster-members',
      machines: machinesFor(intent, 'search').flatMap(({ label }) =>
        draft.has(stepId.instanceReplace(label)) ? [] : [label],
      ),
    },
    after: starts,
  });
}

function planJoin(draft: PlanDraft, label: string, start: StepId): void {
  draft.add({
    id: stepId.engineJoin(label),
    subject: label,
    action: 'wait',
    reason: `The new ${label} has to join the cluster.`,
    task: { kind: 'cluster-members', machines: [label] },
    after: [start],
  });
}

function planIndex(draft: PlanDraft, intent: Intent, observation: Observation, formation: Formation): void {
  if (formation.state === 'unclear') return;
  const subject = clusterSubject(intent);
  const { name: system, search } = intent.topology;
  const { name } = search.index;
  const cluster = shown(observation.cluster);
  // A cluster that does not answer gets no index steps; its engines come first, and the next observation reads the index.
  const answers = cluster?.membership.state === 'seen' && cluster.membership.value.master !== undefined;
  if (formation.state === 'formed' && !answers) return;
  // A cluster that is formed by this plan has no template and no index yet.
  const { template, index } = formation.state === 'formed' && cluster ? cluster : { template: absent, index: absent };
  if (template.state === 'unknown') draft.unreadPart(subject, `The index template ${name}`, template);
  else if (template.state === 'absent' || !templateMatches(template.value, indexTemplateOf(intent))) {
    draft.add({
      id: stepId.indexTemplate(system),
      subject,
      action: template.state === 'seen' ? 'update' : 'create',
      reason: `The index template ${name} ${template.state === 'seen' ? 'differs from the intended one' : 'is missing'}.`,
      task: { kind: 'index-template' },
      after: membersFirst(intent),
    });
  }
  if (index.state === 'unknown') draft.unreadPart(subject, `The index ${name}`, index);
  else if (index.state === 'seen') planIndexSettings(draft, intent, index.value);
  else {
    draft.add({
      id: stepId.index(system),
      subject,
      action: 'create',
      reason: `The index ${name} is missing.`,
      task: { kind: 'index-create' },
      after: [...membersFirst(intent), ifPlanned(stepId.indexTemplate(system))],
    });
  }
  if (cluster) planLeftovers(draft, intent, cluster);
}

function planIndexSettings(draft: PlanDraft, intent: Intent, index: ObservedIndex): void {
  const subject = clusterSubject(intent);
  const { name, shards, replicas, durability } = intent.topology.search.index;
  if (index.shards !== shards) {
    draft.obstacle(
      name,
      `The index has ${index.shards} primary shards, ${shards} are asked for; only a reindex can change that.`,
    );
  }
  const wrong: string[] = [];
  if (index.replicas !== replicas) wrong.push(`${index.replicas} replicas instead of ${replicas}`);
  if (index.durability !== durability) {
    wrong.push(`translog durability '${index.durability}' instead of '${durability}'`);
  }
  if (wrong.length === 0) return;
  draft.add({
    id: stepId.index(intent.topology.name),
    subject,
    action: 'update',
    reason: `The index ${name} has ${wrong.join(' and ')}.`,
    task: { kind: 'index-settings' },
    after: membersFirst(intent),
  });
}
