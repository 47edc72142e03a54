// What an operation could leave behind: read from the cluster, its machines, and the remaining plan of apply.
import { dialectOf, engineLayouts } from '../../packages/understudy/src/engines/index.ts';
import { membership, type EngineTransport } from '../../packages/understudy/src/cluster/index.ts';
import { type Session, resolveIntent } from '../../packages/understudy/src/operation/index.ts';
import { plan } from '../../packages/understudy/src/reconcile/index.ts';
import { engineHosts, observe, observeObjects, targetOf } from '../../packages/understudy/src/observe/index.ts';
import { machinePlans } from '../../packages/understudy/src/topology/index.ts';

export interface Traces {
  /** Every setting that was set through the cluster API. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly votingExclusions: readonly string[];
  /** Names of the members, and what each runs. */
  readonly versions: Readonly<Record<string, string>>;
  /** Per search machine: which packages apt must not touch, and which are half installed. */
  readonly packages: Readonly<Record<string, string>>;
  readonly instances: readonly string[];
}

interface SettingsBody {
  readonly persistent: Readonly<Record<string, unknown>>;
  readonly transient: Readonly<Record<string, unknown>>;
}

interface NodesBody {
  readonly nodes: Readonly<Record<string, { readonly name: string; readonly version: string }>>;
}

/** Only the part from the cluster; cheap enough to poll. */
async function clusterTraces(
  session: Session,
  transport: EngineTransport,
): Promise<Pick<Traces, 'settings' | 'votingExclusions' | 'versions'>> {
  const [settings, members, nodes] = await Promise.all([
    transport.request('GET', '/_cluster/settings?flat_settings=true'),
    membership(transport, dialectOf(session.topology.search)),
    transport.request('GET', '/_nodes?filter_path=nodes.*.name,nodes.*.version'),
  ]);
  const { persistent, transient } = settings.body as SettingsBody;
  const versions = Object.values((nodes.body as NodesBody).nodes).map(({ name, version }) => [name, version] as const);
  return {
    settings: { ...persistent, ...transient },
    votingExclusions: members.votingExclusions,
    versions: Object.fromEntries(versions.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Errors: those of the engine, the machines and the API, when one of them cannot be read. */
export async function traces(session: Session): Promise<Traces> {
  const { world, topology } = session;
  const { instances } = await observeObjects(world.linode, topology.name);
  const hosts = engineHosts(topology, instances);
  const cluster = await clusterTraces(session, world.transportFor(hosts));
  const script =
    'echo "held: $(apt-mark showhold | sort | xargs)"; echo "not fully installed: $(dpkg --audit | xargs)"';
  const packages = hosts.map(async ({ target }) => {
    const { stdout } = await world.runner.run(target, ['sh', '-c', script]);
    return [target.label, stdout.trim()] as const;
  });
  return {
    ...cluster,
    packages: Object.fromEntries(await Promise.all(packages)),
    instances: instances.map(({ label }) => label).sort(),
  };
}

/** Resolves when the operation has visibly started: the cluster differs from before. */
export async function changedSince(session: Session, before: Traces, signal: AbortSignal): Promise<void> {
  const { world, topology } = session;
  const { settings, votingExclusions, versions } = before;
  const was = JSON.stringify({ settings, votingExclusions, versions });
  const { instances } = await observeObjects(world.linode, topology.name);
  const transport = world.transportFor(engineHosts(topology, instances));
  for (;;) {
    const now = await clusterTraces(session, transport).catch(() => undefined);
    if (now && JSON.stringify(now) !== was) return;
    await world.clock.sleep(300, signal);
  }
}

/** The differences from the intended state after an operation, as sentences; empty when there are none. `session` has the file as it is now. */
export async function leftBehind(session: Session, before: Traces): Promise<string[]> {
  const { topology, world } = session;
  const { engine, version } = topology.search;
  const now = await traces(session);
  const wanted = machinePlans(topology);
  const search = wanted.filter(({ role }) => role === 'search').map(({ label }) => label);
  const script = `dpkg-query -W -f '\${Version}' ${engineLayouts[engine].packageName}`;
  const { instances } = await observeObjects(world.linode, topology.name);
  const installed = instances
    .filter(({ label }) => search.includes(label))
    .map(async (instance) => {
      const { stdout } = await world.runner.run(targetOf(instance), ['sh', '-c', script]);
      return [instance.label, stdout.replace(/-.*$/, '')] as const;
    });
  const every = (value: string): Record<string, string> => Object.fromEntries(search.map((label) => [label, value]));
  const clean = Object.values(before.packages)[0] ?? '';
  const { steps, obstacles } = plan(await resolveIntent(session), await observe(world, topology));
  return [
    ...differing('settings of the cluster', now.settings, before.settings),
    ...differing('nodes without a vote', now.votingExclusions, before.votingExclusions),
    ...differing('what the members run', now.versions, every(version)),
    ...differing('what is installed', Object.fromEntries(await Promise.all(installed)), every(version)),
    ...differing('packages', now.packages, every(clean)),
    ...differing('machines', now.instances, wanted.map(({ label }) => label).sort()),
    ...differing(
      'remaining steps of apply',
      steps.map(({ id }) => id),
      [],
    ),
    ...differing(
      'obstacles of apply',
      obstacles.map(({ reason }) => reason),
      [],
    ),
  ];
}

function differing(what: string, seen: unknown, expected: unknown): string[] {
  const [is, should] = [sorted(seen), sorted(expected)];
  return is === should ? [] : [`${what}: ${is}, expected ${should}`];
}

function sorted(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
}
