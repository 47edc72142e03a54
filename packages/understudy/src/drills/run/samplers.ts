// Samples the cluster through every search machine, and the balancer, during the whole run. One that does not answer never
// delays the others: its request stays open and it counts as silent until it answers. A slow disk delays no sample either.
import { join } from 'node:path';
import {
  AppendFile,
  type BalancerSample,
  type EngineSample,
  rawFiles,
  allBackendsUp,
  clusterViews,
} from '../../proof/index.ts';
import { searchMachines, type SystemUnderTest, type EngineView } from '../system-under-test.ts';

const engineEveryMs = 400;
const engineBoundMs = 900;
const balancerEveryMs = 1_000;
/** A region's API may be slow for a moment. */
const balancerBoundMs = 5_000;
/** A node that was dropped may be seen as there for a moment before the cluster notices: one good sample proves nothing. */
const protectedForMs = 3_000;
/** Samples older than questions ever take say nothing of now: the tool itself did not run. */
const maxEngineAgeMs = engineEveryMs + 2 * engineBoundMs;
const maxBalancerAgeMs = balancerEveryMs + 2 * balancerBoundMs;

export interface Samplers {
  /** All copies in place on all machines, and every backend in service, in every sample of the last seconds. */
  protection(): { readonly protected: boolean; readonly detail: string };
  stop(): Promise<void>;
}

/** `holdMs`: how long steady state must hold; what is whole need not hold longer. */
export async function startSamplers(system: SystemUnderTest, directory: string, holdMs: number): Promise<Samplers> {
  const stopped = new AbortController();
  const engineFile = await AppendFile.open(join(directory, rawFiles.engine));
  const balancerFile = await AppendFile.open(join(directory, rawFiles.balancer));
  let round: readonly EngineSample[] = [];
  let balancer: BalancerSample | null = null;
  let brokenMs = system.clock.now();
  const look = (): void => {
    if (!protectionNow(system, round, balancer).protected) brokenMs = system.clock.now();
  };
  const ask = boundedQuestions(system);
  const unwritten: unknown[] = [];
  const keep = (file: AppendFile, samples: readonly unknown[]): void => {
    file.append(...samples).catch((error: unknown) => unwritten.push(error));
  };
  const loops = [
    repeat(system, stopped.signal, engineEveryMs, async () => {
      round = await engineRound(system, ask);
      look();
      keep(engineFile, round);
    }),
    repeat(system, stopped.signal, balancerEveryMs, async () => {
      balancer = await balancerSample(system, ask);
      look();
      keep(balancerFile, [balancer]);
    }),
  ];
  return {
    protection() {
      look();
      const { protected: isProtected, detail } = protectionNow(system, round, balancer);
      return { protected: isProtected && system.clock.now() - brokenMs >= Math.min(protectedForMs, holdMs), detail };
    },
    async stop() {
      stopped.abort();
      await Promise.all(loops);
      await Promise.all([engineFile.close(), balancerFile.close()]);
      if (unwritten.length > 0) throw unwritten[0];
    },
  };
}

function protectionNow(
  system: SystemUnderTest,
  round: readonly EngineSample[],
  balancer: BalancerSample | null,
): { readonly protected: boolean; readonly detail: string } {
  const nowMs = system.clock.now();
  const view = clusterViews(round.filter((sample) => nowMs - sample.atMs <= maxEngineAgeMs)).at(-1);
  const clusterWhole = view?.status === 'green' && view.nodes === system.topology.search.nodes;
  const seen = balancer !== null && nowMs - balancer.atMs <= maxBalancerAgeMs ? balancer : null;
  const backends = seen?.nodes.map((node) => `${node.label} ${node.status}/${node.mode}`).join(', ');
  return {
    protected: clusterWhole && seen !== null && allBackendsUp(seen),
    detail: `cluster ${view?.status ?? 'unknown'} with ${view?.nodes ?? 0} nodes; balancer: ${backends ?? 'unknown'}`,
  };
}

/** Null when there is no answer within the bound, or the question before is still open. */
type Ask = <T>(whom: string, boundMs: number, question: () => Promise<T>) => Promise<T | null>;

/** At most one open question to each. */
function boundedQuestions({ clock }: SystemUnderTest): Ask {
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

async function engineRound(system: SystemUnderTest, ask: Ask): Promise<EngineSample[]> {
  const atMs = system.clock.now();
  return Promise.all(
    searchMachines(system).map(async ({ label }) => {
      const view = await ask<EngineView | null>(label, engineBoundMs, () => system.engine.view(label, engineBoundMs));
      return { atMs, machine: label, answered: view !== null, ...view };
    }),
  );
}

async function balancerSample(system: SystemUnderTest, ask: Ask): Promise<BalancerSample> {
  const atMs = system.clock.now();
  const nodes = await ask('balancer', balancerBoundMs, () => system.balancer.nodes()).catch((error: unknown) => {
    system.logger({ level: 'debug', subject: 'balancer', text: `not seen: ${String(error)}` });
    return null;
  });
  return { atMs, answered: nodes !== null, nodes: nodes ?? [] };
}

async function repeat(
  system: SystemUnderTest,
  signal: AbortSignal,
  everyMs: number,
  act: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const begunMs = system.clock.monotonicMs();
    await act();
    const restMs = everyMs - (system.clock.monotonicMs() - begunMs);
    if (restMs > 0) await system.clock.sleep(restMs, signal).catch(() => undefined);
  }
}
