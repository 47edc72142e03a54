// Plans the certificates of search machines, and refuses what would split or lock out a cluster: turning security on or off while engines
// run, and machines that trust another authority than the operator's.
import { engineLayouts, tlsPaths } from '../../engines/index.ts';
import { shown } from '@understudy/foundation';
import { partOf, type ObservedMachine } from '../../machines/index.ts';
import type { Observation } from '../../observe/index.ts';
import { certificateSubjectOf, clusterSubject, machinesFor, type Intent } from '../../operation/index.ts';
import { certificateState } from '../../secure/index.ts';
import type { MachinePlan } from '../../topology/index.ts';
import type { Formation } from './formation.ts';
import { isUnreadable, observedMachine } from './machine-view.ts';
import { addUnreadParts, reachSteps } from './machines.ts';
import type { PlanDraft } from './plan-draft.ts';
import { ifPlanned, stepId } from './step-id.ts';

interface Secured {
  readonly label: string;
  readonly running: boolean;
  /** It has been given an authority or a certificate. */
  readonly secured: boolean;
  /** Who issued its certificate, when that is no authority of this operator. */
  readonly foreignIssuer: string | undefined;
  /** The state of authority and accounts that it was given, when this operator's copy does not know that state. */
  readonly unknownGeneration: string | undefined;
}

/** Adds the obstacle and returns true when nothing may be changed: engines with and without security do not form one cluster. */
export function securityRefused(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  formation: Formation,
): boolean {
  if ((intent.topology.search.security === 'on') !== (intent.security !== undefined)) {
    throw new Error('the intent has no authority for a topology with security, or one without');
  }
  const machines = machinesFor(intent, 'search').flatMap((machine) => {
    const seen = observedMachine(observation, machine.label);
    return seen && !formation.separate.has(machine.label) ? [securedOf(intent, observation, machine, seen)] : [];
  });
  const reason = refusal(intent, machines);
  if (reason !== undefined) {
    draft.obstacle(clusterSubject(intent), reason);
    return true;
  }
  const unseen = unseenRefusal(intent, observation, formation, machines);
  if (unseen !== undefined) draft.unseenObstacle(clusterSubject(intent), unseen);
  return unseen !== undefined;
}

/** An engine on a machine that could not be read may run without security, or the other way round: then nothing tells which it is. */
function unseenRefusal(
  intent: Intent,
  observation: Observation,
  formation: Formation,
  machines: readonly Secured[],
): string | undefined {
  const asked = intent.security !== undefined;
  if (formation.state !== 'formed' || machines.some(({ secured }) => secured === asked)) return undefined;
  const unread = machinesFor(intent, 'search').filter(({ label }) => isUnreadable(observation, label));
  if (unread.length === 0) return undefined;
  return (
    `Whether the cluster runs ${asked ? 'with' : 'without'} TLS and users is unknown: ${unread.map(({ label }) => label).join(', ')} could not ` +
    `be read, and no other search machine is set up as search.security: ${asked ? 'on' : 'off'} asks. Start these machines, or delete them if they are lost.`
  );
}

