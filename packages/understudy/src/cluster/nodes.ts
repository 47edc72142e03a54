// The nodes of the cluster, each asked for itself: a member that does not answer is not among them, however long the elected node
// goes on counting it.
import { z } from 'zod';
import { expectBody } from './answer.ts';
import type { EngineTransport } from './transport.ts';

export interface EngineNode {
  readonly id: string;
  readonly name: string;
  /** `major.minor.patch` of the running engine, whatever is installed. */
  readonly version: string;
  readonly roles: readonly string[];
  readonly ip: string | undefined;
  readonly host: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

const schema = z.object({
  nodes: z
    .record(
      z.string(),
      z.object({
        name: z.string(),
        version: z.string(),
        roles: z.array(z.string()).default([]),
        ip: z.string().optional(),
        host: z.string().optional(),
        attributes: z.record(z.string(), z.string()).default({}),
      }),
    )
    .default({}),
});

const fields = ['name', 'version', 'roles', 'ip', 'host', 'attributes'].map((field) => `nodes.*.${field}`).join(',');

/** How long the node that is asked waits for the others; the request itself has twice as long. */
const answerWithin = '5s';

export async function engineNodes(transport: EngineTransport): Promise<EngineNode[]> {
  const answer = await transport.request('GET', `/_nodes/process?timeout=${answerWithin}&filter_path=${fields}`);
  const { nodes } = expectBody(answer, schema, 'describe its nodes');
  return Object.entries(nodes)
    .map(([id, { ip, host, ...node }]) => ({ id, ip, host, ...node }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** The version that each node runs, by the node's name. */
export async function nodeVersions(transport: EngineTransport): Promise<Record<string, string>> {
  return Object.fromEntries((await engineNodes(transport)).map(({ name, version }) => [name, version]));
}

/** Whether copies of shards may be placed on it at all. */
export function holdsData({ roles }: Pick<EngineNode, 'roles'>): boolean {
  return roles.some((role) => role === 'data' || role.startsWith('data_'));
}

/** Whether it may vote and be elected. */
export function mayBeMaster({ roles }: Pick<EngineNode, 'roles'>): boolean {
  return roles.includes('master') || roles.includes('cluster_manager');
}
