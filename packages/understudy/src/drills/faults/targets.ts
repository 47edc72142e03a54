// The targets of a fault: a role, resolved at injection, because the master may have changed since.
import { UnderstudyError } from '@understudy/foundation';
import { searchMachines, serviceMachines, type DrillMachine, type SystemUnderTest } from '../system-under-test.ts';
import { pick } from '../../proof/index.ts';

export const targetRoles = [
  'nothing',
  'elected-master',
  'primary-holder',
  'two-non-masters',
  'master-and-another',
  'every-search-machine',
  'service-machine',
] as const;

export type TargetRole = (typeof targetRoles)[number];

/** What people read. */
export const targetRoleText: Readonly<Record<TargetRole, string>> = {
  nothing: 'no machine',
  'elected-master': 'the elected master',
  'primary-holder': 'a machine holding a primary, not the master',
  'two-non-masters': 'two search machines that are not the master',
  'master-and-another': 'the master and another search machine',
  'every-search-machine': 'every search machine',
  'service-machine': 'a service machine',
};

export interface ResolvedTargets {
  readonly machines: readonly DrillMachine[];
  /** Why these: goes to the journal. */
  readonly because: string;
}

const viewTimeoutMs = 3_000;

/** Error: `drills-no-target` when no machine fits the role. */
export async function resolveTargets(
  role: TargetRole,
  system: SystemUnderTest,
  random: () => number,
): Promise<ResolvedTargets> {
  const search = searchMachines(system);
  if (role === 'nothing') return { machines: [], because: 'no machine is touched' };
  if (role === 'every-search-machine') return { machines: search, because: 'all of them' };
  if (role === 'service-machine') {
    const chosen = pick(serviceMachines(system), random);
    return named(role, [chosen], 'chosen by the seed');
  }
  const master = await electedMaster(system);
  const others = search.filter((machine) => machine !== master);
  if (role === 'elected-master') return named(role, [master], 'elected now');
  if (role === 'master-and-another')
    return named(
      role,
      [master, pick(others, random)],
      `${master.label} is elected now, the other is chosen by the seed`,
    );
  if (role === 'two-non-masters')
    return named(role, others.slice(0, 2), `${master.label} is elected now and reaches both`);
  const copies = await system.engine.shards();
  const holders = others.filter(({ label }) => copies.some((copy) => copy.primary && copy.machine === label));
  const chosen = pick(holders.length > 0 ? holders : others, random);
  const what = holders.length > 0 ? 'it holds a primary' : 'no other machine holds a primary';
  return named(role, [chosen], `${master.label} is elected now; ${what}`);
}

async function electedMaster(system: SystemUnderTest): Promise<DrillMachine> {
  const search = searchMachines(system);
  const views = await Promise.all(search.map(({ label }) => system.engine.view(label, viewTimeoutMs)));
  const label = views.find((view) => view?.master)?.master;
  const machine = search.find((candidate) => candidate.label === label);
  if (machine) return machine;
  throw new UnderstudyError(
    'drills-no-target',
    `No search machine of ${system.topology.name} reports an elected master (${label ?? 'none'}). Look at \`understudy status\`.`,
  );
}

function named(role: TargetRole, machines: readonly (DrillMachine | undefined)[], because: string): ResolvedTargets {
  const found = machines.filter((machine) => machine !== undefined);
  if (found.length > 0 && found.length === machines.length) return { machines: found, because };
  throw new UnderstudyError(
    'drills-no-target',
    `No machine is available as ${targetRoleText[role]}. Look at \`understudy status\`.`,
  );
}
