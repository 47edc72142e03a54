// Looks at the cluster through every search machine, and at the balancer, during the whole run. A machine that does not answer
// never holds up the others: its question stays open and it counts as silent until it is answered.
import { join } from 'node:path';
import { AppendFile } from '../history/append-file.ts';
import type { BalancerSample, EngineSample } from '../history/records.ts';
import { rawFiles } from '../history/run-folder.ts';
import { balancerWhole, clusterViews } from '../checker/cluster-view.ts';
import { searchMachines, type DrillWorld, type EngineView } from '../world.ts';

const engineEveryMs = 400;
const engineBoundMs = 900;
const balancerEveryMs = 1_000;
/** A node that was dropped may be seen as there for a moment before the cluster notices: one good sample proves nothing. */
const wholeForMs = 3_000;

export interface Samplers {
  /** All copies in place on all machines, and every backend in service, in every sample of the last seconds. */
  whole(): { readonly whole: boolean; readonly detail: string };
  stop(): Promise<void>;
}

export async function startSamplers(world: DrillWorld, directory: string): Promise<Samplers> {
  const stopped = new AbortController();
  const engineFile = await AppendFile.open(join(directory, rawFiles.engine));
  const balancerFile = await AppendFile.open(join(directory, rawFiles.balancer));
  let round: readonly EngineSample[] = [];
  let balancer: BalancerSample | null = null;
  let brokenMs = world.clock.now();
  const look = (): void => {
    if (!wholeness(world, round, balancer).whole) brokenMs = world.clock.now();
  };
  const askEngine = engineRound(world);
  const loops = [
    repeat(world, stopped.signal, engineEveryMs, async () => {
      round = await askEngine();
      look();
      await engineFile.append(...round);
    }),
    repeat(world, stopped.signal, balancerEveryMs, async () => {
      balancer = await balancerSample(world);
      look();
      await balancerFile.append(balancer);
    }),
  ];
  return {
    whole() {
      const { whole, detail } = wholeness(world, round, balancer);
      return { whole: whole && world.clock.now() - brokenMs >= wholeForMs, detail };
    },
    async stop() {
      stopped.abort();
      await Promise.all(loops);
      await Promise.all([engineFile.close(), balancerFile.close()]);
    },
  };
}

function wholeness(
  world: DrillWorld,
  round: readonly EngineSample[],
  balancer: BalancerSample | null,
): { readonly whole: boolean; readonly detail: string } {
  const view = clusterViews(round).at(-1);
  const clusterWhole = view?.status === 'green' && view.nodes === world.topology.search.nodes;
  const backends = balancer?.nodes.map((node) => `${node.label} ${node.status}/${node.mode}`).join(', ');
  return {
    whole: clusterWhole && balancer !== null && balancerWhole(balancer),
    detail: `cluster ${view?.status ?? 'unseen'} with ${view?.nodes ?? 0} nodes; balancer: ${backends ?? 'unseen'}`,
  };
}

/** One question per machine at a time; a round waits for each at most the bound. */
function engineRound(world: DrillWorld): () => Promise<EngineSample[]> {
  const open = new Set<string>();
  const ask = async (machine: string): Promise<EngineView | null> => {
    if (open.has(machine)) return null;
    open.add(machine);
    const answer = world.engine.view(machine, engineBoundMs).finally(() => open.delete(machine));
    const bound = new AbortController();
    const late = world.clock.sleep(engineBoundMs, bound.signal).then(
      () => null,
      () => null,
    );
    return Promise.race([answer, late]).finally(() => bound.abort());
  };
  return async () => {
    const atMs = world.clock.now();
    return Promise.all(
      searchMachines(world).map(async ({ label }) => {
        const view = await ask(label);
        return { atMs, machine: label, answered: view !== null, ...view };
      }),
    );
  };
}

async function balancerSample(world: DrillWorld): Promise<BalancerSample> {
  const atMs = world.clock.now();
  try {
    return { atMs, answered: true, nodes: await world.balancer.nodes() };
  } catch (error) {
    world.logger({ level: 'debug', subject: 'balancer', text: `not seen: ${String(error)}` });
    return { atMs, answered: false, nodes: [] };
  }
}

async function repeat(
  world: DrillWorld,
  signal: AbortSignal,
  everyMs: number,
  act: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const begunMs = world.clock.monotonicMs();
    await act();
    const restMs = everyMs - (world.clock.monotonicMs() - begunMs);
    if (restMs > 0) await world.clock.sleep(restMs, signal).catch(() => undefined);
  }
}
