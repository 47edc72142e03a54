// The running system on which the parts of this folder work, one after another, each leaving it as it was.
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '@understudy/foundation';
import { labDown, labUp } from '@understudy/lab';
import { observe } from '../../../src/observe/index.ts';
import { createKey } from '../../../src/operate/index.ts';
import { openSession, resolveIntent, type Session } from '../../../src/operation/session.ts';
import { apply, confirmAll } from '../../../src/reconcile/index.ts';
import { assessHealth } from '../../../src/status/index.ts';
import { useOwnDirectories } from '../own-directories.ts';

export const topologyText = `
name: demo
region: us-ord
access: { adminNetworks: [198.18.0.1/32] }
search:
  version: 9.5.3
  security: on
  heap: 512m
  failover: fast
  index: { name: documents, shards: 3 }
# Shorter than by default, for the service is rolled a dozen times.
service: { rollout: { steadyS: 3, canaryS: 4 } }
balancer:
  listeners: [{ port: 80, protocol: http }]
  check: { intervalS: 3, timeoutS: 2, attempts: 2 }
`;

export interface StandingSystem extends AsyncDisposable {
  /** With the operator's directories. */
  readonly base: string;
  readonly topologyPath: string;
  /** Of the balancer. */
  readonly url: string;
  /** The release that the service machines run. */
  readonly releaseDirectory: string;
  /** A session of the operator, as the topology's file is now. */
  session(): Promise<Session>;
  /** Waits until all that was broken is back; fails after three minutes. */
  settled(): Promise<void>;
  /** What the test's own requests log in with: the key of a caller, for that of the tool is exchanged. */
  readonly login: Readonly<Record<string, string>>;
}

/** Starts a lab and builds the system. */
export async function startStandingSystem(): Promise<StandingSystem> {
  const { base, cache } = await useOwnDirectories();
  await labUp({ cacheDirectory: cache, logger: silentLogger });
  const topologyPath = path.join(base, 'topology.yaml');
  await writeFile(topologyPath, topologyText);
  const session = (): Promise<Session> => openSession({ topologyPath, target: 'lab', logger: silentLogger });
  await using first = await session();
  const intent = await resolveIntent(first);
  const { status } = await apply(first.world, intent, { confirm: confirmAll });
  const { key, undone } = await createKey(first, { id: 'load', scopes: ['read', 'write'] }, () => undefined);
  assert.deepEqual(undone, []);
  return {
    ...{ base, topologyPath, session },
    login: { authorization: `Bearer ${key.bearer.reveal()}` },
    url: status.balancer.urls[0] ?? '',
    releaseDirectory: intent.release.directory,
    async settled() {
      await using opened = await session();
      const { topology, world } = opened;
      const end = performance.now() + 180_000;
      for (;;) {
        const { verdict, findings } = assessHealth(await observe(world, topology), topology);
        if (verdict === 'healthy') return;
        assert.ok(performance.now() < end, findings.map(({ reason }) => reason).join('; '));
        await sleep(1_000);
      }
    },
    async [Symbol.asyncDispose]() {
      await labDown({ logger: silentLogger });
      await rm(base, { recursive: true, force: true });
    },
  };
}