function refusal({ security, repository, topology }: Intent, machines: readonly Secured[]): string | undefined {
  const { unit } = engineLayouts[topology.search.engine];
  const stopAll =
    'Engines with and without TLS do not form one cluster, so it is changed only while all of them are stopped: users are not served ' +
    `meanwhile. Take a snapshot, then stop them (on each search machine: systemctl stop ${unit}) and run apply`;
  if (!security) {
    const running = machines.filter((one) => one.secured && one.running).map(({ label }) => label);
    if (running.length === 0) return undefined;
    return `search.security is off, and the engine on ${running.join(', ')} runs with TLS and users. Write search.security: on. ${stopAll}.`;
  }
  if (!repository.securityModule) {
    return (
      `search.security is on, and the package of ${topology.search.engine} at this target has no security module. ` +
      'Write search.security: off, or use a target whose package has it.'
    );
  }
  const foreign = machines.filter(({ foreignIssuer }) => foreignIssuer !== undefined);
  if (foreign.length > 0) {
    return (
      `The certificate on ${foreign.map(({ label }) => label).join(', ')} was issued by another authority ` +
      `(${foreign[0]?.foreignIssuer ?? ''}) than the one of this operator (${security.directory}). Nothing is changed: copy that ` +
      'directory from the operator who made this system, or from a backup, and run again. If another operator has exchanged the authority, ' +
      'import access from them: understudy access import.'
    );
  }
  const newer = machines.filter(({ unknownGeneration }) => unknownGeneration !== undefined);
  if (newer.length > 0) {
    return (
      `${newer.map(({ label }) => label).join(', ')} have authority and accounts in the state ${newer[0]?.unknownGeneration ?? ''}, which ` +
      `${security.directory} does not know: another operator has exchanged them, or the directory is an older copy. Nothing is changed: let ` +
      'that operator export access again (understudy access export), and import it here (understudy access import).'
    );
  }
  const plain = machines.filter((one) => !one.secured && one.running).map(({ label }) => label);
  if (plain.length === 0) return undefined;
  return `search.security is on, and the engine on ${plain.join(', ')} runs without TLS and users. Write search.security: off. ${stopAll}.`;
}

function securedOf(intent: Intent, observation: Observation, machine: MachinePlan, seen: ObservedMachine): Secured {
  const layout = engineLayouts[intent.topology.search.engine];
  const paths = tlsPaths(layout);
  const pem = partOf(seen.records, paths.certificate);
  const state = pem.state === 'seen' ? stateOf(intent, observation, machine, pem.value) : undefined;
  const generation = shown(partOf(seen.records, paths.generation))?.trim();
  return {
    label: machine.label,
    running: shown(partOf(seen.units, layout.unit))?.active === 'active',
    // A part that could not be read is not absent.
    secured: pem.state !== 'absent' || partOf(seen.files, paths.authority).state !== 'absent',
    foreignIssuer: state?.state === 'foreign' ? state.issuer : undefined,
    unknownGeneration:
      generation === undefined || intent.security?.generations.includes(generation) ? undefined : generation,
  };
}

function stateOf({ security }: Intent, { at }: Observation, machine: MachinePlan, pem: string) {
  return security && certificateState(pem, certificateSubjectOf(machine), security, Date.parse(at));
}

/** Plans a certificate for a machine that has none, or one that has to be replaced. */
export function planCertificate(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  machine: MachinePlan,
): void {
  if (!intent.security) return;
  const { label } = machine;
  const reason = certificateReason(draft, intent, observation, machine);
  if (reason === undefined) return;
  draft.add({
    id: stepId.machineCertificate(label),
    subject: label,
    action: 'write',
    reason,
    task: { kind: 'certificate-issue', machine: label },
    // The package makes the user to whom the key belongs.
    after: [...reachSteps(label), ifPlanned(stepId.enginePackage(label))],
  });
}

function certificateReason(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  machine: MachinePlan,
): string | undefined {
  const { label } = machine;
  const seen = observedMachine(observation, label);
  if (!seen) return 'A new machine has no certificate.';
  const layout = engineLayouts[intent.topology.search.engine];
  const paths = tlsPaths(layout);
  const pem = partOf(seen.records, paths.certificate);
  const key = partOf(seen.readable, `${layout.user}:${paths.key}`);
  const parts = [
    [paths.certificate, pem],
    [paths.key, key],
  ] as const;
  if (addUnreadParts(draft, label, parts)) return undefined;
  if (pem.state !== 'seen') return `${label} has no certificate.`;
  if (shown(key) !== true) return `On ${label} the key ${paths.key} is missing, or its engine cannot read it.`;
  const state = stateOf(intent, observation, machine, pem.value);
  return state?.state === 'due' ? `The certificate of ${label} ${state.reason}.` : undefined;
}
