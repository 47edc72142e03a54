// What follows from the intent: its machines, their files, their first boot.
import { oncePer } from '@understudy/foundation';
import {
  ensureServiceUser,
  bootUserData,
  contentHash,
  engineInstaller,
  gatewayFiles,
  installCommand,
  searchFiles,
  serviceFiles,
  sshdFile,
  type EngineForm,
  type ManagedFile,
} from '../machines/index.ts';
import { engineLayouts } from '../engines/index.ts';
import {
  acmeOf,
  clusterSubjectOf,
  machinePlans,
  redirectListener,
  type MachinePlan,
  type Role,
  type Topology,
} from '../topology/index.ts';
import { engineAccessOf, serviceAccessOf } from './security.ts';
import { serviceLoginOf } from './service-login.ts';
import type { Intent } from './intent-shape.ts';

/** The machines of a topology, indexed for planning. */
const machineIndexOf = oncePer((topology: Topology) => {
  const all: readonly MachinePlan[] = machinePlans(topology);
  const byRole: Readonly<Record<Role, readonly MachinePlan[]>> = {
    search: all.filter(({ role }) => role === 'search'),
    service: all.filter(({ role }) => role === 'service'),
  };
  const byGroup = Map.groupBy(all, ({ placementGroup }) => placementGroup);
  const byLabel = new Map(all.map((machine) => [machine.label, machine]));
  const servicePlaces = new Map(byRole.service.map(({ label }, place) => [label, place]));
  return { all, byRole, byGroup, byLabel, servicePlaces };
});

/** Returns the same array each time, so that `oncePer` can cache results for it. */
export function machinesFor(intent: Intent, role?: Role): readonly MachinePlan[] {
  const { all, byRole } = machineIndexOf(intent.topology);
  return role === undefined ? all : byRole[role];
}

export function machinesInGroup(intent: Intent, placementGroup: string): readonly MachinePlan[] {
  return machineIndexOf(intent.topology).byGroup.get(placementGroup) ?? [];
}

/** Undefined when the topology asks for no such machine. */
export function askedMachine(intent: Intent, label: string): MachinePlan | undefined {
  return machineIndexOf(intent.topology).byLabel.get(label);
}

export function machineNamed(intent: Intent, label: string): MachinePlan {
  const machine = askedMachine(intent, label);
  if (!machine) throw new Error(`no machine ${label} in the topology`);
  return machine;
}

const peersPerMachine = 3;

/** The service machines that follow this one, in a ring: an added machine changes the peers of only the last machines. */
function peersOf(intent: Intent, machine: MachinePlan): readonly MachinePlan[] {
  const { byRole, servicePlaces } = machineIndexOf(intent.topology);
  const place = servicePlaces.get(machine.label) ?? 0;
  const ring = [
    ...byRole.service.slice(place + 1, place + 1 + peersPerMachine),
    ...byRole.service.slice(0, Math.min(place, peersPerMachine)),
  ];
  return ring.slice(0, peersPerMachine);
}

/** With http-01 a certificate is ordered when the service runs: until there is one, nobody is sent to a port that has none. */
function redirectOf({ topology, acme }: Intent): number | undefined {
  const listener = redirectListener(topology);
  if (!listener) return undefined;
  const isUsable = acmeOf(listener)?.challenge !== 'http-01' || acme?.kept(listener.port) !== undefined;
  return isUsable ? listener.port : undefined;
}

/** Every managed file of a machine. */
export function filesOf(intent: Intent, machine: MachinePlan, form: EngineForm = 'formed'): ManagedFile[] {
  const { topology, repository } = intent;
  const searchMachines = machinesFor(intent, 'search');
  const files =
    machine.role === 'search'
      ? searchFiles(
          {
            topology,
            machine,
            peers: searchMachines,
            securityModule: repository.securityModule,
            access: engineAccessOf(intent),
          },
          form,
        )
      : serviceFiles({
          topology,
          machine,
          searchMachines,
          peers: peersOf(intent, machine),
          secrets: intent.secrets ?? {},
          access: serviceAccessOf(intent),
          login: serviceLoginOf(intent),
          httpsPort: redirectOf(intent),
        });
  return [sshdFile, ...files];
}

/** Every managed file of the gateway of a service machine, the same on each; none when the topology has it off. */
export function gatewayFilesOf(intent: Intent): ManagedFile[] {
  return gatewayFiles({
    topology: intent.topology,
    searchMachines: machinesFor(intent, 'search'),
    access: serviceAccessOf(intent),
  });
}

/** The engine's settings file in either form, as a hash. */
export function engineConfigHash(intent: Intent, machine: MachinePlan, form: EngineForm): string {
  const path = engineLayouts[intent.topology.search.engine].configFile;
  const file = filesOf(intent, machine, form).find((candidate) => candidate.path === path);
  return contentHash(file?.content ?? '');
}

export function userDataOf(intent: Intent, machine: MachinePlan): string {
  const { engine, version } = intent.topology.search;
  const common = { hostname: machine.label, authorizedKeys: intent.authorizedKeys };
  return machine.role === 'search'
    ? bootUserData({
        ...common,
        files: [engineInstaller(engine, version, intent.repository)],
        commands: [installCommand('install')],
      })
    : bootUserData({ ...common, files: [], commands: [['sh', '-c', ensureServiceUser]] });
}

/** Subject of the steps about the cluster as a whole. */
export function clusterSubject(intent: Intent): string {
  return clusterSubjectOf(intent.topology.name);
}
