// Reading every document back: from each copy on its own machine, then by search after a refresh. Only collects; the checker judges.
import pMap from 'p-map';
import { UnderstudyError } from '@understudy/foundation';
import {
  protocolOf,
  type FinalRead,
  type PlannedWrite,
  type Protocol,
  type WorkloadPlan,
  shardOf,
} from '../../proof/index.ts';
import type { SystemUnderTest, StoredDocument } from '../system-under-test.ts';

const withinMs = 120_000;
const betweenAttemptsMs = 3_000;

/**
 * Errors: those of the engine's transport; then the run stays without final reads, which the verdict says. Shards may still
 * be moving after a recovery: a copy that is gone when it is asked is looked for again, for two minutes, and not after an interruption.
 */
export async function collectReads(
  system: SystemUnderTest,
  plan: WorkloadPlan,
  plannedWrites: readonly PlannedWrite[],
  signal: AbortSignal,
): Promise<FinalRead[]> {
  const end = system.clock.monotonicMs() + withinMs;
  for (;;) {
    try {
      return await collectOnce(system, plan, plannedWrites);
    } catch (error) {
      if (signal.aborted || system.clock.monotonicMs() > end) throw error;
      system.logger({ level: 'debug', subject: plan.index, text: `reading back again: ${String(error)}` });
      await system.clock.sleep(betweenAttemptsMs, signal).catch(() => undefined);
    }
  }
}

async function collectOnce(
  system: SystemUnderTest,
  plan: WorkloadPlan,
  plannedWrites: readonly PlannedWrite[],
): Promise<FinalRead[]> {
  const ids = [...new Set(plannedWrites.map((intent) => intent.id))];
  const protocol = protocolOf(plan);
  await system.engine.refresh();
  const shards = await idsByShard(system, plan, ids);
  const fromCopies = await pMap(
    await readableCopies(system),
    async ({ shard, machine }) => {
      const wanted = shards.get(shard) ?? [];
      const found = byId(wanted.length === 0 ? [] : await system.engine.getFrom(machine, wanted));
      return wanted.map((id): FinalRead => ({
        how: 'get',
        node: machine,
        id,
        digest: firstDigest(protocol, found.get(id)),
      }));
    },
    { concurrency: 3 },
  );
  const hits = byId(await system.engine.searchIds(ids));
  const searched = ids.map((id): FinalRead => {
    const found = hits.get(id);
    return { how: 'search', id, hits: found?.length ?? 0, digest: firstDigest(protocol, found) };
  });
  return [...fromCopies.flat(), ...searched, ...(await foreignDocuments(system, plan, new Set(ids)))];
}

/** Error: `drills-copies-moving` while a copy is not there yet. */
async function readableCopies(
  system: SystemUnderTest,
): Promise<{ readonly shard: number; readonly machine: string }[]> {
  const copies = await system.engine.shards();
  const moving = copies.find((copy) => !copy.readable);
  if (moving)
    throw new UnderstudyError(
      'drills-copies-moving',
      `A copy of shard ${moving.shard} is not in place. Wait, or look at \`understudy status\`.`,
    );
  return copies.flatMap(({ shard, machine }) => (machine === null ? [] : [{ shard, machine }]));
}

/** Documents that carry the run's mark under ids that the run never wrote. */
async function foreignDocuments(
  system: SystemUnderTest,
  plan: WorkloadPlan,
  known: ReadonlySet<string>,
): Promise<FinalRead[]> {
  const protocol = protocolOf(plan);
  const marked = await system.engine.searchWord(plan.mark);
  return marked
    .filter(({ id }) => !known.has(id))
    .map(({ id, source }) => ({ how: 'listing', id, digest: protocol.digestOfStored(source) }));
}

async function idsByShard(
  system: SystemUnderTest,
  { routing, shards }: WorkloadPlan,
  ids: readonly string[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const placed = await pMap(
    ids,
    async (id) => ({
      id,
      shard: routing === null ? await system.engine.routedShard(id) : shardOf(id, shards, routing),
    }),
    { concurrency: 8 },
  );
  const groups = Map.groupBy(placed, ({ shard }) => shard);
  return new Map([...groups].map(([shard, group]) => [shard, group.map(({ id }) => id)]));
}

function byId(documents: readonly StoredDocument[]): ReadonlyMap<string, readonly StoredDocument[]> {
  return Map.groupBy(documents, (document) => document.id);
}

function firstDigest(protocol: Protocol, found: readonly StoredDocument[] | undefined): string | null {
  const first = found?.[0];
  return first === undefined ? null : protocol.digestOfStored(first.source);
}
