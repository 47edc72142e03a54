// Requests to the cluster for the client's own use: shards of an index, nodes and their addresses. A refusal is no error
// here; the client only works without an optimisation.
import type { ShardsAnswer } from '../gather/shard-map.ts';
import type { Primaries } from '../gather/primary-map.ts';
import { isObject, readJson } from '../json/json.ts';
import type { Executor } from './executor.ts';

const askWithinMs = 5000;

async function ask(executor: Executor, path: string): Promise<unknown> {
  const answer = await executor.call({
    operation: 'ask',
    request: { method: 'GET', path, body: null, contentType: 'application/json' },
    safety: 'read',
    deadlineAt: executor.core.time.now() + askWithinMs,
    gated: true,
  });
  return answer.status === 200 ? readJson(answer.body, false) : undefined;
}

/** The copies of each shard of `index`, or of the shard that `routing` selects. */
export async function askShards(
  executor: Executor,
  index: string,
  routing: string | undefined,
): Promise<ShardsAnswer | undefined> {
  const query = routing === undefined ? '' : `&routing=${encodeURIComponent(routing)}`;
  const path = `/${encodeURIComponent(index)}/_search_shards?filter_path=shards.index,shards.shard${query}`;
  const answer = (await ask(executor, path)) as ShardsAnswer | undefined;
  return answer?.shards ? answer : undefined;
}

interface CopiesAnswer {
  readonly shards: readonly (readonly {
    readonly index: string;
    readonly shard: number;
    readonly primary: boolean;
    readonly node: string | null;
  }[])[];
}

/** The nodes of the primaries of `index`, and whether its writes go through an ingest pipeline. */
export async function askPrimaries(executor: Executor, index: string): Promise<Primaries | undefined> {
  const path = `/${encodeURIComponent(index)}`;
  const ofPipelines = ['uuid', 'default_pipeline', 'final_pipeline'].map((name) => `*.settings.index.${name}`);
  const [copies, settings] = await Promise.all([
    ask(executor, `${path}/_search_shards?filter_path=shards.index,shards.shard,shards.primary,shards.node`),
    ask(executor, `${path}/_settings?filter_path=${ofPipelines.join(',')}`),
  ]);
  if (!isObject(copies) || !isObject(settings)) return undefined;
  const [one, ...others] = Object.entries(settings as Record<string, { settings: { index: Record<string, string> } }>);
  if (one === undefined || others.length > 0) return undefined;
  const [name, { settings: given }] = one;
  const { index: own } = given;
  const pipelines = [own['default_pipeline'], own['final_pipeline']];
  const primaries = (copies as unknown as CopiesAnswer).shards.flat().filter(({ primary }) => primary);
  return {
    name,
    hasPipeline: pipelines.some((pipeline) => pipeline !== undefined && pipeline !== '_none'),
    nodes: new Map(primaries.flatMap(({ shard, node }) => (node === null ? [] : [[shard, node] as const]))),
  };
}

/** Every node of the cluster with the address it publishes. */
export function askNodes(executor: Executor): Promise<unknown> {
  const path = '/_nodes/_all/http?filter_path=nodes.*.roles,nodes.*.http.publish_address';
  return ask(executor, path);
}
