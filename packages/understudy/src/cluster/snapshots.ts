// Snapshots in the repositories that the cluster knows: what could be restored if documents were lost.
import { z } from 'zod';
import { expectBody } from './answer.ts';
import type { EngineTransport } from './transport.ts';

export interface Snapshot {
  readonly repository: string;
  readonly name: string;
  /** When it began, in milliseconds since the epoch: it holds nothing that was written later. */
  readonly startedMs: number;
}

const repositories = z.record(z.string(), z.unknown());
const snapshotList = z.object({
  snapshots: z
    .array(
      z.object({
        snapshot: z.string(),
        state: z.string(),
        indices: z.array(z.string()).default([]),
        start_time_in_millis: z.number(),
      }),
    )
    .default([]),
});

/** A repository with years of snapshots takes its time. */
const listTimeoutMs = 60_000;
const fields = ['snapshot', 'state', 'indices', 'start_time_in_millis'].map((field) => `snapshots.${field}`).join(',');

/**
 * The newest snapshot that succeeded whole and has the index in it; undefined when there is none. Errors: `cluster-refused` when
 * a repository cannot be read, `cluster-unreachable`.
 */
export async function newestSnapshot(transport: EngineTransport, index: string): Promise<Snapshot | undefined> {
  const known = expectBody(await transport.request('GET', '/_snapshot/_all'), repositories, 'name its repositories');
  const lists = await Promise.all(
    Object.keys(known).map(async (repository) => {
      const path = `/_snapshot/${encodeURIComponent(repository)}/_all?ignore_unavailable=true&filter_path=${fields}`;
      const answer = await transport.request('GET', path, undefined, { timeoutMs: listTimeoutMs });
      const { snapshots } = expectBody(answer, snapshotList, `list the snapshots of ${repository}`);
      return snapshots
        .filter(({ state, indices }) => state === 'SUCCESS' && indices.includes(index))
        .map(({ snapshot, start_time_in_millis: startedMs }) => ({ repository, name: snapshot, startedMs }));
    }),
  );
  return lists.flat().sort((a, b) => b.startedMs - a.startedMs)[0];
}
