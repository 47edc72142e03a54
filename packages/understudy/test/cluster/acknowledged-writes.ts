// Documents written one after the other all the while something happens to the cluster, and whether each acknowledged one is there.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RealCluster } from './real-cluster.ts';

export interface AcknowledgedWrites extends AsyncDisposable {
  /** Ends the writing; the ids that were acknowledged, and those of them that the index does not have. */
  end(): Promise<{ readonly acknowledged: readonly string[]; readonly lost: readonly string[] }>;
}

export function writeAllTheWhile(cluster: RealCluster, index: string): AcknowledgedWrites {
  const acknowledged: string[] = [];
  const state = { stop: false };
  const write = async (writer: number): Promise<void> => {
    for (let at = 0; !state.stop; at += 1) {
      const id = `w${writer}-${at}`;
      const done = await cluster.ask('PUT', `/${index}/_doc/${id}`, { at }).then(
        () => true,
        () => false,
      );
      if (done) acknowledged.push(id);
      await sleep(10);
    }
  };
  const work = Promise.all([1, 2, 3, 4].map(write));
  const stop = async (): Promise<void> => {
    state.stop = true;
    await work;
  };
  return {
    [Symbol.asyncDispose]: stop,
    async end() {
      await stop();
      await cluster.ask('POST', `/${index}/_refresh`);
      const lost: string[] = [];
      for (let at = 0; at < acknowledged.length; at += 500) {
        const ids = acknowledged.slice(at, at + 500);
        const { docs } = await cluster.ask<{ docs: { _id: string; found: boolean }[] }>('POST', `/${index}/_mget`, {
          ids,
        });
        lost.push(...docs.filter(({ found }) => !found).map(({ _id }) => _id));
      }
      return { acknowledged, lost };
    },
  };
}
