// Plans which running engines are upgraded or restarted, one machine at a time, the elected master last.
import { upgradeProblem, engineLayouts } from '../../engines/index.ts';
import { shown } from '@understudy/foundation';
import { contentHash, engineStartedPath, engineStartPaths, partOf } from '../../machines/index.ts';
import type { Observation } from '../../observe/index.ts';
import type { MachinePlan } from '../../topology/index.ts';
import { engineConfigHash, filesOf, machinesFor, type Intent } from '../../operation/index.ts';
import { installedVersion } from './engine.ts';
import { leftoverSteps, membersFirst } from './leftovers.ts';
import { observedMachine } from './machine-view.ts';
import { addUnreadParts } from './machines.ts';
import { ifPlanned, stepId, type StepId } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

/** Engines that run another version, or other settings than those in their files. */
export function planRestarts(draft: PlanDraft, intent: Intent, observation: Observation): void {
  const cluster = shown(observation.cluster);
  const master = cluster && shown(cluster.membership)?.master;
  const machines = machinesFor(intent, 'search').toSorted(
    (a, b) => Number(a.label === master) - Number(b.label === master),
  );
  let previous: StepId | undefined;
  for (const machine of machines) {
    const { label } = machine;
    const old = oldVersion(draft, intent, observation, machine);
    const reason = old ?? staleSettings(draft, intent, observation, machine);
    if (reason === undefined) continue;
    previous = draft.add({
      id: old === undefined ? stepId.engineRestart(label) : stepId.engineUpgrade(label),
      subject: label,
      action: old === undefined ? 'restart' : 'upgrade',
      reason,
      task: { kind: old === undefined ? 'engine-restart' : 'engine-upgrade', machine: label },
      after: [
        ...[
          ...[stepId.enginePackage, stepId.machineFiles],
          ...[stepId.machineCertificate, stepId.engineInitialMasters],
        ].map((idOn) => ifPlanned(idOn(label))),
        ...leftoverSteps(intent),
        ...membersFirst(intent),
        ...(previous === undefined ? [] : [previous]),
      ],
    });
  }
}

/** Why a running engine has to be upgraded: the installed package or the running process has another version. */
function oldVersion(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  { label }: MachinePlan,
): string | undefined {
  const { engine, version } = intent.topology.search;
  const layout = engineLayouts[engine];
  const machine = observedMachine(observation, label);
  if (!machine || shown(partOf(machine.units, layout.unit))?.active !== 'active') return undefined;
  const installed = installedVersion(partOf(machine.packages, layout.packageName));
  const cluster = shown(observation.cluster);
  const versions = cluster?.versions;
  if (versions?.state === 'unknown') draft.unreadPart(label, 'The version that its engine runs', versions);
  const running = (versions && shown(versions)?.[label]) ?? installed;
  if (running === undefined || (running === version && installed === version)) return undefined;
  const problem = upgradeProblem(engine, running, version);
  if (problem) {
    draft.obstacle(label, problem.sentence);
    return undefined;
  }
  return `The engine on ${label} runs ${running}${installed === running ? '' : ` while ${installed ?? 'nothing'} is installed`}; ${version} is asked for.`;
}

/** Undefined when the engine does not run, or runs with the intended settings. */
function staleSettings(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  machine: MachinePlan,
): string | undefined {
  const { label } = machine;
  const layout = engineLayouts[intent.topology.search.engine];
  const seen = observedMachine(observation, label);
  // An engine that is not active or not enabled gets a start step instead, and reads the files then.
  if (!seen || shown(partOf(seen.units, layout.unit))?.active !== 'active') return undefined;
  const started = partOf(seen.records, engineStartedPath);
  if (addUnreadParts(draft, label, [[`What the engine was started with (${engineStartedPath})`, started]]))
    return undefined;
  const record = shown(started);
  if (record === undefined) return `The engine on ${label} was started before its settings were managed.`;
  const files = filesOf(intent, machine);
  const wrong = engineStartPaths(layout).filter((path) => {
    const content = files.find((file) => file.path === path)?.content ?? '';
    const accepted = [contentHash(content)];
    if (path === layout.configFile) accepted.push(engineConfigHash(intent, machine, 'bootstrap'));
    return !accepted.some((hash) => record.includes(`${hash}  ${path}`));
  });
  return wrong.length > 0 ? `The engine on ${label} was started with another ${wrong.join(' and ')}.` : undefined;
}
