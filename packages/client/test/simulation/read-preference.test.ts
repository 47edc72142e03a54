// Reads that wait for a copy on an unhealthy node, though the node that was asked is healthy: a preference sends them to other copies.
import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { createClient, isClientError, type Client, type GatherOptions } from '@understudy/client';
import type { WireRequest } from '../../src/nodes/wire.ts';
import { SimEngine, type Behaviours } from './sim-engine.ts';
import { SimTime } from './sim-time.ts';

const urls = ['http://n0:9200', 'http://n1:9200', 'http://n2:9200'];
const unhealthyNode = urls[2];
const hasPreference = ({ path, body }: WireRequest): boolean => `${path} ${String(body)}`.includes('_prefer_nodes:');
const isRead = ({ path }: WireRequest): boolean => /_search|_msearch|_mget|_doc/.test(path);

interface Observed {
  readonly latencies: number[];
  readonly failed: string[];
}

/** What users observe of a node that fails after 2 s: `read` is asked every 20 ms, beginning before. */
async function whenUnhealthy(
  gather: Partial<GatherOptions>,
  read: (client: Client) => Promise<unknown>,
  failure: (engine: SimEngine, forMs: number) => Behaviours,
): Promise<Observed> {
  const time = new SimTime(11);
  const engine = new SimEngine(time);
  const client = createClient({ nodes: urls, time, wire: engine.wires, gather, deadlineMs: 5000 });
  const observed: Observed = { latencies: [], failed: [] };
  for (let n = 0; n < 300; n++) {
    if (n >= 100) engine.behaviours = failure(engine, (n - 100) * 20);
    const startedMs = time.now();
    read(client).then(
      () => observed.latencies.push(time.now() - startedMs),
      (error: unknown) => observed.failed.push(isClientError(error) ? error.code : String(error)),
    );
    await time.run(20);
  }
  await time.run(6000);
  return observed;
}

/** A node stops gracefully: it refuses connections at once, while what other nodes pass on to its copies is never answered. */
function stopping(): Behaviours {
  return (node, request, isProbe) => {
    if (node === unhealthyNode) return { kind: 'refuse' };
    const hangs = !isProbe && isRead(request) && !hasPreference(request);
    return hangs ? { kind: 'hang', applied: false } : { kind: 'answer', afterMs: 5 };
  };
}

/** The master hangs: its connections stay, and the others see no master until they have elected a new one. */
function hangingMaster(engine: SimEngine, forMs: number): Behaviours {
  const electedAfterMs = 3000;
  engine.master = forMs < electedAfterMs ? null : 'm';
  return (node, request, isProbe) => {
    const passedOn = forMs < electedAfterMs && !isProbe && isRead(request) && !hasPreference(request);
    return node === unhealthyNode || passedOn ? { kind: 'hang', applied: false } : { kind: 'answer', afterMs: 5 };
  };
}

const search = (client: Client): Promise<unknown> => client.search({ index: 'a', body: {} });
const get = (client: Client): Promise<unknown> => client.get({ index: 'a', id: '1' });

for (const [failure, behaviours] of [
  ['a node that is stopping', stopping],
  ['a master that hangs', hangingMaster],
] as const)
  describe(`the copies of ${failure}`, () => {
    for (const [name, gather, read] of [
      ['gathered searches', { searches: 'on' }, search],
      ['single searches', { searches: 'off' }, search],
      ['gathered gets', { gets: 'on' }, get],
      ['single gets', { gets: 'off' }, get],
    ] as const)
      it(`do not delay ${name}`, async () => {
        const { latencies, failed } = await whenUnhealthy(gather, read, behaviours);
        assert.deepEqual(failed, []);
        assert.equal(latencies.length, 300);
        assert.ok(Math.max(...latencies) <= 1500, `longest ${Math.max(...latencies)} ms`);
      });
  });
