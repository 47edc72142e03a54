// What the exchange of certificates, authority and passwords needs of a system: its search machines, its files as they are meant to be now,
// its clients. Built from a session; a test builds one over engines of its own.
import { UnderstudyError, type Clock, type Logger } from '@understudy/foundation';
import { writeAccounts } from '../../cluster/index.ts';
import { engineLayouts, engineNamed, type EngineLayout } from '../../engines/index.ts';
import { securityPaths, type ManagedFile, type RemoteRunner, type RemoteTarget } from '../../machines/index.ts';
import {
  engineHosts,
  instanceNamed,
  observe,
  observeObjects,
  targetOf,
  type Observation,
  type World,
} from '../../observe/index.ts';
import {
  certificateSubjectOf,
  filesOf,
  machinesFor,
  resolveIntent,
  systemIdOf,
  securityDirectory,
  wantedAccounts,
  type Intent,
  type Session,
} from '../../operation/index.ts';
import { apply, plan, type Plan } from '../../reconcile/index.ts';
import type { CertificateSubject, SystemSecurity } from '../../secure/index.ts';
import { partialView, type ReachableMachine } from '../reach.ts';

export interface SearchMachine {
  readonly target: RemoteTarget;
  /** Where its engine answers. */
  readonly vpcAddress: string;
  /** What its certificate says. */
  readonly subject: CertificateSubject;
}

export interface RotatingSystem {
  readonly name: string;
  readonly directory: string;
  readonly layout: EngineLayout;
  readonly runner: Pick<RemoteRunner, 'run' | 'tunnel'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** As the operator's files have it now. */
  security(): Promise<SystemSecurity>;
  /**
   * Every search machine. Errors, and then nothing was changed: `operate-partial-view` when a machine does not answer,
   * `operate-drift` when the system is not as the topology says, apart from what an exchange leaves when it is interrupted.
   */
  search(security: SystemSecurity): Promise<readonly SearchMachine[]>;
  /** The files of a search machine by which its engine knows authorities and accounts. */
  files(security: SystemSecurity, machine: SearchMachine): Promise<readonly ManagedFile[]>;
  /** Writes the accounts of an engine that keeps them in an index; does nothing for one that reads them from those files. */
  putAccounts(security: SystemSecurity): Promise<void>;
  /** Every client has what it needs by now, and runs with it. Changes one service machine after the other. */
  moveClients(security: SystemSecurity): Promise<void>;
}

/** What an exchange does itself, so that it is no drift when it goes on after an interruption. */
const ownKinds: ReadonlySet<string> = new Set([
  'files-write',
  'certificate-issue',
  'accounts-write',
  'gateway-change',
  'service-change',
]);

/** Error: `operate-security-off`. */
export function rotatingSystem(session: Session, signal: AbortSignal): RotatingSystem {
  const { world, topology } = session;
  const engine = engineNamed(topology.search.engine);
  const intentWith = intentsOf(session);
  return {
    ...{ name: topology.name, runner: world.runner, clock: world.clock, logger: world.logger, signal },
    directory: securityDirectory(systemIdOf(session)),
    layout: engineLayouts[topology.search.engine],
    async security() {
      const security = await session.readSecurity();
      if (security) return security;
      throw new UnderstudyError(
        'operate-security-off',
        `search.security of ${topology.name} is off, so it has no certificates, authority or passwords to exchange.`,
      );
    },
    async search(security) {
      const intent = await intentWith(security);
      const observation = await observedAsPlanned(world, intent, ownKinds);
      const machines = machinesFor(intent, 'search');
      return engineHosts(topology, observation.objects.instances).flatMap(({ target, vpcAddress }) => {
        const machine = machines.find(({ label }) => label === target.label);
        return machine ? [{ target, vpcAddress, subject: certificateSubjectOf(machine) }] : [];
      });
    },
    async files(security, { target }) {
      const intent = await intentWith(security);
      const paths = securityPaths(engine);
      const machine = machinesFor(intent, 'search').find(({ label }) => label === target.label);
      return machine ? filesOf(intent, machine).filter(({ path }) => paths.includes(path)) : [];
    },
    async putAccounts(security) {
      const intent = await intentWith(security);
      const wanted = wantedAccounts(intent);
      if (!wanted) return;
      const { instances } = await observeObjects(world.linode, topology.name);
      const transport = world.transportFor(engineHosts(topology, instances));
      await writeAccounts(transport, wanted.objects, wanted.api);
    },
    async moveClients(security) {
      const confirm = ({ plan: planned }: { readonly plan: Plan }): Promise<boolean> => {
        assertNoDrift(topology.name, planned, ({ task: { kind } }) => ownKinds.has(kind));
        return Promise.resolve(true);
      };
      await apply(world, await intentWith(security), { confirm, signal });
    },
  };
}

/** What an exchange of the service keys does itself. */
const serviceKeyKinds: ReadonlySet<string> = new Set(['service-keys-write']);

/** Every service machine of a system whose machines all answer, and which is as its topology says. Errors as of `RotatingSystem.search`. */
export async function serviceMachinesAsPlanned(world: World, intent: Intent): Promise<ReachableMachine[]> {
  const { objects } = await observedAsPlanned(world, intent, serviceKeyKinds);
  return machinesFor(intent, 'service').flatMap((machine) => {
    const instance = instanceNamed(objects, machine.label);
    return instance ? [{ machine, target: targetOf(instance) }] : [];
  });
}

async function observedAsPlanned(world: World, intent: Intent, own: ReadonlySet<string>): Promise<Observation> {
  const { topology } = intent;
  const observation = await observe(world, topology);
  assertComplete(intent, observation);
  assertNoDrift(topology.name, plan(intent, observation), ({ task: { kind } }) => own.has(kind));
  return observation;
}

/** The release is looked for once. */
function intentsOf(session: Session): (security: SystemSecurity) => Promise<Intent> {
  let resolved: Promise<Intent> | undefined;
  return async (security) => ({ ...(await (resolved ??= resolveIntent(session))), security });
}

function assertComplete(intent: Intent, { machines, objects }: Observation): void {
  const silent = machinesFor(intent).flatMap(({ label }) => {
    const seen = machines[label];
    if (seen?.state === 'seen') return [];
    const there = objects.instances.some((instance) => instance.label === label);
    const reason = seen?.state === 'unknown' ? seen.reason : there ? 'it could not be read.' : 'it does not exist.';
    return [{ machine: label, reason }];
  });
  if (silent.length > 0) throw partialView('Not every machine answers, so nothing was exchanged', silent);
}

function assertNoDrift(
  name: string,
  { steps, obstacles }: Plan,
  isOwn: (step: Plan['steps'][number]) => boolean,
): void {
  const reasons = [
    ...obstacles.map(({ subject, reason }) => `${subject}: ${reason}`),
    ...steps.filter((step) => !isOwn(step)).map(({ subject, action, reason }) => `${subject} ${action}: ${reason}`),
  ];
  if (reasons.length === 0) return;
  throw new UnderstudyError(
    'operate-drift',
    `${name} is not as its topology says, so nothing more was exchanged:\n${reasons.map((reason) => `  - ${reason}`).join('\n')}\n` +
      'Bring it into that state (understudy apply), then run again.',
    { facts: { reasons } },
  );
}
