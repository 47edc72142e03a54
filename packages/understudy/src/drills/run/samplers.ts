// Looks at the cluster through every search machine, and at the balancer, during the whole run. Whoever does not answer never
// holds up the others: the question stays open and it counts as silent until it is answered. A slow disk holds up nobody either.
import { join } from 'node:path';
import {
  AppendFile,
  type BalancerSample,
  type EngineSample,
  rawFiles,
  balancerWhole,
  clusterViews,
} from '../../proof/index.ts';
import { searchMachines, type DrillWorld, type EngineView } from '../world.ts';

const engineEveryMs = 400;
const engineBoundMs = 900;
const balancerEveryMs = 1_000;
/** A region's API may be slow for a moment. */
const balancerBoundMs = 5_000;
/** A node that was dropped may be seen as there for a moment before the cluster notices: one good sample proves nothing. */
const wholeForMs = 3_000;
/** Samples older than questions ever take say nothing of now: the tool itself did not run. */
const maxEngineAgeMs = engineEveryMs + 2 * engineBoundMs;
const maxBalancerAgeMs = balancerEveryMs + 2 * balancerBoundMs;

export interface Samplers {
  /** All copies in place on all machines, and every backend in service, in every sample of the last seconds. */
  whole(): { readonly whole: boolean; readonly detail: string };
  stop(): Promise<void>;
}

/** `holdMs`: how long steady state must hold; what is whole need not hold longer. */
export async function startSamplers(world: DrillWorld, directory: string, holdMs: number): Promise<Samplers> {
  const stopped = new AbortController();
  const engineFile = await AppendFile.open(join(directory, rawFiles.engine));
  const balancerFile = await AppendFile.open(join(directory, rawFiles.balancer));
  let round: readonly EngineSample[] = [];
  let balancer: BalancerSample | null = null;
  let brokenMs = world.clock.now();
  const look = (): void => {
    if (!wholeness(world, round, balancer).whole) brokenMs = world.clock.now();
  };
  const ask = boundedQuestions(world);
  const unwritten: unknown[] = [];
  const keep = (file: AppendFile, samples: readonly unknown[]): void => {
    file.append(...samples).catch((error: unknown) => unwritten.push(error));
  };
  const loops = [
    repeat(world, stopped.signal, engineEveryMs, async () => {
      round = await engineRound(world, ask);
      look();
      keep(engineFile, round);
    }),
    repeat(world, stopped.signal, balancerEveryMs, async () => {
      balancer = await balancerSample(world, ask);
      look();
      keep(balancerFile, [balancer]);
    }),
  ];
  return {
    whole() {
      look();
      const { whole, detail } = wholeness(world, round, balancer);
      return { whole: whole && world.clock.now() - brokenMs >= Math.min(wholeForMs, holdMs), detail };
    },
    async stop() {
      stopped.abort();
      await Promise.all(loops);
      await Promise.all([engineFile.close(), balancerFile.close()]);
      if (unwritten.length > 0) throw unwritten[0];
    },
  };
}

function wholeness(
  world: DrillWorld,
  round: readonly EngineSample[],
  balancer: BalancerSample | null,
): { readonly whole: boolean; readonly detail: string } {
  const nowMs = world.clock.now();
  const view = clusterViews(round.filter((sample) => nowMs - sample.atMs <= maxEngineAgeMs)).at(-1);
  const clusterWhole = view?.status === 'green' && view.nodes === world.topology.search.nodes;
  const seen = balancer !== null && nowMs - balancer.atMs <= maxBalancerAgeMs ? balancer : null;
  const backends = seen?.nodes.map((node) => `${node.label} ${node.status}/${node.mode}`).join(', ');
  return {
    whole: clusterWhole && seen !== null && balancerWhole(seen),
    detail: `cluster ${view?.status ?? 'unseen'} with ${view?.nodes ?? 0} nodes; balancer: ${backends ?? 'unseen'}`,
  };
}

/** Null when there is no answer within the bound, or the question before is still open. */
type Ask = <T>(whom: string, boundMs: number, question: () => Promise<T>) => Promise<T | null>;

/** At most one open question to each. */
function boundedQuestions({ clock }: DrillWorld): Ask {
  const open = new Set<string>();
  return async (whom, boundMs, question) => {
    if (open.has(whom)) return null;
    open.add(whom);
    const answer = question().finally(() => open.delete(whom));
    const bound = new AbortController();
    const late = clock.sleep(boundMs, bound.signal).then(
      () => null,
      () => null,
    );
    return Promise.race([answer, late]).finally(() => bound.abort());
  };
}

async function engineRound(world: DrillWorld, ask: Ask): Promise<EngineSample[]> {
  const atMs = world.clock.now();
  return Promise.all(
    searchMachines(world).map(async ({ label }) => {
      const view = await ask<EngineView | null>(label, engineBoundMs, () => world.engine.view(label, engineBoundMs));
      return { atMs, machine: label, answered: view !== null, ...view };
    }),
  );
}

async function balancerSample(world: DrillWorld, ask: Ask): Promise<BalancerSample> {
  const atMs = world.clock.now();
  const nodes = await ask('balancer', balancerBoundMs, () => world.balancer.nodes()).catch((error: unknown) => {
    world.logger({ level: 'debug', subject: 'balancer', text: `not seen: ${String(error)}` });
    return null;
  });
  return { atMs, answered: nodes !== null, nodes: nodes ?? [] };
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
