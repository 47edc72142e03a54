// Plans the search cluster: first formation, members. The indices are in indices.ts, the single engines are in engine.ts, rolling restarts in restarts.ts.
import type { Observation } from '../../observe/index.ts';
import type { Formation } from './formation.ts';
import { clusterSubject, machinesFor, type Intent } from '../../operation/index.ts';
import { planEngine } from './engine.ts';
import { planIndices } from './indices.ts';
import { planRestarts } from './restarts.ts';
import { stepId, type StepId } from './step-id.ts';
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
  planIndices(draft, intent, observation, formation);
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
