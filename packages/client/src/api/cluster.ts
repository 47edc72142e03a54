// Requests to the cluster for the client's own use: shards of an index, nodes and their addresses. A refusal is no error
// here; the client only works without an optimisation.
import type { ShardsAnswer } from '../gather/shard-map.ts';
import { readJson } from '../json/json.ts';
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

/** Every node of the cluster with the address it publishes. */
export function askNodes(executor: Executor): Promise<unknown> {
  const path = '/_nodes/_all/http?filter_path=nodes.*.roles,nodes.*.http.publish_address';
  return ask(executor, path);
}
