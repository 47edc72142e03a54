// The ids of steps, and references to them: one constructor per kind of object and change, so that no id is written as a literal.
import {
  balancerLabel,
  clusterSubjectOf,
  firewallLabel,
  subnetLabel,
  vpcLabel,
  type Guarded,
} from '../../topology/index.ts';

declare const madeHere: unique symbol;

/** The id of a step, `demo-search-1/create`: the label of its subject and the change. Only `stepId` creates ids. */
export type StepId = string & { readonly [madeHere]: true };

/** A reference to a step that a plan need not have. */
export interface IfPlanned {
  readonly ifPlanned: StepId;
}

/** What a step waits for. A plain id requires that the plan has that step; a plan without it is a bug. */
export type StepReference = StepId | IfPlanned;

/** After that step, if the plan has it. */
export function ifPlanned(id: StepId): IfPlanned {
  return { ifPlanned: id };
}

function idOf(subject: string, name: string): StepId {
  return `${subject}/${name}` as StepId;
}

/** Whether the step is about this subject. */
export function isOf(id: StepId, subject: string): boolean {
  return id.startsWith(`${subject}/`);
}

const onMachine = (name: string) => (label: string) => idOf(label, name);
const onCluster = (name: string) => (system: string) => idOf(clusterSubjectOf(system), name);

/** The firewall of the balancer has the same label as the balancer. */
const onFirewall = (name: string) => (system: string, guarded: Guarded) =>
  idOf(firewallLabel(system, guarded), guarded === 'balancer' ? `${name}-firewall` : name);

/** `order`: the place of the index in the topology, 0 for the first. */
const onIndex = (name: string) => (system: string, order: number) =>
  idOf(clusterSubjectOf(system), order === 0 ? name : `${name}-${order + 1}`);

/** `system` is the name of the topology, `label` that of a machine or a placement group. */
export const stepId = {
  vpcCreate: (system: string) => idOf(vpcLabel(system), 'create'),
  subnetCreate: (system: string) => idOf(subnetLabel(system), 'create'),
  firewallCreate: onFirewall('create'),
  firewallUpdate: onFirewall('update'),
  firewallNarrow: onFirewall('narrow'),
  placementGroupCreate: (label: string) => idOf(label, 'create-group'),

  firewallAttach: onMachine('attach-firewall'),
  placementAssign: onMachine('attach-placement'),
  instanceGone: onMachine('gone'),
  instanceReplace: onMachine('replace'),
  instanceCreate: onMachine('create'),
  instanceTag: onMachine('tag'),
  instanceBoot: onMachine('boot'),
  instanceReboot: onMachine('reboot'),
  instanceReady: onMachine('wait'),
  machineKeys: onMachine('ssh-keys'),
  machineFiles: onMachine('files'),
  machineCertificate: onMachine('certificate'),
  machineKernel: onMachine('kernel'),
  enginePackage: onMachine('package'),
  engineSetAside: onMachine('set-aside'),
  engineStart: onMachine('start'),
  engineJoin: onMachine('join'),
  engineInitialMasters: onMachine('seal'),
  engineRestart: onMachine('restart'),
  engineUpgrade: onMachine('upgrade'),
  serviceRelease: onMachine('release'),
  serviceKeys: onMachine('service-keys'),
  serviceRun: onMachine('service'),
  gatewayRelease: onMachine('gateway-release'),
  gatewayRun: onMachine('gateway'),
  gatewayRemove: onMachine('delete-gateway'),

  clusterMembers: onCluster('members'),
  clusterAccounts: onCluster('accounts'),
  clusterAllocation: onCluster('allocation'),
  clusterFilters: onCluster('filters'),
  clusterVoting: onCluster('voting'),
  clusterRetry: onCluster('retry'),
  indexTemplate: onIndex('template'),
  indexMapping: onIndex('mapping'),
  indexAliases: onIndex('aliases'),
  /** Created, or its settings changed: never both in one plan. */
  index: onIndex('index'),

  balancerCreate: (system: string) => idOf(balancerLabel(system), 'create'),
  balancerUpdate: (system: string) => idOf(balancerLabel(system), 'settings'),
  balancerFirewall: (system: string) => idOf(balancerLabel(system), 'attach-firewall'),
  certificateOrder: (system: string, port: number) => idOf(balancerLabel(system), `certificate-${port}`),
  /** Created, or its settings changed. */
  listener: (system: string, port: number) => idOf(balancerLabel(system), `listener-${port}`),
  listenerDelete: (system: string, port: number) => idOf(balancerLabel(system), `delete-listener-${port}`),
  /** Created, or its settings changed. */
  backend: (system: string, port: number, ordinal: number) => idOf(balancerLabel(system), `backend-${port}-${ordinal}`),
  backendReturn: (system: string, port: number, ordinal: number) =>
    idOf(balancerLabel(system), `return-${port}-${ordinal}`),
  backendDelete: (system: string, nodeId: number) => idOf(balancerLabel(system), `delete-backend-${nodeId}`),

  objectDelete: ({ type, id, label }: { readonly type: string; readonly id: number; readonly label: string }) =>
    idOf(label, `delete-${type}-${id}`),
} as const;
